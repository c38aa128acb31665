import type { ReadStream, WriteStream } from 'node:tty';
import type { Emit, RunEvent } from '../engine/events.ts';
import type { Redact } from '../model/redact.ts';
import type { Look } from './look.ts';
import { Stage } from './stage.ts';
import { createStore, type Store } from './store.ts';
import type { Command, Key } from './view.ts';

/** A run that is over before has no screen, which would only flash. */
const patience = 400;
/** So much of what was not said in lines is remembered. */
const mostUnsaid = 1000;

/** What a screen needs of the command that shows it. */
export interface SessionOptions {
  readonly look: Look;
  readonly input: ReadStream;
  readonly output: WriteStream;
  /** Tells a run in lines, on the main screen. */
  readonly lines: Emit;
  /** Prints on the main screen. */
  readonly print: (text: string) => void;
  readonly redact: Redact;
  /** Stops the run safely; the second time at once. */
  readonly stop: () => void;
  /** Writes down what a page threw, and says where. */
  readonly reportBug: (error: unknown) => Promise<string>;
}

/**
 * A person at a terminal: shows a run on a screen or in lines, and hands on what the keys ask for. It only watches the
 * run, which never waits for it.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #stage: Stage;
  readonly #store: Store;
  #mode: 'waiting' | 'screen' | 'stream' | 'left' = 'waiting';
  #timer: NodeJS.Timeout | undefined;
  #unsaid: (RunEvent | string)[] = [];
  #tellLeft: (() => void) | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#stage = new Stage({
      input: options.input,
      output: options.output,
      drawn: () => this.#store,
      publish: (size) => {
        this.#dispatch({ type: 'clock' });
        if (size !== this.#store.now.size) this.#store.resize(size);
        this.#store.publish();
      },
      press: (key) => this.#press(key),
      caught: (text) => this.#catch(text),
      failed: (error) => this.#fail(error),
    });
    this.#store = createStore(options.look, this.#stage.size);
  }

  readonly emit: Emit = (event) => {
    this.#store.dispatch(event);
    if (this.#mode === 'stream' || this.#mode === 'left') this.#options.lines(event);
    else if (event.type !== 'progress') this.#remember(event);
  };

  /** Shows the run that is about to begin, unless it is over at once. `command` is the command line that does it. */
  watch(command: string): void {
    this.#store.open(command);
    this.#timer = setTimeout(() => this.#show(), patience);
  }

  /** The run was told to stop. */
  stopping(): void {
    if (this.#store.now.run.result) this.close();
    else this.#dispatch({ type: 'stopping' });
  }

  /** Resolves once a person has seen the end of the run: at once, unless they look at something. */
  async seen(): Promise<void> {
    const { view } = this.#store.now;
    if (this.#mode !== 'screen' || (view.page === 'run' && !view.help)) return;
    await new Promise<void>((resolve) => {
      this.#tellLeft = resolve;
    });
  }

  /** Gives the terminal back as it was, and says there what has to be said. May be called at any time, also twice. */
  close(): void {
    if (this.#mode === 'left') return;
    this.#unsaid = this.#unsaid.filter(isLasting);
    this.#leave();
  }

  async #show(): Promise<void> {
    await this.#stage.show(() => {
      if (this.#mode === 'left' || this.#mode === 'screen') return false;
      this.#mode = 'screen';
      return true;
    });
  }

  /** What was printed meanwhile comes after the screen is gone. */
  #sayUnsaid(mode: 'stream' | 'left'): void {
    this.#mode = mode;
    for (const said of this.#unsaid.splice(0))
      if (typeof said === 'string') this.#options.print(said);
      else this.#options.lines(said);
  }

  #leave(): void {
    clearTimeout(this.#timer);
    this.#stage.close();
    this.#sayUnsaid('left');
    this.#tellLeft?.();
  }

  #press(key: Key): void {
    if (this.#mode === 'stream') {
      if (key === 'ctrl-c') this.#stop();
      else if (key === 's') this.#show();
      else if (key === 'q') this.#leave();
    } else {
      const command = this.#store.press(key);
      if (command !== undefined) this.#obey(command);
      this.#store.publish();
    }
  }

  #obey(command: Command): void {
    switch (command.type) {
      case 'stop':
        this.#stop();
        break;
      case 'stream':
        this.#stage.hide();
        this.#sayUnsaid('stream');
        this.#options.print('(lines; s: back to the screen, Ctrl-C: stop)\n');
        break;
      case 'leave':
        // What goes on is told from its beginning.
        if (this.#store.now.run.result) this.close();
        else this.#leave();
    }
  }

  #stop(): void {
    if (this.#store.now.run.result) this.close();
    else this.#options.stop();
  }

  /** A screen that fails is our fault, and no reason for the run to end. */
  async #fail(error: unknown): Promise<void> {
    if (this.#mode !== 'screen') return;
    this.#leave();
    const report = await this.#options.reportBug(error);
    this.#options.print(
      `warning: the screen failed, and the run goes on without it; report it with ${report}\n`,
    );
  }

  #catch(text: string): void {
    this.#remember(text);
    for (const line of this.#options.redact(text).split('\n'))
      if (line !== '') this.#dispatch({ type: 'said', text: line });
  }

  #remember(said: RunEvent | string): void {
    this.#unsaid.push(said);
    if (this.#unsaid.length > mostUnsaid) this.#unsaid.shift();
  }

  #dispatch(action: { type: 'clock' } | { type: 'stopping' } | { type: 'said'; text: string }): void {
    this.#store.dispatch({ ...action, at: new Date().toISOString() });
  }
}

/** What is worth saying when a run was watched on the screen. */
function isLasting(said: RunEvent | string): boolean {
  if (typeof said === 'string' || said.type === 'run_finished') return true;
  return said.type === 'notice' && said.level === 'warn';
}
