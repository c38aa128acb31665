import fc from 'fast-check';
import { expect, it } from 'vitest';
import { delayOf, dueOccurrences, mostCounted } from '../../src/daemon/occurrences.ts';

const every = (milliseconds: number) => ({
  next: (after: number) => (Math.floor(after / milliseconds) + 1) * milliseconds,
});

it('the last due occurrence is found, and how many there were, however many', () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 500_000 }),
    fc.integer({ min: 0, max: 1e9 }),
    fc.integer({ min: 0, max: 1e9 }),
    (interval, after, length) => {
      const until = after + length;
      const latest = Math.floor(until / interval) * interval;
      const number = Math.floor(until / interval) - Math.floor(after / interval);
      const due = dueOccurrences(every(interval), after, until);
      expect(due).toEqual(number === 0 ? undefined : { latest, number: Math.min(number, mostCounted) });
    },
  );
  // Of intervals of a millisecond there are a billion: the windows keep that short.
  fc.assert(property, { examples: [[1000, 0, 1e9]] });
});

it('delays stay below the jitter, are the same each time, and differ', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer(), fc.integer({ min: 1, max: 1e7 }), (pipeline, at, jitter) => {
      const delay = delayOf(pipeline, at, jitter);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThan(jitter);
      expect(delayOf(pipeline, at, jitter)).toBe(delay);
    }),
  );
  const delays = Array.from({ length: 50 }, (_, hour) => delayOf('people', hour * 3_600_000, 1e6));
  expect(new Set(delays).size).toBeGreaterThan(40);
  expect(delayOf('people', 0, 0)).toBe(0);
});
