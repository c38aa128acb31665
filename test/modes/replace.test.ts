import { describe, expect, it } from 'vitest';
import { tried } from '../counts.ts';
import { databases, people, upTo, worldOf } from './world.ts';

const all = 'SELECT id, name FROM people ORDER BY id, name';

describe.each(tried(databases))('replace into %s', (kind) => {
  it('applies the difference at the end: views, indexes and grants survive', async () => {
    const world = await worldOf(kind, 'mode: replace');
    await world.answer(people(...upTo(12)));
    expect(await world.run()).toMatchObject({ status: 'succeeded', inserted: 12 });
    await world.edit('CREATE VIEW short AS SELECT id FROM people WHERE id < 4');
    await world.edit('CREATE UNIQUE INDEX owned ON people (name)');
    if (kind === 'postgres') await world.edit('GRANT SELECT ON people TO public');
    const answer = [
      { id: 2, name: 'new' },
      ...people(...upTo(11).slice(2)),
      { id: 30, name: 'name 1' },
      { id: 31 },
    ];
    await world.answer(answer);
    // Row 30 takes over a unique value of row 1, which goes.
    expect(await world.run()).toMatchObject({ inserted: 2, updated: 1, unchanged: 9, deleted: 2 });
    expect(await world.query('SELECT id FROM short ORDER BY id')).toEqual(['2', '3']);
    expect(await world.query('SELECT name FROM people WHERE id IN (2, 30, 31) ORDER BY id')).toEqual([
      'new',
      'name 1',
      'null',
    ]);
    const duplicate = world.edit("INSERT INTO people (id, name) VALUES (99, 'new')");
    await expect(duplicate).rejects.toThrow();
    if (kind === 'postgres')
      expect(await world.query("SELECT has_table_privilege('pg_monitor', 'people', 'select')")).toEqual([
        't',
      ]);
    await world.answer([{ id: 31 }, ...answer.slice(0, -1)]);
    expect(await world.run()).toMatchObject({ inserted: 0, updated: 0, unchanged: 12, deleted: 0 });
    expect(await world.query('SELECT count(*) FROM _syncline_staged')).toEqual(['0']);
  });

  it('folds records of one key over batches, and clears what the new row does not have', async () => {
    const world = await worldOf(kind, 'mode: replace');
    await world.answer([{ id: 1, name: 'a', age: 3 }, ...people(2), { id: 3, name: 'name 3', age: 5 }]);
    await world.run();
    await world.answer([{ id: 1, name: 'b' }, ...people(2, 3, 4), { id: 1, age: 4 }, { id: 2, name: null }]);
    const ended = await world.run();
    expect(ended.error).toBe(undefined);
    expect(ended).toMatchObject({ status: 'succeeded', inserted: 1, updated: 3, unchanged: 0 });
    const rows = await world.query('SELECT id, name, age FROM people ORDER BY id');
    expect(rows).toEqual(['1 b 4', '2 null null', '3 name 3 null', '4 name 4 null']);
  });

  it('without a key puts all rows in the place of all, equal ones too', async () => {
    const world = await worldOf(kind, 'mode: replace', 'path: rows');
    await world.answer(people(1, 1, 2, 3, 4, 5, 6, 7));
    expect(await world.run()).toMatchObject({ inserted: 8, deleted: 0 });
    await world.answer(people(1, 1, 1, 9, 8, 7, 6));
    expect(await world.run()).toMatchObject({ status: 'succeeded', inserted: 7, deleted: 8 });
    expect(await world.query(all)).toEqual(
      ['1', '1', '1', '6', '7', '8', '9'].map((id) => `${id} name ${id}`),
    );
  });

  it.each(
    tried([
      ['by key', 'path: rows, primary_key: id'],
      ['without a key', 'path: rows'],
    ]),
  )(
    '%s leaves all as it is when the source has nothing, too little, or fails on its last page',
    async (_, stream) => {
      const world = await worldOf(kind, 'mode: replace', stream);
      await world.answer(people(...upTo(20)));
      await world.run();
      const before = await world.query(all);
      await world.answer([]);
      const empty = await world.cli();
      expect({ code: empty.code, told: /guard\/empty|--allow-empty/.test(empty.stderr) }).toEqual({
        code: 1,
        told: true,
      });
      await world.answer(people(...upTo(8)));
      const less = await world.cli();
      expect(less.code).toBe(1);
      expect(less.stderr).toContain('12 of 20 rows in db.people would be deleted');
      await world.answer(people(...upTo(20)), 20);
      const failed = await world.cli();
      expect(failed.code).toBe(1);
      expect(failed.stderr).toContain('the last page answered 500');
      expect(await world.query(all)).toEqual(before);
      await world.answer(people(...upTo(8)));
      expect((await world.cli('--allow-delete', '12')).code).toBe(0);
      expect(await world.query(all)).toEqual(before.filter((row) => Number(row.split(' ')[0]) <= 8).sort());
      await world.answer([]);
      expect((await world.cli('--allow-empty')).code).toBe(0);
      expect(await world.query(all)).toEqual([]);
    },
  );

  it('reads all from the beginning after an interruption, and keeps nothing of it', async () => {
    const world = await worldOf(kind, 'mode: replace\nbatch_size: 500');
    await world.answer(people(...upTo(1700)), 1500);
    expect(await world.run()).toMatchObject({ status: 'failed', inserted: 0 });
    await world.answer(people(...upTo(1700).slice(10)));
    expect(await world.run()).toMatchObject({ status: 'succeeded', read: 1690, inserted: 1690 });
    expect(await world.query('SELECT min(id), count(*) FROM people')).toEqual(['11 1690']);
  });

  it('takes all partitions for one whole', async () => {
    const stream = 'path: "{team}", partitions: { team: [red, blue] }';
    const world = await worldOf(
      kind,
      'mode: replace\nmap: { team: $partition.team, id: id }\nprimary_key: [team, id]',
      stream,
    );
    await world.answer(people(...upTo(5)), undefined, 'red');
    await world.answer(people(...upTo(5)), undefined, 'blue');
    expect(await world.run()).toMatchObject({ status: 'succeeded', inserted: 10 });
    await world.answer(people(...upTo(3)), undefined, 'blue');
    expect(await world.run()).toMatchObject({ status: 'succeeded', deleted: 2, unchanged: 8 });
  });
});

describe.each(tried(databases))('snapshot into %s', (kind) => {
  it('adds one row per key and period, and leaves those that are there', async () => {
    const world = await worldOf(kind, 'mode: snapshot\nsnapshot: { every: day, timezone: Europe/Berlin }');
    await world.answer(people(...upTo(5)));
    expect(await world.run()).toMatchObject({ status: 'succeeded', inserted: 5 });
    await world.edit("UPDATE people SET snapshot_period = '2020-01-01'");
    await world.answer([{ id: 1, name: 'other' }, ...people(2, 2, 6)]);
    expect(await world.run()).toMatchObject({ inserted: 3, unchanged: 0 });
    await world.answer([
      { id: 1, name: 'late' },
      { id: 7, name: 'new' },
    ]);
    expect(await world.run()).toMatchObject({ inserted: 1, unchanged: 1, updated: 0 });
    expect(await world.query('SELECT name FROM people WHERE id = 1 ORDER BY snapshot_period')).toEqual([
      'name 1',
      'other',
    ]);
    const [day] = await world.query('SELECT max(snapshot_period) FROM people');
    expect(day).toMatch(/^20[0-9]{2}-[0-9]{2}-[0-9]{2}$/);
  });
});
