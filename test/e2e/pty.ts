import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { onTestFinished } from 'vitest';
import { cli } from './cli.ts';

/** What stands on the main screen before the command begins. */
export const before = 'stood here before';

export interface OnTerminal {
  /** What the terminal shows now, line by line. */
  screen(): string;
  /** Resolves once the terminal shows this; `within` is in milliseconds. */
  shows(what: string | RegExp, within?: number): Promise<void>;
  press(keys: string): void;
  resize(columns: number, rows: number): Promise<void>;
  kill(signal: string): void;
  /** Waits for the end of the process, and tells how it left the terminal. */
  end(): Promise<Left>;
}

export interface Left {
  /** Of a process that a signal ended, 128 and its number, as shells say it. */
  readonly code: number;
  /** Lines of the main screen and above it. */
  readonly main: string;
  readonly raw: string;
  readonly isMain: boolean;
  readonly hasCursor: boolean;
}

const environment = { TERM: 'xterm-256color', LANG: 'C.UTF-8' };

interface OnTerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly variables?: object;
  /** So many numbered lines stand above what stands there before. */
  readonly above?: number;
}

/** Runs the built command line on a pseudo-terminal. */
export function onTerminal(
  folder: string,
  args: readonly string[],
  { columns = 100, rows = 24, variables = {}, above = 0 }: OnTerminalOptions = {},
): OnTerminal {
  const { CI: _, ...own } = process.env;
  const stood = [...Array.from({ length: above }, (_, number) => number + 1), `'${before}'`];
  const script = `printf '%s\\n' ${stood.join(' ')}; exec "$0" "$@"`;
  const process_ = spawn('/bin/sh', ['-c', script, process.execPath, cli, ...args], {
    cwd: folder,
    env: { ...own, ...environment, ...variables },
    cols: columns,
    rows,
  });
  const terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 1000, allowProposedApi: true });
  let raw = '';
  const waiting = new Set<() => void>();
  process_.onData((data) => {
    raw += data;
    terminal.write(data, () => {
      for (const look of waiting) look();
    });
  });
  const ended = new Promise<number>((resolve) =>
    process_.onExit(({ exitCode, signal = 0 }) => resolve(signal === 0 ? exitCode : 128 + signal)),
  );
  let isOver = false;
  ended.then(() => {
    isOver = true;
    for (const look of waiting) look();
  });
  onTestFinished(() => {
    if (!isOver) process_.kill('SIGKILL');
  });

  const lines = (from: number) => {
    const { active } = terminal.buffer;
    return Array.from({ length: active.length - from }, (_, y) =>
      active.getLine(from + y)?.translateToString(true),
    ).join('\n');
  };
  const screen = () => lines(terminal.buffer.active.baseY);
  return {
    screen,
    shows: (what, within = 50_000) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const isThere = typeof what === 'string' ? screen().includes(what) : what.test(screen());
          if (!isThere && !isOver) return;
          waiting.delete(look);
          if (isThere) resolve();
          else reject(new Error(`ended without showing ${what}:\n${screen()}`));
        };
        const late = setTimeout(() => reject(new Error(`did not show ${what}:\n${screen()}`)), within);
        late.unref();
        waiting.add(look);
        look();
      }),
    press: (keys) => process_.write(keys),
    async resize(columns, rows) {
      process_.resize(columns, rows);
      terminal.resize(columns, rows);
    },
    kill: (signal) => process_.kill(signal),
    async end() {
      const code = await ended;
      await new Promise<void>((resolve) => terminal.write('', resolve));
      return {
        code,
        main: lines(0),
        raw,
        isMain: terminal.buffer.active.type === 'normal',
        hasCursor: raw.lastIndexOf('\u001b[?25h') >= raw.lastIndexOf('\u001b[?25l'),
      };
    },
  };
}
