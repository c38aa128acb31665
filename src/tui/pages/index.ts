import type { Page, Place } from '../page.ts';
import { changesPage } from './changes.ts';
import { dashboardPage } from './dashboard.ts';
import { historyPage } from './history.ts';
import { logsPage } from './logs.ts';
import { planPage } from './plan.ts';
import { rejectsPage } from './rejects.ts';
import { whyPage } from './why.ts';

const pages: { readonly [page in Exclude<Place['page'], 'run'>]: Page } = {
  dashboard: dashboardPage,
  history: historyPage,
  changes: changesPage,
  plan: planPage,
  rejects: rejectsPage,
  logs: logsPage,
  why: whyPage,
};

/** A place that has rows: that of a run has none. */
export type ListPlace = Exclude<Place, { readonly page: 'run' }>;

export function pageOf(place: ListPlace): Page {
  return pages[place.page];
}
