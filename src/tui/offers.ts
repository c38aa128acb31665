/** The keys that do something now, for the foot of a page and its help. */

import type { Glyphs } from './glyphs.ts';
import type { RunModel } from './model.ts';
import type { PageKey } from './page.ts';
import { isRunning, type View } from './view.ts';

export interface Offer {
  readonly key: string;
  /** In the foot. */
  readonly word: string;
  /** In the help. */
  readonly does: string;
}

/**
 * Those of a page of a run, most wanted first but for help and leaving, which come last. `inside` are those that lead
 * on from it, where it is one of many pages.
 */
export function offersOf(
  view: View,
  run: RunModel,
  { move }: Glyphs,
  inside?: readonly PageKey[],
): readonly Offer[] {
  if (view.help) return [{ key: 'esc', word: 'back', does: 'back to the page' }];
  const last = [
    { key: '?', word: 'help', does: 'this help, and away again' },
    {
      key: 'q',
      word: 'quit',
      does:
        isRunning(run) && inside === undefined ? 'leave the screen; a run that goes on asks how' : 'leave',
    },
  ];
  const own = ofPage(view, run, move);
  return inside === undefined ? [...own, ...last] : [...withPages(own, view, inside), ...last];
}

/** Where the run is one of many pages: others lie around it, and there are no plain lines. */
function withPages(own: readonly Offer[], { page }: View, keys: readonly PageKey[]): readonly Offer[] {
  const back = { key: 'esc', word: 'back', does: 'back to the page before' };
  const others = keys.filter(({ disabled }) => disabled === undefined);
  return [...(page === 'run' ? [back] : []), ...own.filter(({ key }) => key !== 's'), ...others];
}

function ofPage(view: View, run: RunModel, move: string): readonly Offer[] {
  const select = { key: move, word: 'select', does: 'select a pipeline; j and k do the same' };
  const back = { key: 'esc', word: 'back', does: 'back to the run' };
  const lines = { key: 's', word: 'stream', does: 'show the run in plain lines, and back' };
  const stop = {
    key: 'x',
    word: 'stop',
    does: 'stop after the batches under way (asks); so does Ctrl-C, twice at once',
  };
  const log = { key: 'l', word: 'logs', does: 'the log' };
  const stops = isRunning(run) && !run.stopping ? [stop] : [];
  switch (view.page) {
    case 'run':
      return [
        select,
        { key: 'enter', word: 'details', does: 'all about the selected pipeline' },
        log,
        ...stops,
        lines,
      ];
    case 'details':
      return [back, { ...select, word: 'next' }, log, ...stops, lines];
    case 'logs':
      return [
        back,
        { key: move, word: 'scroll', does: 'scroll the log; j and k do the same' },
        ...stops,
        lines,
      ];
  }
}
