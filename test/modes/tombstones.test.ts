import { describe, expect, it } from 'vitest';
import { tried } from '../counts.ts';
import { databases, people, worldOf } from './world.ts';

const stream = 'path: rows, primary_key: id, deleted_when: gone';
const gone = (id: unknown) => ({ id, gone: true });

describe.each(tried(databases))('tombstones into %s', (kind) => {
  it('mark the row, whatever else of the record does not fit, and past where and checks', async () => {
    const pipeline = `map: { id: id, name: { from: name, type: string } }
where: name
checks: { name: { minLength: 2 } }`;
    const world = await worldOf(kind, pipeline, stream);
    await world.answer(people(1, 2, 3, 4));
    await world.run();
    await world.answer([gone(1), { ...gone(2), name: [1] }, { ...gone(3), name: 'x' }, gone(77)]);
    expect(await world.run()).toMatchObject({ status: 'succeeded', deleted: 3, rejected: 0, skipped: 0 });
    expect(
      await world.query('SELECT id, name FROM people WHERE _deleted_at IS NOT NULL ORDER BY id'),
    ).toEqual(people(1, 2, 3).map(({ id, name }) => `${id} ${name}`));
    expect(await world.run()).toMatchObject({ deleted: 0 });
    await world.answer(people(1, 5));
    expect(await world.run()).toMatchObject({ updated: 1, inserted: 1 });
    expect(await world.query('SELECT count(*) FROM people WHERE _deleted_at IS NULL')).toEqual(['3']);
  });

  it('come in order with the records of their key', async () => {
    const world = await worldOf(kind, 'deletes: { mode: hard }\nbatch_size: 100', stream);
    await world.answer(people(1, 2, 3));
    await world.run();
    await world.answer([gone(1), { id: 1, name: 'again' }, ...people(2), gone(2), ...people(9), gone(9)]);
    expect(await world.run()).toMatchObject({ status: 'succeeded', updated: 1, deleted: 1, inserted: 0 });
    expect(await world.query('SELECT id, name FROM people ORDER BY id')).toEqual(['1 again', '3 name 3']);
  });

  it('are skipped where deletes are ignored, and rejects without a key', async () => {
    const world = await worldOf(kind, 'deletes: { mode: ignore }\nrejects: { max: 100% }', stream);
    await world.answer(people(1, 2));
    await world.run();
    await world.answer([gone(1), ...people(2)]);
    expect(await world.run()).toMatchObject({ status: 'succeeded', skipped: 1, deleted: 0, unchanged: 1 });
    await world.configure('deletes: { mode: hard }\nrejects: { max: 100% }');
    await world.answer([gone(null), gone(2)]);
    expect(await world.run()).toMatchObject({ status: 'partial', rejected: 1, deleted: 1 });
    expect(await world.query('SELECT id FROM people')).toEqual(['1']);
  });

  it('are not guarded, and delete under mirror too', async () => {
    const expression = 'path: rows, primary_key: id, deleted_when: { expr: "record.state == \'gone\'" }';
    const world = await worldOf(kind, 'mode: mirror\ndeletes: { mode: hard, max: 0 }', expression);
    await world.answer(people(1, 2, 3, 4, 5, 6, 7, 8));
    await world.run();
    await world.answer([...people(8), ...[1, 2, 3, 4, 5, 6, 7].map((id) => ({ id, state: 'gone' }))]);
    expect(await world.run()).toMatchObject({ status: 'succeeded', deleted: 7 });
  });

  it('of a record with rows of its own take all of them along', async () => {
    const pipeline = `each: lines
primary_key: [order, line]
map: { order: $record.id, line: line }
replace_within: true
deletes: { mode: hard }`;
    const world = await worldOf(kind, pipeline, stream);
    const lines = (...numbers: readonly number[]) => numbers.map((line) => ({ line }));
    await world.answer([
      { id: 1, lines: lines(1, 2) },
      { id: 2, lines: lines(1, 2, 3) },
    ]);
    await world.run();
    await world.answer([gone(2), { id: 1, lines: lines(1) }]);
    expect(await world.run()).toMatchObject({ status: 'succeeded', deleted: 4, unchanged: 1 });
    expect(await world.query('SELECT "order", line FROM people')).toEqual(['1 1']);
  });

  it('supersede the rejects before them', async () => {
    const world = await worldOf(kind, 'checks: { name: { minLength: 2 } }\nrejects: { max: 100% }', stream);
    await world.answer([{ id: 1, name: 'x' }, ...people(2)]);
    expect(await world.run()).toMatchObject({ rejected: 1 });
    await world.answer([gone(1), ...people(2)]);
    await world.run();
    await world.configure('rejects: { max: 100% }');
    expect(await world.run({ rejects: {} })).toMatchObject({ read: 0, inserted: 0 });
  });
});
