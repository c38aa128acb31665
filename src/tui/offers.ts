/** The keys that do something now, for the foot of a page and its help. */

import type { Glyphs } from './glyphs.ts';
import type { RunModel } from './model.ts';
import { isRunning, type View } from './view.ts';

export interface Offer {
  readonly key: string;
  /** In the foot. */
  readonly word: string;
  /** In the help. */
  readonly does: string;
}

/** Those of a page, most wanted first but for help and leaving, which come last. */
export function offersOf(view: View, run: RunModel, { move }: Glyphs): readonly Offer[] {
  if (view.help) return [{ key: 'esc', word: 'back', does: 'back to the page' }];
  const last = [
    { key: '?', word: 'help', does: 'this help, and away again' },
    {
      key: 'q',
      word: 'quit',
      does: isRunning(run) ? 'leave the screen; a run that goes on asks how' : 'leave',
    },
  ];
  return [...ofPage(view, run, move), ...last];
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
  const stops = view.page !== 'pick' && isRunning(run) && !run.stopping ? [stop] : [];
  switch (view.page) {
    case 'pick':
      return [
        select,
        { key: 'space', word: 'pick', does: 'pick a pipeline, or put it back' },
        { key: 'enter', word: 'run', does: 'run what is picked, or else the selected one; r does the same' },
        {
          key: '/',
          word: 'filter',
          does: 'show only pipelines whose name, source or sink has a text; esc shows all',
        },
      ];
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
