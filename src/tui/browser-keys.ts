/** What keys do while a person browses. Pure: what is to be done in the world is returned as a command. */

import { type Browser, changed, type DoAct, opened, type Said, topOf } from './browser.ts';
import type { PageKey } from './page.ts';
import { type Key, press } from './view.ts';
import {
  linesBelow,
  markedRow,
  moved,
  reversed,
  sortedByNext,
  toggled,
  type Visit,
  type Watched,
  withFilter,
  withPick,
} from './visit.ts';

export type BrowserCommand =
  | { readonly type: 'do'; readonly act: DoAct }
  /** End the run after the batches under way. */
  | { readonly type: 'cancel'; readonly run: string }
  | { readonly type: 'copy'; readonly text: string }
  /** Leave the screen: at once, stopping the runs of this process first, or telling them in plain lines to their end. */
  | { readonly type: 'leave'; readonly runs: 'none' | 'stop' | 'tell' }
  /** What Ctrl-C does. */
  | { readonly type: 'stop' };

/** What the page that is looked at offers. */
export interface Offered {
  readonly keys: readonly PageKey[];
  readonly picks: boolean;
  /** Runs under way that this process does itself. */
  readonly ownRuns: readonly string[];
}

export interface Pressed {
  readonly browser: Browser;
  readonly command?: BrowserCommand;
}

/** A terminal takes no more than this to paste. */
const mostCopied = 50_000;

/** Lines that are neither rows nor their heading. */
const around = 6;

export function pressed(before: Browser, key: Key, offered: Offered): Pressed {
  if (key === 'ctrl-c') return { browser: before, command: { type: 'stop' } };
  const browser = { ...before, said: undefined };
  const top = topOf(browser);
  if (browser.asking) return answered(browser, browser.asking, key);
  if (browser.help)
    return { browser: ['?', 'esc', 'q'].includes(key) ? { ...browser, help: false } : browser };
  if (browser.typing) return { browser: typed(browser, top, key) };
  if (top.watched && !leadsOut(top.watched, key, offered)) return watching(browser, top, top.watched, key);
  if (key === 'q') return left(browser, offered);
  if (key === 'esc') return { browser: back(browser, top) };
  const own = offered.keys.find((one) => one.key === key);
  if (own) return byPageKey(browser, own);
  return top.watched ? { browser } : onList(browser, top, key, offered);
}

/** Keys of a run that lead out of it: the others it has to itself. */
function leadsOut({ view }: Watched, key: Key, { keys }: Offered): boolean {
  if (view.help || view.asking) return false;
  // Plain lines are for a run that is all there is.
  return (
    key === 'q' ||
    key === 's' ||
    (key === 'esc' && view.page === 'run') ||
    keys.some((one) => one.key === key)
  );
}

function watching(browser: Browser, visit: Visit, { run, view }: Watched, key: Key): Pressed {
  const next = press(view, key, run);
  const command = next.command?.type === 'stop' && visit.place.page === 'run' ? visit.place.run : undefined;
  return {
    browser: changed(browser, visit.id, (one) => ({ ...one, watched: { run, view: next.view } })),
    command: command === undefined ? undefined : { type: 'cancel', run: command },
  };
}

function answered(browser: Browser, asking: NonNullable<Browser['asking']>, key: Key): Pressed {
  const settled = { ...browser, asking: undefined };
  if (key === 'esc') return { browser: settled };
  if (asking.type === 'leave') {
    if (key === 'x') return { browser: settled, command: { type: 'leave', runs: 'stop' } };
    return key === 'p' ? { browser: settled, command: { type: 'leave', runs: 'tell' } } : { browser };
  }
  if (key === 'y') return begun(settled, asking.act, asking.word);
  return { browser: key === 'n' ? settled : browser };
}

function begun(browser: Browser, act: DoAct, word: string): Pressed {
  return { browser: { ...browser, doing: { word, visit: topOf(browser).id } }, command: { type: 'do', act } };
}

