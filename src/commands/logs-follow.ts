import { setTimeout } from 'node:timers/promises';
import type { LogReader } from '../log/read.ts';
import type { LogLine } from '../model/log-line.ts';
import { logText } from './logs-text.ts';
import type { Shell } from './shell.ts';
import { stopSignal } from './stop.ts';

/** So often it is looked for new lines, in milliseconds: files tell of themselves on no system alike. */
const lookEvery = 200;

/** So many lines that are there already are shown first, where a flag does not say. */
const recentLines = 10;

export interface Following {
  readonly reader: LogReader;
  /** Only this run, all of it; ends when it ends. */
  readonly run?: string;
  readonly wanted: (line: LogLine) => boolean;
}

/** Shows lines as they are written, until it is stopped or nobody reads them any more; the exit code. */
export async function follow(shell: Shell, following: Following, most: number | undefined): Promise<number> {
  const { run } = following;
  const stop = stopSignal();
  const unread = new AbortController();
  const leave = () => unread.abort();
  process.stdout.once('error', leave);
  const over = AbortSignal.any([stop.signal, unread.signal]);
  try {
    const print = printer(shell, run === undefined);
    let recent = most ?? (run === undefined ? recentLines : Number.POSITIVE_INFINITY);
    for await (const lines of followed(following, over)) {
      lines.slice(-recent).forEach(print);
      recent = Number.POSITIVE_INFINITY;
    }
    return stop.code ?? 0;
  } finally {
    process.stdout.off('error', leave);
    stop.forget();
  }
}

/** The lines there are, and then those that come, until the signal is aborted or the one run that is followed has ended. */
export async function* followed(
  following: Following,
  signal: AbortSignal,
): AsyncGenerator<readonly LogLine[]> {
  let fresh = await freshLines(following);
  yield fresh.lines;
  while (!fresh.ended && !signal.aborted) {
    await setTimeout(lookEvery, undefined, { signal }).catch(() => undefined);
    fresh = await freshLines(following);
    yield fresh.lines;
  }
}

async function freshLines({ reader, run, wanted }: Following): Promise<{
  readonly lines: readonly LogLine[];
  readonly ended: boolean;
}> {
  let ended = false;
  const lines: LogLine[] = [];
  for await (const line of reader.fresh(run)) {
    if (wanted(line)) lines.push(line);
    if (run !== undefined && line.run === run && line.event === 'run_finished') ended = true;
  }
  return { lines, ended };
}

function printer(shell: Shell, several: boolean): (line: LogLine) => void {
  if (shell.output === 'table') return (line) => shell.print(logText(line, several));
  return (line) => shell.print(`${JSON.stringify(line)}\n`);
}
