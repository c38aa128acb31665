import { cursorProblem } from '../config/incremental.ts';
import { parseDuration } from '../model/duration.ts';
import { SyncError } from '../model/errors.ts';
import type { RunRange } from './range.ts';

/** What stands before a name where it is told: `--` for flags, nothing for the keys of a request. */
export type Prefix = '--' | '';

/** Of several ways to say what is read, by name, one may be given. */
export function refuseTogether(ways: { readonly [name: string]: unknown }): void {
  const given = Object.keys(ways).filter((name) => ways[name] !== undefined && ways[name] !== false);
  if (given.length < 2) return;
  throw invalid(`${given.join(' and ')} exclude each other`, 'Each says which part to read: choose one.');
}

/**
 * The window from one value of a cursor field up to another. A time before now stays as it is, since each stream writes
 * times its own way, and so that the window keeps its checkpoint from one run to the next.
 */
export function windowOf(
  { from, to }: { readonly from?: string; readonly to?: string },
  now: Date,
  prefix: Prefix,
): RunRange['window'] {
  if (from === undefined && to === undefined) return undefined;
  if (from !== undefined) checkBound(`${prefix}from`, from);
  if (to !== undefined) checkBound(`${prefix}to`, to);
  if (rank(from, now) >= rank(to, now))
    throw invalid(
      `nothing lies between ${prefix}from ${from} and ${prefix}to ${to}`,
      `${prefix}to is exclusive, and greater than ${prefix}from.`,
    );
  return { from, to };
}

/** Refuses what is neither a value of a cursor field nor a time before now such as `-7d`. */
export function checkBound(name: string, text: string): void {
  const problem = bound.test(text) ? cursorProblem(text) : `"${text}" is neither a date nor a number`;
  if (problem === undefined) return;
  const help = 'Write a date, a timestamp, a number, or a time before now: 2024-01-01, -7d.';
  throw invalid(`${name}: ${problem}`, help);
}

/** A time before now as ISO 8601; everything else as it is. */
export function atInstant(text: string, now: Date): string {
  const ago = text.startsWith('-') ? parseDuration(text.slice(1)) : undefined;
  return ago === undefined ? text : new Date(now.getTime() - ago).toISOString();
}

const bound = /^(-?[0-9]+([.][0-9]+)?|-[0-9]+[a-z]+|[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:.*)?)$/i;

/** To compare the ends of a window; not a number where that cannot be done before records were seen. */
function rank(text: string | undefined, now: Date): number {
  if (text === undefined) return Number.NaN;
  return /^-?[0-9.]+$/.test(text) ? Number(text) : Date.parse(atInstant(text, now));
}

function invalid(message: string, hint: string): SyncError {
  return new SyncError('usage/invalid', message, { hint });
}
