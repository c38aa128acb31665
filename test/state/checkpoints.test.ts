import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LedgerEntry } from '../../src/model/checkpoint.ts';
import { Decimal } from '../../src/model/decimal.ts';
import { openState } from '../../src/state/state.ts';
import { slowCases } from '../counts.ts';
import { opened, stateFile } from './support.ts';

const key = { pipeline: 'people', target: 'people' };
const entry: LedgerEntry = {
  checkpoint: {
    cursor: { text: '9007199254740993', kind: 'number', seen: { ann: 2 } },
    position: { source: { page: 3, id: 9007199254740993n, share: new Decimal('0.12345678901234567890') } },
  },
  fence: 3,
  run: '01A',
  batch: 7,
  basis: 'a:b',
  wrote: true,
};

it('gives back what was written, to the last digit, also to a later process', async () => {
  const file = await stateFile();
  const first = await openState(file);
  await first.ledger('files').write(key, entry);
  await first.close();
  const ledger = (await opened(file)).ledger('files');
  expect(await ledger.read(key)).toEqual({ entry, target: 'rows' });
  expect(await ledger.list()).toEqual([{ ...key, entry }]);
});

it('keeps pipelines, targets and sinks apart, and forgets what is removed', async () => {
  const state = await opened(await stateFile());
  const ledger = state.ledger('files');
  await ledger.write(key, entry);
  expect((await ledger.read({ ...key, target: 'other' })).entry).toBeUndefined();
  expect((await state.ledger('sheets').read(key)).entry).toBeUndefined();
  await ledger.write(key, undefined);
  expect((await ledger.read(key)).entry).toBeUndefined();
});

it('lets only the holder of the highest fence write', async () => {
  const ledger = (await opened(await stateFile())).ledger('files');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 }),
      async (fences) => {
        await ledger.write(key, undefined);
        let highest = 0;
        for (const [index, fence] of fences.entries()) {
          const wrote = ledger.write(key, { ...entry, fence, batch: index });
          if (fence < highest) await expect(wrote).rejects.toMatchObject({ code: 'lease/lost' });
          else await wrote;
          highest = Math.max(highest, fence);
          expect((await ledger.read(key)).entry?.fence).toBe(highest);
        }
      },
    ),
    { numRuns: slowCases },
  );
});
