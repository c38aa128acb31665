import { cursorProblem } from '../config/incremental.ts';
import type { RunRange } from '../engine/range.ts';
import { parseDuration } from '../model/duration.ts';
import { SyncError } from '../model/errors.ts';

/** The flags of `run` that say which part of a stream is read. */
export interface RangeFlags {
  readonly all?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
  readonly rollback?: string;
  /** Each `NAME=VALUE`. */
  readonly partition?: readonly string[];
}

/**
 * What the flags ask for. In a window a time before now stays as it is, since each stream writes times its own way, and
 * so that the window keeps its checkpoint from one run to the next.
 */
export function rangeOf(flags: RangeFlags, now: Date): RunRange {
  refuseTogether(flags);
  const { all = false, from, to, last, rollback } = flags;
  if (rollback !== undefined) checkBound('--rollback', rollback);
  return {
    full: all,
    window: last === undefined ? windowOf(from, to, now) : { from: `-${checkedLast(last)}` },
    rollback: rollback === undefined ? undefined : atInstant(rollback, now),
    partition: partitionOf(flags.partition),
  };
}

/** `--partition project=alpha`, of one or several names. */
function partitionOf(flags: readonly string[] = []): RunRange['partition'] {
  if (flags.length === 0) return undefined;
  const entries = flags.map((flag) => {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.+)$/.exec(flag) ?? [];
    if (name === undefined || value === undefined)
      throw invalid(
        `--partition: "${flag}" is not NAME=VALUE`,
        'Write it such as --partition project=alpha.',
      );
    return [name, value] as const;
  });
  const [first] = entries.map(([name]) => name).filter((name, index, all) => all.indexOf(name) !== index);
  if (first === undefined) return Object.fromEntries(entries);
  throw invalid(`--partition ${first} is given twice`, 'A run takes one value of it, or all.');
}

function refuseTogether({ all, from, to, last, rollback }: RangeFlags): void {
  const given = Object.entries({ '--all': all, '--from': from ?? to, '--last': last, '--rollback': rollback })
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([flag]) => (flag === '--from' && from === undefined ? '--to' : flag));
  if (given.length < 2) return;
  throw invalid(`${given.join(' and ')} exclude each other`, 'Each says which part to read: choose one.');
}

function windowOf(from: string | undefined, to: string | undefined, now: Date): RunRange['window'] {
  if (from === undefined && to === undefined) return undefined;
  if (from !== undefined) checkBound('--from', from);
  if (to !== undefined) checkBound('--to', to);
  if (rank(from, now) >= rank(to, now))
    throw invalid(
      `nothing lies between --from ${from} and --to ${to}`,
      '--to is exclusive, and greater than --from.',
    );
  return { from, to };
}

/** Refuses what is neither a value of a cursor field nor a time before now such as `-7d`. */
function checkBound(flag: string, text: string): void {
  const problem = bound.test(text) ? cursorProblem(text) : `"${text}" is neither a date nor a number`;
  if (problem === undefined) return;
  const help = 'Write a date, a timestamp, a number, or a time before now: 2024-01-01, -7d.';
  throw invalid(`${flag}: ${problem}`, help);
}

/** A time before now as ISO 8601; everything else as it is. */
function atInstant(text: string, now: Date): string {
  const ago = text.startsWith('-') ? parseDuration(text.slice(1)) : undefined;
  return ago === undefined ? text : new Date(now.getTime() - ago).toISOString();
}

const bound = /^(-?[0-9]+([.][0-9]+)?|-[0-9]+[a-z]+|[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:.*)?)$/i;

function checkedLast(text: string): string {
  if (/^[0-9]+m$/.test(text))
    throw invalid(
      `--last ${text} counts minutes`,
      `did you mean ${text}o? For minutes write ${Number.parseInt(text, 10) * 60}s.`,
    );
  if ((parseDuration(text) ?? 0) > 0) return text;
  throw invalid(`--last: "${text}" is not a duration`, 'Write it with its unit: 24h 7d 2w 3mo.');
}

/** To compare the ends of a window; not a number where that cannot be done before records were seen. */
function rank(text: string | undefined, now: Date): number {
  if (text === undefined) return Number.NaN;
  return /^-?[0-9.]+$/.test(text) ? Number(text) : Date.parse(atInstant(text, now));
}

function invalid(message: string, hint: string): SyncError {
  return new SyncError('usage/invalid', message, { hint });
}
