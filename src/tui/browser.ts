/** Where a person is, of all the places they came through, and what is told them there. Pure. */

import type { Failure } from '../model/result.ts';
import { noRun, type RunAction, reduceRun } from './model.ts';
import type { Act, Place, Sheet } from './page.ts';
import type { Size } from './terminal.ts';
import { firstView } from './view.ts';
import { type Visit, visitOf, withSheet } from './visit.ts';

export interface Browser {
  /** The last one is looked at, the others lie below it. Never empty. */
  readonly visits: readonly Visit[];
  /** The id of the next visit. */
  readonly next: number;
  readonly size: Size;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Keys go into the filter. */
  readonly typing: boolean;
  /** The help of the page lies over it. */
  readonly help: boolean;
  readonly asking?: Question;
  /** What came of a key. */
  readonly said?: Said;
  /** What is being done, and where it was asked for. */
  readonly doing?: { readonly word: string; readonly visit: number };
}

export type DoAct = Extract<Act, { type: 'do' }>;

type Question =
  | { readonly type: 'act'; readonly act: DoAct; readonly word: string }
  /** Runs of this process are under way. */
  | { readonly type: 'leave'; readonly runs: readonly string[] };

export interface Said {
  readonly text: string;
  readonly hint?: string;
  readonly tone: 'good' | 'warn' | 'bad';
}

export type BrowserEvent =
  | { readonly type: 'sheet'; readonly visit: number; readonly sheet: Sheet }
  | { readonly type: 'failed'; readonly visit: number; readonly failure: Failure }
  /** Something happened in a run that is watched. */
  | { readonly type: 'run'; readonly visit: number; readonly action: RunAction }
  | { readonly type: 'clock'; readonly now: number }
  | { readonly type: 'resized'; readonly size: Size }
  /** What was to be done is done, or failed. */
  | { readonly type: 'done'; readonly said?: string; readonly to?: Place }
  | { readonly type: 'not_done'; readonly failure: Failure };

export function browserAt(place: Place, size: Size, now: number): Browser {
  return opened({ visits: [], next: 1, size, now, typing: false, help: false }, place);
}

/** The visit that is looked at. */
export function topOf({ visits }: Browser): Visit {
  const top = visits.at(-1);
  if (top === undefined) throw new Error('a browser without a place');
  return top;
}

/** Goes on to a place; the one before lies below it. */
export function opened(browser: Browser, place: Place): Browser {
  const visit = visitOf(browser.next, place, browser.now);
  const watched = place.page === 'run' ? { run: noRun, view: firstView() } : undefined;
  return { ...browser, visits: [...browser.visits, { ...visit, watched }], next: browser.next + 1 };
}

/** The browser after an event. One of a visit that is over by then changes nothing. */
export function reduceBrowser(browser: Browser, event: BrowserEvent): Browser {
  switch (event.type) {
    case 'sheet':
      return changed(browser, event.visit, (visit) => withSheet(visit, event.sheet));
    case 'failed':
      return changed(browser, event.visit, (visit) => ({ ...visit, failure: event.failure }));
    case 'run':
      return changed(browser, event.visit, (visit) => ({
        ...visit,
        // Time passes also while it cannot be followed.
        failure: event.action.type === 'clock' ? visit.failure : undefined,
        watched: visit.watched && watchedAfter(visit.watched, event.action),
      }));
    case 'clock':
      return { ...browser, now: event.now };
    case 'resized':
      return { ...browser, size: event.size };
    case 'done':
      return done(browser, event.said, event.to);
    case 'not_done': {
      const { message, code, hint } = event.failure;
      return { ...browser, doing: undefined, said: { text: `${message}  [${code}]`, hint, tone: 'bad' } };
    }
  }
}

export function changed(browser: Browser, id: number, change: (visit: Visit) => Visit): Browser {
  return { ...browser, visits: browser.visits.map((visit) => (visit.id === id ? change(visit) : visit)) };
}

function watchedAfter({ run, view }: NonNullable<Visit['watched']>, action: RunAction): Visit['watched'] {
  // What is asked about a run has no answer once it is over.
  const settled = action.type === 'run_finished' ? { ...view, asking: undefined } : view;
  return { run: reduceRun(run, action), view: settled };
}

/** Whoever went elsewhere meanwhile is told, and stays there. */
function done(browser: Browser, text: string | undefined, to: Place | undefined): Browser {
  const { doing, visits } = browser;
  const said: Said | undefined = text === undefined ? undefined : { text, tone: 'good' };
  const put = (visit: Visit): Visit => ({ ...visit, picked: new Set() });
  const settled = { ...(doing ? changed(browser, doing.visit, put) : browser), doing: undefined, said };
  const isThere = doing?.visit === visits.at(-1)?.id;
  return to !== undefined && isThere ? opened(settled, to) : settled;
}
