import { setTimeout } from 'node:timers/promises';

/** Time, as the client sees it: what waits and what tells the time goes through here. All in milliseconds. */
export interface Clock {
  /** The time of day since 1970; it may be set at any time. */
  now(): number;
  /** Time that only ever goes forward, from anywhere. */
  elapsed(): number;
  /** Resolves when so long has passed; rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The instant so long from now, ISO 8601, UTC. */
export function timeAfter(ms: number, clock: Clock): string {
  return new Date(Math.min(clock.now() + ms, latest)).toISOString();
}

/** The last instant a `Date` can tell. */
const latest = 8.64e15;

/** A longer timer fires at once. */
const longestTimer = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  async sleep(ms, signal) {
    for (let left = ms; left > 0; left -= longestTimer) {
      signal.throwIfAborted();
      await setTimeout(Math.min(left, longestTimer), undefined, { signal }).catch((error: unknown) => {
        throw signal.aborted ? signal.reason : error;
      });
    }
  },
};
