import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Schedule } from '../config/schedule.ts';

/** Occurrences that fell due together: only the last of them counts. */
export interface Due {
  readonly latest: number;
  /** How many there were; of very many, `mostCounted`. */
  readonly number: number;
}

export const mostCounted = 1000;

/** How far back to look for the last one of very many, in milliseconds. */
const windows = [60_000, 3_600_000, 86_400_000, 32 * 86_400_000, 366 * 86_400_000];

/** The occurrences after one instant, up to and with another; undefined when there are none. */
export function dueOccurrences(
  { next }: Pick<Schedule, 'next'>,
  after: number,
  until: number,
): Due | undefined {
  let latest: number | undefined;
  let number = 0;
  for (let at = next(after); at !== undefined && at <= until; at = next(at)) {
    if (number === mostCounted) return { latest: lastOf(next, at, until), number };
    latest = at;
    number += 1;
  }
  return latest === undefined ? undefined : { latest, number };
}

/** The last occurrence of many, without walking through all of them. */
function lastOf(next: Schedule['next'], known: number, until: number): number {
  const starts = windows.map((window) => until - window).filter((start) => start > known);
  const start = starts.find((start) => (next(start) ?? Number.POSITIVE_INFINITY) <= until) ?? known;
  let latest = known;
  for (let at = next(start); at !== undefined && at <= until; at = next(at)) latest = at;
  return latest;
}

/** By how much the start of an occurrence is put off: the same whenever it is asked, and another on each machine. */
export function delayOf(pipeline: string, at: number, jitter: number): number {
  if (jitter === 0) return 0;
  const hash = createHash('sha256').update(`${hostname()}\0${pipeline}\0${at}`).digest();
  return hash.readUInt32BE(0) % jitter;
}
