/** How fast things go, told from what was counted and when. Times are milliseconds since 1970. */

/** How many records had been read at a time. */
export interface Sample {
  readonly at: number;
  readonly read: number;
}

/** A rate is that of so long a time. */
const rateSpan = 5_000;
/** Samples are no closer than this. */
const sampleEvery = 250;
/** Nothing is said of a pace before so much time has passed. */
const shortestRate = 500;
const shortestEta = 5_000;

/** The samples with one more; those that no rate needs any longer are let go. */
export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const before = samples.at(-2);
  const isClose = before !== undefined && sample.at - before.at < sampleEvery;
  const all = [...(isClose ? samples.slice(0, -1) : samples), sample];
  const first = all.findLastIndex(({ at }) => at <= sample.at - rateSpan);
  return all.slice(Math.max(first, 0));
}

/** Records per second over the last seconds; undefined while it is too early to tell. */
export function rateAt(samples: readonly Sample[], now: number): number | undefined {
  const base = samples.findLast(({ at }) => at <= now - rateSpan) ?? samples[0];
  const last = samples.at(-1);
  if (base === undefined || last === undefined) return undefined;
  const span = Math.max(now, last.at) - base.at;
  return span < shortestRate ? undefined : ((last.read - base.read) * 1000) / span;
}

/** How far a read is, of a total its source told, in whatever the source counts by. */
export interface Stretch {
  /** Where it was when the source first told, and when that was. */
  readonly from: { readonly at: number; readonly done: number };
  readonly done: number;
  readonly total: number;
}

/** Whole percents; 100 only when all is done. */
export function percentOf({ done, total }: Stretch): number {
  return done >= total ? 100 : Math.min(99, Math.floor((done / total) * 100));
}

/** Milliseconds to go at the pace so far; undefined while it is too early to tell, or nothing moves. */
export function etaAt({ from, done, total }: Stretch, now: number): number | undefined {
  const took = now - from.at;
  const moved = done - from.done;
  if (took < shortestEta || moved <= 0 || done >= total) return undefined;
  return ((total - done) * took) / moved;
}

/** What was read in each second of a run, the last ones. */
export interface Seconds {
  /** Which second the first of `reads` is, from 0. */
  readonly first: number;
  readonly reads: readonly number[];
}

const mostSeconds = 40;

/** Adds what was read in a second; those without any are in between. */
export function withRead({ first, reads }: Seconds, second: number, read: number): Seconds {
  const all = [...reads];
  while (first + all.length <= second) all.push(0);
  const place = Math.max(second - first, 0);
  all[place] = (all[place] ?? 0) + read;
  const over = Math.max(all.length - mostSeconds, 0);
  return { first: first + over, reads: all.slice(over) };
}
