import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Reader, shareRead } from '../../src/engine/shared-read.ts';
import type { OpenSource, ReadRequest } from '../../src/plugin/contract.ts';
import '../counts.ts';

const request: ReadRequest = {
  stream: 'rows',
  options: {},
  batch: { rows: 1, bytes: 1 },
  signal: new AbortController().signal,
};

/** Batches numbered from 0; how many were fetched, and whether the read was ended. */
function numbered(count: number, failAt = count) {
  const seen = { fetched: 0, ended: 0 };
  const source: OpenSource = {
    async *read() {
      try {
        for (let n = 0; n < count; n++) {
          if (n === failAt) throw new Error('the source failed');
          seen.fetched += 1;
          yield { records: [{ n }], bytes: 1 };
        }
        if (failAt > count) throw new Error('the source failed');
      } finally {
        seen.ended += 1;
      }
    },
    close: async () => {},
  };
  return { source, seen };
}

async function takeAll(reader: Reader | undefined, most: number, pause: number, behind: () => void) {
  const taken: unknown[] = [];
  for await (const { records } of reader?.source.read(request) ?? []) {
    taken.push(records[0]?.n);
    behind();
    for (let turn = 0; turn < pause; turn++) await setImmediate();
    if (taken.length >= most) break;
  }
  return taken;
}

it('gives every reader every batch in order, fetched once, and never runs ahead of the slowest', async () => {
  const reader = fc.record({ pause: fc.nat(3), most: fc.constantFrom(1, 3, 99) });
  await fc.assert(
    fc.asyncProperty(fc.nat(12), fc.array(reader, { minLength: 1, maxLength: 4 }), async (count, drawn) => {
      const { source, seen } = numbered(count);
      const readers = shareRead(source, drawn.length);
      const progress = drawn.map(() => 0);
      const taken = await Promise.all(
        drawn.map(async ({ pause, most }, index) => {
          const behind = () => {
            progress[index] = (progress[index] ?? 0) + 1;
            expect(seen.fetched - Math.min(...progress)).toBeLessThanOrEqual(2);
          };
          const all = await takeAll(readers[index], most, pause, behind);
          progress[index] = Number.POSITIVE_INFINITY;
          await readers[index]?.leave();
          return all;
        }),
      );
      const numbers = Array.from({ length: count }, (_, n) => n);
      expect(taken).toEqual(drawn.map(({ most }) => numbers.slice(0, most)));
      expect(seen.fetched).toBeLessThanOrEqual(count);
      expect(seen.ended).toBe(1);
    }),
    { numRuns: 50 },
  );
});

it('does not wait for a reader that left before it began', async () => {
  const { source } = numbered(5);
  const [first, second] = shareRead(source, 2);
  await second?.leave();
  expect(await takeAll(first, 99, 0, () => undefined)).toHaveLength(5);
});

it('fails all readers when the source fails', async () => {
  const readers = shareRead(numbered(5, 2).source, 2);
  const failed = await Promise.allSettled(readers.map((reader) => takeAll(reader, 99, 0, () => undefined)));
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
