import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tried } from '../counts.ts';
import { syncline } from '../e2e/cli.ts';
import { databases, people, upTo, worldOf } from './world.ts';

const living = 'SELECT id FROM people WHERE _deleted_at IS NULL ORDER BY id';
const ids = (...numbers: readonly number[]) => numbers.map(String);

describe.each(tried(databases))('mirror into %s', (kind) => {
  it('marks what a complete read did not contain, and clears the mark when it comes back', async () => {
    const world = await worldOf(kind, 'mode: mirror');
    await world.answer(people(...upTo(10)));
    expect(await world.run()).toMatchObject({ status: 'succeeded', inserted: 10, deleted: 0 });
    await world.answer(people(...upTo(8)));
    expect(await world.run()).toMatchObject({ unchanged: 8, deleted: 2, updated: 0 });
    expect(await world.query(living)).toEqual(ids(...upTo(8)));
    // What is marked already is not counted, by the guard neither.
    expect(await world.run()).toMatchObject({ unchanged: 8, deleted: 0 });
    await world.answer(people(...upTo(9)));
    expect(await world.run()).toMatchObject({ unchanged: 8, updated: 1, deleted: 0 });
    expect(await world.query(living)).toEqual(ids(...upTo(9)));
    expect(await world.query('SELECT count(*) FROM people')).toEqual(['10']);
  });

  it('removes rows under hard, by a key of several columns, and leaves those of others alone', async () => {
    const world = await worldOf(
      kind,
      'mode: mirror\nprimary_key: [name, id]\ndeletes: { mode: hard, max: 100% }',
    );
    await world.answer(people(...upTo(2500)));
    await world.configure(
      'mode: mirror\nprimary_key: [name, id]\nbatch_size: 1000\ndeletes: { mode: hard, max: 100% }',
    );
    await world.run();
    if (kind === 'libsql') await world.edit('INSERT INTO people VALUES (9999, NULL)');
    await world.answer(people(...upTo(2500).filter((id) => id % 3 !== 0)));
    expect(await world.run()).toMatchObject({ status: 'succeeded', unchanged: 1667, deleted: 833 });
    expect(await world.query('SELECT count(*), min(id % 3) FROM people WHERE id <= 2500')).toEqual([
      '1667 1',
    ]);
    expect(await world.query('SELECT count(*) FROM _syncline_staged')).toEqual(['0']);
    if (kind === 'libsql')
      expect(await world.query('SELECT id FROM people WHERE id > 2500')).toEqual(['9999']);
  });

  it('leaves everything where deletes are ignored', async () => {
    const world = await worldOf(kind, 'mode: mirror\ndeletes: { mode: ignore }');
    await world.answer(people(...upTo(10)));
    await world.run();
    await world.answer(people(1));
    expect(await world.run()).toMatchObject({ status: 'succeeded', unchanged: 1, deleted: 0 });
    expect(await world.query('SELECT count(*) FROM people')).toEqual(['10']);
  });

  it('is stopped by the guard before the first row, which names the counts and how to go on', async () => {
    const world = await worldOf(kind, 'mode: mirror\ndeletes: { mode: hard }');
    await world.answer(people(...upTo(20)));
    await world.run();
    await world.answer(people(...upTo(8)));
    const refused = await world.cli();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('12 of 20 rows in db.people would be deleted');
    expect(refused.stderr).toContain('syncline run people --allow-delete 12');
    expect((await world.cli('--allow-delete', '11')).code).toBe(1);
    expect((await world.cli('--allow-delete', '59%')).code).toBe(1);
    expect(await world.query('SELECT count(*) FROM people')).toEqual(['20']);
    expect((await world.cli('--allow-delete', '60%')).code).toBe(0);
    expect(await world.query('SELECT id FROM people ORDER BY id')).toEqual(ids(...upTo(8)));
    // Five may always go.
    await world.answer(people(1, 2, 3));
    expect(await world.run()).toMatchObject({ status: 'succeeded', deleted: 5 });
    await world.answer([]);
    const empty = await world.cli();
    expect(empty.code).toBe(1);
    expect(empty.stderr).toContain('guard/empty');
    expect(await world.query('SELECT count(*) FROM people')).toEqual(['3']);
    expect((await world.cli('--allow-empty')).code).toBe(0);
    expect(await world.query('SELECT count(*) FROM people')).toEqual(['0']);
    expect((await world.run()).status).toBe('succeeded');
  });

  it('goes by a share of what was there before, or by a number', async () => {
    const world = await worldOf(kind, 'mode: mirror\ndeletes: { mode: hard }');
    await world.answer(people(...upTo(10)));
    await world.run();
    // 100 new rows do not make 7 of 10 a small share.
    await world.answer(people(...upTo(110).slice(7)));
    const { status, error } = await world.run();
    expect({ status, code: error?.code }).toEqual({ status: 'failed', code: 'guard/deletes' });
    expect(error?.message).toContain('7 of 10 rows');
    await world.configure('mode: mirror\ndeletes: { mode: hard, max: 6 }');
    expect(await world.run()).toMatchObject({ status: 'failed', error: { code: 'guard/deletes' } });
    await world.answer(people(...upTo(110).slice(6)));
    expect(await world.run()).toMatchObject({ status: 'succeeded', deleted: 6 });
  });

  it('deletes nothing after a failed page, and goes on where it was with all it has seen', async () => {
    const world = await worldOf(kind, 'mode: mirror\nbatch_size: 500\ndeletes: { mode: hard }');
    await world.answer(people(...upTo(1700)));
    await world.run();
    await world.answer(people(...upTo(1600)), 1600);
    const failed = await world.cli();
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('the last page answered 500');
    expect(await world.query('SELECT count(*) FROM people')).toEqual(['1700']);
    await world.answer(people(...upTo(1600)));
    expect(await world.run()).toMatchObject({ status: 'succeeded', read: 0, deleted: 100 });
    expect(await world.query('SELECT count(*), max(id) FROM people')).toEqual(['1600 1600']);
  });

  it('forgets what an interrupted read had seen when it begins anew', async () => {
    const world = await worldOf(kind, 'mode: mirror\nbatch_size: 500\ndeletes: { mode: hard }');
    await world.answer(people(...upTo(1700)));
    await world.run();
    await world.answer(people(...upTo(1700)), 1500);
    expect(await world.run()).toMatchObject({ status: 'failed', unchanged: 1500 });
    await world.answer(people(...upTo(1700).slice(2)));
    expect(await world.run({ full: true })).toMatchObject({ status: 'succeeded', read: 1698, deleted: 2 });
  });

  it('begins anew when its checkpoint was moved, as what it has seen was not', async () => {
    const world = await worldOf(kind, 'mode: mirror\nbatch_size: 500\ndeletes: { mode: hard }');
    await world.answer(people(...upTo(1700)), 1500);
    expect(await world.run()).toMatchObject({ status: 'failed', inserted: 1500 });
    const moved = await syncline(world.folder, ['state', 'export'], world.environment);
    await writeFile(join(world.folder, 'checkpoints.json'), moved.stdout);
    await syncline(world.folder, ['state', 'import', 'checkpoints.json'], world.environment);
    await world.answer(people(...upTo(1700)));
    expect(await world.run()).toMatchObject({ status: 'succeeded', read: 1700, deleted: 0 });
  });

  it('does not take a part of the stream for the whole', async () => {
    const world = await worldOf(kind, 'mode: mirror\ndeletes: { mode: hard }');
    await world.answer(people(...upTo(12)));
    await world.run();
    await world.answer(people(...upTo(10)));
    for (const max_records of [100, 6])
      expect(await world.run({ max_records })).toMatchObject({ status: 'succeeded', deleted: 0 });
    // It goes on after the six, which it has seen.
    expect(await world.run()).toMatchObject({ read: 4, deleted: 2 });
  });

  it('takes rejected rows for seen, and rows that where leaves out for gone', async () => {
    const world = await worldOf(
      kind,
      `mode: mirror
rejects: { max: 100% }
where: { expr: "record.name != 'old'" }
checks: { name: { minLength: 2 } }
deletes: { mode: hard }`,
    );
    await world.answer(people(...upTo(10)));
    await world.run();
    await world.answer([...people(...upTo(8)), { id: 9, name: 'x' }, { id: 10, name: 'old' }]);
    expect(await world.run()).toMatchObject({ status: 'partial', rejected: 1, skipped: 1, deleted: 1 });
    expect(await world.query('SELECT id FROM people ORDER BY id')).toEqual(ids(...upTo(9)));
  });

  it('deletes nothing when a row was rejected whose key is not known, also before an interruption', async () => {
    const world = await worldOf(kind, 'mode: mirror\nbatch_size: 500\ndeletes: { mode: hard }');
    await world.answer(people(...upTo(1700)));
    await world.run();
    const answer = [{ name: 'nobody' }, ...people(...upTo(1690))];
    await world.answer(answer, 1500);
    expect(await world.run()).toMatchObject({ status: 'failed' });
    await world.answer(answer);
    const withheld = await world.run();
    expect(withheld).toMatchObject({ status: 'succeeded', read: 191, deleted: 0 });
    expect(withheld.notices.join()).toContain('nothing was deleted: a row was rejected');
    await world.answer(people(...upTo(1690)));
    expect(await world.run()).toMatchObject({ deleted: 10 });
  });

  it('takes rows that the table refuses for seen', async () => {
    const world = await worldOf(kind, 'mode: mirror\nrejects: { max: 100% }\ndeletes: { mode: hard }');
    await world.answer(people(...upTo(6)));
    await world.run();
    await world.edit('CREATE UNIQUE INDEX owned ON people (name)');
    await world.answer([...people(...upTo(4)), { id: 5, name: 'name 1' }]);
    const ended = await world.run();
    expect(ended.error).toBe(undefined);
    expect(ended).toMatchObject({ status: 'partial', rejected: 1, deleted: 1 });
    expect(await world.query('SELECT name FROM people ORDER BY id')).toEqual(
      upTo(5).map((id) => `name ${id}`),
    );
  });

  it('judges all partitions together, once each was read', async () => {
    const world = await worldOf(
      kind,
      'mode: mirror\nprimary_key: [team, id]\nmap: { team: $partition.team, id: id, name: name }\ndeletes: { mode: hard, max: 30% }',
      'path: "{team}", partitions: { team: [red, blue] }',
    );
    await world.answer(people(...upTo(10)), undefined, 'red');
    await world.answer(people(...upTo(10)), undefined, 'blue');
    expect(await world.run()).toMatchObject({ status: 'succeeded', inserted: 20 });
    await world.answer(people(...upTo(4)), undefined, 'red');
    await world.answer(people(...upTo(10)), 6, 'blue');
    expect(await world.run()).toMatchObject({ status: 'failed', deleted: 0 });
    expect(await world.run({ partition: { team: 'red' } })).toMatchObject({
      status: 'succeeded',
      deleted: 0,
    });
    await world.answer(people(...upTo(10)), undefined, 'blue');
    expect(await world.run()).toMatchObject({ status: 'succeeded', deleted: 6 });
    expect(await world.query('SELECT team, count(*) FROM people GROUP BY team ORDER BY team')).toEqual([
      'blue 10',
      'red 4',
    ]);
  });

  it('judges each target for itself', async () => {
    const world = await worldOf(
      kind,
      'to: [{ target: db.people, deletes: { mode: hard, max: 50% } }, db.strict, { target: db.all, mode: upsert }]\nmode: mirror',
    );
    await world.answer(people(...upTo(20)));
    await world.run();
    await world.answer(people(...upTo(11)));
    const { status, targets } = await world.run();
    expect(status).toBe('failed');
    expect(targets).toMatchObject({
      'db.people': { status: 'succeeded', deleted: 9 },
      'db.strict': { status: 'failed', error: { code: 'guard/deletes' } },
      'db.all': { status: 'succeeded', deleted: 0 },
    });
    expect(await world.query('SELECT count(*) FROM people')).toEqual(['11']);
    expect(await world.query('SELECT count(*) FROM strict WHERE _deleted_at IS NULL')).toEqual(['20']);
  });

  it('deletes in full passes only where the stream is incremental', async () => {
    const world = await worldOf(
      kind,
      'mode: mirror\nfull_every: 1d\ndeletes: { mode: hard }',
      'path: rows, primary_key: id, incremental: { cursor_field: id, order: ascending }',
    );
    await world.answer(people(...upTo(10)));
    expect(await world.run()).toMatchObject({ inserted: 10 });
    await world.answer(people(...upTo(11).slice(2)));
    expect(await world.run()).toMatchObject({ inserted: 1, deleted: 0 });
    expect(await world.run({ full: true })).toMatchObject({ status: 'succeeded', deleted: 2, unchanged: 9 });
  });

  it('merges by strategy, and keeps edits', async () => {
    const world = await worldOf(kind, 'mode: mirror\nmerge: { name: keep_edits }\ndeletes: { mode: hard }');
    await world.answer(people(1, 2, 3));
    await world.run();
    await world.edit("UPDATE people SET name = 'mine' WHERE id = 1");
    await world.answer([
      { id: 1, name: 'new' },
      { id: 2, name: 'new' },
    ]);
    expect(await world.run()).toMatchObject({ kept: 1, updated: 1, deleted: 1 });
    expect(await world.query('SELECT id, name FROM people ORDER BY id')).toEqual(['1 mine', '2 new']);
    expect(await world.query('SELECT count(*) FROM _syncline_written')).toEqual(['2']);
  });
});
