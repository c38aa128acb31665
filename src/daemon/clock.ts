import { setTimeout } from 'node:timers/promises';

/** The time of day, as the scheduler sees it. */
export interface Clock {
  /** Milliseconds since 1970; it may be set forward and back at any time. */
  now(): number;
  /** Resolves at that instant, when the signal is aborted, or earlier: look at the clock then. Never rejects. */
  sleepUntil(at: number, signal: AbortSignal): Promise<void>;
}

/** A timer counts time and does not see a clock that is set, or a machine that was asleep; nor can it wait 25 days. */
const longestSleep = 10_000;

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleepUntil(at, signal) {
    const wait = Math.min(Math.max(at - Date.now(), 0), longestSleep);
    await setTimeout(wait, undefined, { signal }).catch(() => undefined);
  },
};