function left(browser: Browser, { ownRuns }: Offered): Pressed {
  if (ownRuns.length > 0) return { browser: { ...browser, asking: { type: 'leave', runs: ownRuns } } };
  return { browser, command: { type: 'leave', runs: 'none' } };
}

/** What hides something is taken away first; the first place stays. */
function back(browser: Browser, top: Visit): Browser {
  if (top.filter !== '') return changed(browser, top.id, (visit) => withFilter(visit, ''));
  return browser.visits.length === 1 ? browser : { ...browser, visits: browser.visits.slice(0, -1) };
}

function byPageKey(browser: Browser, { word, disabled, act }: PageKey): Pressed {
  if (disabled !== undefined)
    return { browser: saying(browser, { text: `${word}: ${disabled}`, tone: 'warn' }) };
  if (act === undefined) return { browser };
  if (act.type === 'go') {
    const below = act.instead ? { ...browser, visits: browser.visits.slice(0, -1) } : browser;
    return { browser: opened(below, act.to) };
  }
  if (browser.doing)
    return {
      browser: saying(browser, { text: `wait until this is done: ${browser.doing.word}`, tone: 'warn' }),
    };
  if (act.ask !== undefined) return { browser: { ...browser, asking: { type: 'act', act, word } } };
  return begun(browser, act, word);
}

function saying(browser: Browser, said: Said): Browser {
  return { ...browser, said };
}

function typed(browser: Browser, top: Visit, key: Key): Browser {
  const { filter } = top;
  const filtering = (text: string) => changed(browser, top.id, (visit) => withFilter(visit, text));
  if (key === 'enter') return { ...browser, typing: false };
  if (key === 'esc') return { ...filtering(''), typing: false };
  if (key === 'backspace') return filtering([...filter].slice(0, -1).join(''));
  if ([...key].length === 1) return filtering(filter + key);
  return movedBy(browser, top, key) ?? browser;
}

function onList(browser: Browser, top: Visit, key: Key, { picks }: Offered): Pressed {
  const change = (how: (visit: Visit) => Visit): Pressed => ({ browser: changed(browser, top.id, how) });
  switch (key) {
    case '?':
      return { browser: { ...browser, help: true } };
    case '/':
      return { browser: { ...browser, typing: true } };
    case 'enter':
      return change(toggled);
    case ' ':
      return picks ? change(withPick) : { browser };
    case 'o':
      return change(sortedByNext);
    case 'O':
      return change(reversed);
    case 'y':
      return copied(browser, top);
  }
  return { browser: movedBy(browser, top, key) ?? browser };
}

function movedBy(browser: Browser, { id }: Visit, key: Key): Browser | undefined {
  const page = Math.max(browser.size.rows - 1 - around, 1);
  const steps: { readonly [key: Key]: number } = {
    up: -1,
    k: -1,
    down: 1,
    j: 1,
    pageup: -page,
    pagedown: page,
    g: Number.NEGATIVE_INFINITY,
    G: Number.POSITIVE_INFINITY,
  };
  const by = Object.hasOwn(steps, key) ? steps[key] : undefined;
  if (by === undefined) return undefined;
  return changed(browser, id, (visit) => moved(visit, by, browser.size.columns));
}

/** A row with its id, or the line of it that is marked. */
function copied(browser: Browser, top: Visit): Pressed {
  const row = markedRow(top);
  if (row === undefined) return { browser };
  const { id, cells } = row;
  const line = linesBelow(row, browser.size.columns)[top.mark.line - 1]?.whole;
  const text = line ?? (cells.includes(id) ? cells : [id, ...cells]).join('\t');
  if (text.length > mostCopied)
    return { browser: saying(browser, { text: 'copy: the row is too long for a terminal', tone: 'warn' }) };
  const told: Said = { text: 'copied, where the terminal lets it', tone: 'good' };
  return { browser: saying(browser, told), command: { type: 'copy', text } };
}
