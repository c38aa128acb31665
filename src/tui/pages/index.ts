import type { Page, Place } from '../page.ts';
import { dashboardPage } from './dashboard.ts';
import { historyPage } from './history.ts';

const pages: { readonly [page in Exclude<Place['page'], 'run'>]?: Page } = {
  dashboard: dashboardPage,
  history: historyPage,
};

/** The page of a place; that of a run has no rows. */
export function pageOf(place: Place): Page | undefined {
  return place.page === 'run' ? undefined : pages[place.page];
}
