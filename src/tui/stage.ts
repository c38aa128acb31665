import type { ReadStream, WriteStream } from 'node:tty';
import { openKeyboard } from './keyboard.ts';
import { printable } from './printable.ts';
import type { Mount, Mounted } from './screen.tsx';
import type { Browsed, Published, Shown } from './store.ts';
import { openTerminal, type Size, type Terminal } from './terminal.ts';
import type { Key } from './view.ts';

/** The screen is drawn so often, in milliseconds, and at every key: more would take time from the run. */
const drawEvery = 300;

export interface StageOptions {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly drawn: () => Published<Shown | Browsed>;
  /** Publishes what is to be drawn now, at this size. */
  readonly publish: (size: Size) => void;
  readonly press: (key: Key) => void;
  /** Gets what others print while the screen is shown, safe to print. */
  readonly caught: (text: string) => void;
  /** Gets what a page threw, after which nothing is drawn any more. */
  readonly failed: (error: unknown) => void;
}

/** A terminal on which a screen is shown, hidden and shown again; its keys are listened to all the time. */
export class Stage {
  readonly #options: StageOptions;
  readonly #terminal: Terminal;
  #mounted: Mounted | undefined;
  #keyboard: { close(): void } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StageOptions) {
    this.#options = options;
    // It is printed later on, where what data brought into it must not steer the terminal.
    const caught = (text: string) => options.caught(printable(text.replaceAll('\r\n', '\n')));
    this.#terminal = openTerminal(options.output, caught);
  }

  get size(): Size {
    return this.#terminal.size;
  }

  /** Shows the screen, unless `begin` tells by then that nobody wants it any more. */
  async show(begin: () => boolean): Promise<void> {
    const { mount } = await loadScreen();
    if (!begin()) return;
    this.#terminal.enter();
    this.#keyboard ??= openKeyboard(this.#options.input, this.#options.press);
    this.#drawAnew(mount);
    this.#timer = setInterval(() => this.#draw(mount), drawEvery);
  }

  /** Shows the main screen again. May be called at any time. */
  hide(): void {
    clearInterval(this.#timer);
    this.#mounted?.unmount();
    this.#mounted = undefined;
    this.#terminal.leave();
  }

  /** Gives the terminal back as it was. */
  close(): void {
    this.hide();
    this.#keyboard?.close();
    this.#keyboard = undefined;
  }

  copy(text: string): void {
    this.#terminal.copy(text);
  }

  /** For another size the screen begins anew. */
  #drawAnew(mount: Mount): void {
    this.#mounted?.unmount();
    this.#terminal.resize();
    this.#options.publish(this.#terminal.size);
    this.#mounted = mount(this.#options.drawn(), this.#terminal.canvas, this.#options.failed);
  }

  #draw(mount: Mount): void {
    if (this.#terminal.isResized()) this.#drawAnew(mount);
    else this.#options.publish(this.#terminal.size);
  }
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
