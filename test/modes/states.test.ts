import fc from 'fast-check';
import { expect, it } from 'vitest';
import { slowCases, tried } from '../counts.ts';
import { databases, upTo, type World, worldOf } from './world.ts';

/** A read learns types from its first thousand records, before it commits any. */
const settled = upTo(1000).map((id) => ({ id: id + 1000, value: 0 }));

const modes = {
  hard: 'mode: mirror\ndeletes: { mode: hard, max: 100% }',
  soft: 'mode: mirror\ndeletes: { max: 100% }',
  replace: 'mode: replace\ndeletes: { max: 100% }',
} as const;

const state = fc.record({
  records: fc.array(fc.record({ id: fc.nat(60), value: fc.nat(3) }), { maxLength: 80 }),
  /** Which share of the records is read before a page fails. */
  failing: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  full: fc.boolean(),
});

type State = typeof state extends fc.Arbitrary<infer Value> ? Value : never;

async function answer(world: World, { records, failing }: State): Promise<void> {
  const all = [...settled, ...records];
  await world.answer(all, failing === null ? undefined : Math.floor(all.length * failing));
}

function model(records: State['records']): string[] {
  const byId = new Map([...settled, ...records].map(({ id, value }) => [id, value]));
  return [...byId].sort(([a], [b]) => a - b).map(([id, value]) => `${id} ${value}`);
}

it.each(tried(databases))(
  'whatever came before, a complete read leaves in %s what the source has',
  async (kind) => {
    const property = fc.asyncProperty(
      fc.constantFrom(...Object.values(modes)),
      fc.integer({ min: 90, max: 700 }),
      fc.array(state, { minLength: 1, maxLength: 3 }),
      state,
      async (mode, batch, states, last) => {
        const world = await worldOf(kind, `${mode}\nbatch_size: ${batch}`);
        for (const one of states) {
          await answer(world, one);
          const { status } = await world.run({ full: one.full });
          expect(status).toBe(one.failing === null ? 'succeeded' : 'failed');
        }
        await answer(world, { ...last, failing: null });
        // The first may go on in the middle of what the source was.
        for (let again = 0; again < 2; again++) expect((await world.run()).status).toBe('succeeded');
        const where = mode === modes.soft ? 'WHERE _deleted_at IS NULL' : '';
        expect(await world.query(`SELECT id, value FROM people ${where} ORDER BY id`)).toEqual(
          model(last.records),
        );
        expect(await world.query('SELECT count(*) FROM _syncline_staged')).toEqual(['0']);
      },
    );
    await fc.assert(property, { numRuns: Math.ceil(slowCases / 2), endOnFailure: true });
  },
);
