import { join } from 'node:path';
import { decodeTime } from 'ulid';
import type { Config } from '../config/config.ts';
import { pipelineNamed } from '../engine/select.ts';
import { interruptedLine } from '../engine/words.ts';
import { LogReader, newestDay } from '../log/read.ts';
import { SyncError } from '../model/errors.ts';
import { type LogLevel, type LogLine, reaches } from '../model/log-line.ts';
import { openState } from '../state/state.ts';
import { follow } from './logs-follow.ts';
import { logText } from './logs-text.ts';
import { openConfig, printList, type Shell } from './shell.ts';

export interface LogsFlags {
  readonly follow: boolean;
  readonly errors: boolean;
  readonly level?: LogLevel;
  readonly pipeline?: string;
  readonly limit?: number;
}

/** Shows the lines of a run, or of errors in all runs; the exit code. */
export async function logs(shell: Shell, run: string | undefined, flags: LogsFlags): Promise<number> {
  const config = await openConfig(shell);
  if (flags.pipeline !== undefined) pipelineNamed(config, flags.pipeline);
  const folder = flags.errors ? join(config.logs.dir, 'errors') : config.logs.dir;
  const wanted = (line: LogLine) => isWanted(line, run, flags);
  if (flags.follow) {
    return follow(shell, { reader: readerOf(folder, run), run, wanted }, flags.limit);
  }
  const all = flags.errors ? await errorLines(folder, run) : await runLines(config, run);
  const lines = all.filter(wanted).slice(-(flags.limit ?? all.length));
  const several = flags.errors && run === undefined;
  printList(shell, lines, () => lines.map((line) => logText(line, several)).join(''));
  return 0;
}

/** From the newest day on, or from that on which a run began. */
export function readerOf(folder: string, run: string | undefined): LogReader {
  return new LogReader(folder, run === undefined ? newestDay(folder) : dayOf(run));
}

/** Whether a line is of this run, and of what is asked for. */
export function isWanted(
  line: LogLine,
  run: string | undefined,
  { level, pipeline }: Pick<LogsFlags, 'level' | 'pipeline'>,
): boolean {
  if (run !== undefined && line.run !== run) return false;
  if (pipeline !== undefined && line.pipeline !== pipeline) return false;
  return level === undefined || reaches(line, level);
}

async function errorLines(folder: string, run: string | undefined): Promise<LogLine[]> {
  return collect(new LogReader(folder, run === undefined ? '' : dayOf(run)).fresh(run));
}

/** All lines of a run, of the newest when none is named: those of the files, else those the state keeps. */
export async function runLines(config: Config, named: string | undefined): Promise<LogLine[]> {
  const run = named ?? (await newestRun(config.logs.dir));
  const written = run === undefined ? [] : await linesOf(config.logs.dir, run);
  if (written.some(({ event }) => event === 'run_finished')) return written;
  try {
    return await withState(config, run, written);
  } catch (error) {
    // A state that cannot be read may be just why somebody looks.
    if (written.length > 0 && error instanceof SyncError) return written;
    throw error;
  }
}

/** The lines of a run, read until its end. */
async function linesOf(folder: string, run: string): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for await (const line of new LogReader(folder, dayOf(run)).fresh(run)) {
    if (line.run === run) lines.push(line);
    if (line.run === run && line.event === 'run_finished') break;
  }
  return lines;
}

/** Adds what only the state knows of a run whose end is not in the files: its lines there, or that its process died. */
async function withState(
  config: Config,
  named: string | undefined,
  written: readonly LogLine[],
): Promise<LogLine[]> {
  const state = await openState(config.state);
  try {
    await state.markInterrupted();
    const run = named ?? (await state.runs({ limit: 1 }))[0]?.runId;
    const lines = run === undefined || written.length > 0 ? written : await state.logsOf(run);
    const kept = run === undefined ? undefined : await state.run(run);
    if (run === undefined || (lines.length === 0 && kept === undefined)) throw nothingLogged(named);
    if (kept?.status !== 'interrupted') return [...lines];
    return [...lines, interruptedLine(run, kept.finishedAt ?? kept.startedAt)];
  } finally {
    await state.close();
  }
}

/** Ids of runs are in the order of their beginnings. */
async function newestRun(folder: string): Promise<string | undefined> {
  let newest: string | undefined;
  for await (const { run } of new LogReader(folder, newestDay(folder)).fresh())
    if (newest === undefined || run > newest) newest = run;
  return newest;
}

/** The day a run began, which its id tells. */
function dayOf(run: string): string {
  try {
    return new Date(decodeTime(run)).toISOString().slice(0, 10);
  } catch {
    throw nothingLogged(run);
  }
}

function nothingLogged(run: string | undefined): SyncError {
  const message = run === undefined ? 'no run was logged' : `nothing is logged of a run "${run}"`;
  return new SyncError('usage/unknown_run', message, { hint: 'The runs that are remembered: syncline runs' });
}

async function collect(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
  const collected: LogLine[] = [];
  for await (const line of lines) collected.push(line);
  return collected;
}
