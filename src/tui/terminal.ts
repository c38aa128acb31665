import type { WriteStream } from 'node:tty';

const enterScreen = '\x1b[?1049h\x1b[2J\x1b[H\x1b[?25l';
const wipeScreen = '\x1b[2J\x1b[H';
/** Wiped first: a terminal that was resized meanwhile may take lines of this screen for lines of the main one. */
const leaveScreen = `${wipeScreen}\x1b[?25h\x1b[?1049l`;
/**
 * With these Ink goes back over what it drew before, `[3J` even over the lines above that a terminal remembers. None is
 * let through: lines are drawn where they belong.
 */
const goingBack = ['\x1b[2K', '\x1b[1A', '\x1b[G', '\x1b[2J', '\x1b[3J', '\x1b[H'];

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface Terminal {
  readonly size: Size;
  /** The stream a screen is drawn on. It changes its size only when `resize` says so. */
  readonly canvas: WriteStream;
  /** Shows the alternate screen, in which the lines above are safe. What others print from now on is caught. */
  enter(): void;
  /** Shows the main screen again, as it was, with its cursor. */
  leave(): void;
  /** Whether the terminal has another size by now than what is drawn for. */
  isResized(): boolean;
  /** Takes the terminal's present size over, and wipes the screen. */
  resize(): void;
  /** Puts a text where the terminal pastes from; those that may not, or cannot, do nothing. */
  copy(text: string): void;
}

/** `caught` gets what others print while the screen is shown. */
export function openTerminal(stream: WriteStream, caught: (text: string) => void): Terminal {
  const write = stream.write.bind(stream);
  let size = sizeOf(stream);
  let release: (() => void) | undefined;
  let drawn: readonly string[] = [];
  /** Only lines that changed are written: a terminal takes little at a time, and whoever writes to it waits. */
  const draw = (text: string, done?: () => void) => {
    const bare = goingBack.reduce((left, sequence) => left.replaceAll(sequence, ''), text);
    if (!bare.includes('\n')) return write(bare, done);
    const lines = bare.split('\n').slice(0, size.rows - 1);
    const changed = lines.map((line, index) =>
      line === drawn[index] ? '' : `\x1b[${index + 1};1H${line}\x1b[0m\x1b[K`,
    );
    drawn = lines;
    return write(changed.join(''), done);
  };
  const canvas = new Proxy(stream, {
    get(target, property) {
      if (property === 'write') return draw;
      // Ink would draw before the new size is known to what it draws.
      if (property === 'on') return () => canvas;
      if (property === 'columns' || property === 'rows') return size[property];
      const value: unknown = Reflect.get(target, property);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return {
    get size() {
      return size;
    },
    canvas,
    enter() {
      if (release) return;
      size = sizeOf(stream);
      drawn = [];
      release = catchWrites([process.stdout, process.stderr], caught);
      write(enterScreen);
    },
    leave() {
      if (!release) return;
      release();
      release = undefined;
      write(leaveScreen);
    },
    isResized() {
      const { columns, rows } = sizeOf(stream);
      return columns !== size.columns || rows !== size.rows;
    },
    resize() {
      size = sizeOf(stream);
      drawn = [];
      write(wipeScreen);
    },
    copy(text) {
      if (release) write(`\x1b]52;c;${Buffer.from(text, 'utf8').toString('base64')}\x07`);
    },
  };
}

/** Some terminals do not tell their size. */
function sizeOf({ columns, rows }: WriteStream): Size {
  return { columns: columns || 80, rows: rows || 24 };
}

/** Whatever is written to these streams goes to `caught` instead, until it is released. */
function catchWrites(streams: readonly NodeJS.WriteStream[], caught: (text: string) => void): () => void {
  const releases = streams.map((stream) => {
    const { write } = stream;
    const own = Object.hasOwn(stream, 'write');
    const divert = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      caught(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
      const done = rest.at(-1);
      if (typeof done === 'function') process.nextTick(done);
      return true;
    };
    stream.write = divert;
    return () => {
      if (own) stream.write = write;
      else Reflect.deleteProperty(stream, 'write');
    };
  });
  return () => {
    for (const release of releases) release();
  };
}
