import type { Clock } from '../../src/daemon/clock.ts';

/** A change of the time of day: when the clock shows `at` it is set by so much. Milliseconds. */
export interface Step {
  readonly at: number;
  readonly by: number;
}

/** A clock that goes from one wake-up to the next, and stops after `until`. */
export function fakeClock(from: number, until: number, stop: () => void, steps: readonly Step[] = []): Clock {
  const left = [...steps];
  let now = from;
  return {
    now: () => now,
    async sleepUntil(at, signal) {
      if (signal.aborted) return;
      const [step] = left;
      if (step !== undefined && step.at <= Math.min(at, until)) {
        left.shift();
        now = step.at + step.by;
        return;
      }
      if (at > until) stop();
      now = Math.max(now, Math.min(at, until));
    },
  };
}
