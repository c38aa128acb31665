import type { Look } from './look.ts';
import { noRun, type RunAction, type RunModel, reduceRun } from './model.ts';
import type { Size } from './terminal.ts';
import { type Choice, type Command, firstView, type Key, press, type View } from './view.ts';

/** All that a screen shows. */
export interface Shown {
  readonly run: RunModel;
  readonly view: View;
  readonly size: Size;
  readonly look: Look;
  /** The command line that does the same. */
  readonly command: string;
}

/** Holds what is shown, outside of the screen, which hears of it only when it is published. */
export interface Store {
  readonly now: Shown;
  dispatch(action: RunAction): void;
  press(key: Key): Command | undefined;
  /** Begins to pick, or to run what this command line says. */
  open(command: string, choices?: readonly Choice[]): void;
  resize(size: Size): void;
  publish(): void;
  /** What was published last; the same object until the next time. */
  readonly published: () => Shown;
  readonly subscribe: (listener: () => void) => () => void;
}

export function createStore(look: Look, size: Size): Store {
  let now: Shown = { run: noRun, view: firstView(), size, look, command: '' };
  let published = now;
  const listeners = new Set<() => void>();
  return {
    get now() {
      return now;
    },
    dispatch(action) {
      const run = reduceRun(now.run, action);
      // What is asked about a run has no answer once it is over.
      const view = action.type === 'run_finished' ? { ...now.view, asking: undefined } : now.view;
      now = { ...now, run, view };
    },
    press(key) {
      const { view, command } = press(now.view, key, now.run);
      now = { ...now, view };
      return command;
    },
    open(command, choices) {
      now = { ...now, command, run: noRun, view: firstView(choices) };
    },
    resize(size) {
      now = { ...now, size };
    },
    publish() {
      if (published === now) return;
      published = now;
      for (const listener of listeners) listener();
    },
    published: () => published,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
