import type { Browser } from './browser.ts';
import type { Look } from './look.ts';
import { noRun, type RunAction, type RunModel, reduceRun } from './model.ts';
import type { PageKey } from './page.ts';
import type { Size } from './terminal.ts';
import { type Command, firstView, type Key, press, type View } from './view.ts';

/** All that the screen of a run shows. */
export interface Shown {
  readonly run: RunModel;
  readonly view: View;
  readonly size: Size;
  readonly look: Look;
  /** The command line that does the same. */
  readonly command: string;
  /** Where the run is one of the places of a browser: the browser, and the keys that lead on. */
  readonly inside?: { readonly browser: Browser; readonly keys: readonly PageKey[] };
}

/** All that a screen shows while a person browses. */
export interface Browsed {
  readonly browser: Browser;
  readonly look: Look;
  /** What is looked at: the name of the world. */
  readonly world: string;
  /** Of the page that is looked at, as its help tells it. */
  readonly command: string;
  readonly keys: readonly PageKey[];
  readonly picks: boolean;
}

/** What is drawn: a screen hears of it only when it is published. */
export interface Published<What> {
  /** What was published last; the same object until the next time. */
  readonly published: () => What;
  readonly subscribe: (listener: () => void) => () => void;
}

export interface Publisher<What> extends Published<What> {
  publish(what: What): void;
}

export function createPublisher<What>(first: What): Publisher<What> {
  let last = first;
  const listeners = new Set<() => void>();
  return {
    publish(what) {
      if (last === what) return;
      last = what;
      for (const listener of listeners) listener();
    },
    published: () => last,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Holds what is shown of a run, outside of the screen. */
export interface Store extends Published<Shown> {
  readonly now: Shown;
  dispatch(action: RunAction): void;
  press(key: Key): Command | undefined;
  /** Begins to show the run that this command line does. */
  open(command: string): void;
  resize(size: Size): void;
  publish(): void;
}

export function createStore(look: Look, size: Size): Store {
  let now: Shown = { run: noRun, view: firstView(), size, look, command: '' };
  const publisher = createPublisher(now);
  return {
    ...publisher,
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
    open(command) {
      now = { ...now, command, run: noRun, view: firstView() };
    },
    resize(size) {
      now = { ...now, size };
    },
    publish: () => publisher.publish(now),
  };
}
