import type { ReadStream, WriteStream } from 'node:tty';
import type { Emit, RunEvent } from '../engine/events.ts';
import type { Redact } from '../model/redact.ts';
import { openKeyboard } from './keyboard.ts';
import type { Look } from './look.ts';
import type { Mount, Mounted } from './screen.tsx';
import { createStore, type Store } from './store.ts';
import { openTerminal, type Terminal } from './terminal.ts';
import type { Choice, Command, Key } from './view.ts';

/** The screen is drawn so often, in milliseconds, and at every key: more would take time from the run. */
const drawEvery = 300;
/** A run that is over before has no screen, which would only flash. */
const patience = 400;
/** So much of what was not said in lines is remembered. */
const mostUnsaid = 1000;

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
 * A person at a terminal: shows runs on a screen or in lines, and hands on what the keys ask for. It only watches the
 * run, which never waits for it.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #terminal: Terminal;
  readonly #store: Store;
  #mode: 'waiting' | 'screen' | 'stream' | 'left' = 'waiting';
  #mounted: Mounted | undefined;
  #keyboard: { close(): void } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #unsaid: (RunEvent | string)[] = [];
  #stays = false;
  #tellLeft: (() => void) | undefined;
  #picked: ((names: readonly string[] | undefined) => void) | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#terminal = openTerminal(options.output, (text) => this.#catch(text));
    this.#store = createStore(options.look, this.#terminal.size);
  }

  readonly emit: Emit = (event) => {
    this.#store.dispatch(event);
    if (this.#mode === 'stream' || this.#mode === 'left') this.#options.lines(event);
    else if (event.type !== 'progress') this.#remember(event);
  };

  /** Lets a person pick; resolves with the names, or with nothing when there is to be no run. */
  async pick(choices: readonly Choice[], command: string): Promise<readonly string[] | undefined> {
    this.#stays = true;
    this.#store.open(command, choices);
    const picked = new Promise<readonly string[] | undefined>((resolve) => {
      this.#picked = resolve;
    });
    await this.#show();
    return picked;
  }

  /** Shows the run that is about to begin, unless it is over at once. `command` is the command line that does it. */
  watch(command: string): void {
    this.#store.open(command);
    if (this.#mode !== 'waiting') return;
    this.#timer = setTimeout(() => this.#show(), patience);
  }

  /** The run was told to stop. */
  stopping(): void {
    if (this.#picked || this.#store.now.run.result) this.close();
    else this.#dispatch({ type: 'stopping' });
  }

  /** Resolves once a person has seen the end of the run: at once, unless they look at something. */
  async seen(): Promise<void> {
    const { view } = this.#store.now;
    const isBusy = this.#stays || view.page !== 'run' || view.help;
    if (this.#mode !== 'screen' || !isBusy) return;
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
    const { mount } = await loadScreen();
    if (this.#mode === 'left' || this.#mode === 'screen') return;
    this.#mode = 'screen';
    this.#terminal.enter();
    this.#keyboard ??= openKeyboard(this.#options.input, (key) => this.#press(key));
    this.#dispatch({ type: 'clock' });
    this.#drawAnew(mount);
    this.#timer = setInterval(() => this.#draw(mount), drawEvery);
  }

  /** What was printed meanwhile comes after the screen is gone. */
  #hide(mode: 'stream' | 'left'): void {
    this.#mode = mode;
    clearTimeout(this.#timer);
    this.#mounted?.unmount();
    this.#mounted = undefined;
    this.#terminal.leave();
    for (const said of this.#unsaid.splice(0))
      if (typeof said === 'string') this.#options.print(said);
      else this.#options.lines(said);
  }

  #leave(): void {
    this.#hide('left');
    this.#keyboard?.close();
    this.#picked?.(undefined);
    this.#picked = undefined;
    this.#tellLeft?.();
  }

  /** For another size the screen begins anew. */
  #drawAnew(mount: Mount): void {
    this.#mounted?.unmount();
    this.#terminal.resize();
    this.#store.resize(this.#terminal.size);
    this.#store.publish();
    this.#mounted = mount(this.#store, this.#terminal.canvas, (error) => this.#fail(error));
  }

  #draw(mount: Mount): void {
    if (this.#terminal.isResized()) this.#drawAnew(mount);
    this.#dispatch({ type: 'clock' });
    this.#store.publish();
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
      case 'run':
        this.#picked?.(command.names);
        this.#picked = undefined;
        break;
      case 'stop':
        this.#stop();
        break;
      case 'stream':
        this.#hide('stream');
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

/** React keeps a record of all it does unless it is loaded for production. */
async function loadScreen(): Promise<typeof import('./screen.tsx')> {
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  try {
    return await import('./screen.tsx');
  } finally {
    if (NODE_ENV === undefined) Reflect.deleteProperty(process.env, 'NODE_ENV');
    else process.env.NODE_ENV = NODE_ENV;
  }
}
