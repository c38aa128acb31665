import { describe, expect, onTestFinished, test } from 'vitest';
import type { Cell } from '../../src/model/types.ts';
import type { OpenSink } from '../../src/plugin/contract.ts';
import { openPostgresTargets } from '../../src/sql/index.ts';
import { freshDatabase, query } from '../kit/postgres.ts';
import { commitRows, type TargetShape } from '../sql/support.ts';

const shape: TargetShape = {
  columns: [
    ['id', 'integer'],
    ['v', 'decimal'],
  ],
};

/** So many that they are written by COPY. */
function rowsFrom(first: number, v: Cell = '1.25'): Cell[][] {
  return Array.from({ length: 100 }, (_, place) => [first + place, v]);
}

async function opened(sql = ''): Promise<{ url: string; sink: OpenSink }> {
  const url = await freshDatabase();
  if (sql !== '') await query(url, `${sql};`);
  const sink = await openPostgresTargets({ url, directory: '/' });
  onTestFinished(() => sink.close());
  return { url, sink };
}

const table = 'CREATE TABLE rows (id bigint PRIMARY KEY, v numeric)';

describe('many rows at once', () => {
  test.each([
    ['a trigger that changes rows', 'UPDATE rows SET v = 7 WHERE id = NEW.id; RETURN NULL', 'AFTER'],
    ['a trigger that goes before', 'NEW.v = 7; RETURN NEW', 'BEFORE'],
  ])('meet %s', async (_what, body, when) => {
    const { url, sink } = await opened(
      `${table}; CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body}; END $$;
       CREATE TRIGGER change ${when} INSERT ON rows FOR EACH ROW EXECUTE FUNCTION change()`,
    );
    expect(await commitRows(sink, shape, rowsFrom(0))).toMatchObject({ inserted: 100 });
    expect(await query(url, 'SELECT v, count(*) FROM rows GROUP BY v')).toEqual([['7', '100']]);
  });

  test('meet the rules of a table', async () => {
    const { url, sink } = await opened(
      `${table}; CREATE TABLE seen (id bigint);
       CREATE RULE also AS ON INSERT TO rows DO ALSO INSERT INTO seen VALUES (NEW.id)`,
    );
    expect(await commitRows(sink, shape, rowsFrom(0))).toMatchObject({ inserted: 100 });
    expect(await query(url, 'SELECT count(*) FROM seen')).toEqual([['100']]);
  });

  test('meet the policies of a table, for those whom they bind', async () => {
    const { url } = await opened(
      `${table}; ALTER TABLE rows ENABLE ROW LEVEL SECURITY;
       CREATE ROLE bound_writer LOGIN PASSWORD 'secret'; GRANT ALL ON SCHEMA public TO bound_writer;
       GRANT ALL ON rows TO bound_writer; CREATE POLICY small ON rows USING (true) WITH CHECK (id < 150)`,
    );
    onTestFinished(async () => {
      await query(url, 'DROP OWNED BY bound_writer; DROP ROLE bound_writer;');
    });
    const bound = new URL(url);
    bound.username = 'bound_writer';
    bound.password = 'secret';
    const sink = await openPostgresTargets({ url: bound.href, directory: '/' });
    onTestFinished(() => sink.close());
    expect(await commitRows(sink, shape, rowsFrom(0))).toMatchObject({ inserted: 100 });
    const beyond = commitRows(sink, shape, rowsFrom(100), { number: 2 });
    await expect(beyond).rejects.toMatchObject({ code: 'sql/denied' });
    expect(await query(url, 'SELECT count(*) FROM rows')).toEqual([['100']]);
  });

  test('are refused where one does not fit, and nothing is written', async () => {
    const { url, sink } = await opened('CREATE TABLE rows (id bigint PRIMARY KEY, v varchar(5))');
    const texts: TargetShape = { columns: [shape.columns[0] ?? ['id', 'integer'], ['v', 'string']] };
    for (const text of ['abcde ', 'a\0', '\ud800']) {
      const commit = commitRows(sink, texts, [...rowsFrom(0, 'abcde'), [100, text]]);
      await expect(commit).rejects.toMatchObject({ code: 'sql/constraint', rows: [{ row: 100 }] });
    }
    expect(await query(url, 'SELECT * FROM rows')).toEqual([]);
  });

  test('are told apart where a constraint refuses some, also when all before them were new', async () => {
    const { url, sink } = await opened(
      'CREATE TABLE rows (id bigint PRIMARY KEY, v numeric CHECK (v < 5) UNIQUE)',
    );
    const unique = (first: number) => rowsFrom(first, null);
    for (const number of [1, 2])
      expect(await commitRows(sink, shape, unique(number * 100), { number })).toMatchObject({
        inserted: 100,
      });
    const rows = [...unique(300), [400, '4'], [401, '6'], [402, '4']];
    const refused = commitRows(sink, shape, rows, { number: 3 });
    await expect(refused).rejects.toMatchObject({
      code: 'sql/constraint',
      rows: [{ row: 101 }, { row: 102, field: 'v' }],
    });
    expect(await query(url, 'SELECT count(*) FROM rows')).toEqual([['200']]);
  });
});

const ledger = ['ledger', 'checkpoints', 'columns', 'written', 'journal', 'staged']
  .map((name) => `_syncline_${name}`)
  .join(', ');

describe('after batches whose rows were all new', () => {
  async function loaded(sql = ''): Promise<{ url: string; sink: OpenSink }> {
    const { url, sink } = await opened(sql);
    for (const number of [1, 2])
      expect(await commitRows(sink, shape, rowsFrom(number * 100), { number })).toMatchObject({
        inserted: 100,
      });
    return { url, sink };
  }

  test('a row that is there all the same is merged into, and counted', async () => {
    const { url, sink } = await loaded();
    await query(url, 'INSERT INTO rows VALUES (350, 1.25), (351, 9);');
    expect(await commitRows(sink, shape, rowsFrom(300), { number: 3 })).toMatchObject({
      inserted: 98,
      updated: 1,
      unchanged: 1,
    });
    expect(await commitRows(sink, shape, rowsFrom(300), { number: 4 })).toMatchObject({ unchanged: 100 });
    expect(await query(url, 'SELECT count(*), max(v) FROM rows')).toEqual([['300', '1.25']]);
  });

  test('no row is doubled in a table that would take it twice', async () => {
    const { url, sink } = await loaded('CREATE TABLE rows (id bigint, v numeric)');
    expect(await commitRows(sink, shape, rowsFrom(250), { number: 3 })).toMatchObject({
      inserted: 50,
      unchanged: 50,
    });
    expect(await query(url, 'SELECT count(*), count(DISTINCT id) FROM rows')).toEqual([['250', '250']]);
  });

  test('a trigger that is switched on meanwhile is known of: what it stores is not taken for an edit', async () => {
    const { url, sink } = await opened(
      `${table}; CREATE FUNCTION seven() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.v = 7; RETURN NEW; END $$;
       CREATE TRIGGER seven BEFORE INSERT ON rows FOR EACH ROW EXECUTE FUNCTION seven();
       ALTER TABLE rows DISABLE TRIGGER seven`,
    );
    const kept: TargetShape = {
      columns: [
        ['id', 'integer'],
        ['v', 'decimal', 'keep_edits'],
      ],
    };
    for (const number of [1, 2]) await commitRows(sink, kept, rowsFrom(number * 100), { number });
    await query(url, 'ALTER TABLE rows ENABLE TRIGGER seven;');
    await commitRows(sink, kept, rowsFrom(300), { number: 3 });
    expect(await commitRows(sink, kept, rowsFrom(300), { number: 4 })).toMatchObject({
      kept: 0,
      updated: 100,
    });
  });

  test('the rows of a parent that are no longer in it are removed', async () => {
    const { url, sink } = await opened();
    const parts: TargetShape = {
      ...shape,
      columns: [['parent', 'integer'], ...shape.columns],
      key: [0, 1],
      within: [0],
    };
    const of = (parent: number, first: number) => rowsFrom(first).map((row) => [parent, ...row]);
    for (const number of [1, 2]) await commitRows(sink, parts, of(1, number * 100), { number });
    const scopes = [{ from: 0, to: 100, parent: [1], seen: [] }];
    const { inserted, deleted } = await commitRows(sink, parts, of(1, 300), { number: 3, scopes });
    expect({ inserted, deleted }).toEqual({ inserted: 100, deleted: 200 });
    expect(await query(url, 'SELECT count(*) FROM rows')).toEqual([['100']]);
  });

  test.each([
    ['a narrower column', 'ALTER TABLE rows ALTER v TYPE numeric(9,1)', 'sql/constraint'],
    ['a column of another type', 'ALTER TABLE rows ALTER v TYPE inet USING NULL', 'schema/type'],
    ['a trigger that leaves rows out', 'ALTER TABLE rows ENABLE TRIGGER skip', 'sql/failed'],
    ['a view in its place', 'DROP TABLE rows; CREATE VIEW rows AS SELECT 1 AS id', 'schema/target'],
    ['a newer ledger', 'UPDATE _syncline_ledger SET version = 99', 'ledger/newer'],
  ])('%s is met by the next', async (_what, sql, code) => {
    const { url, sink } = await loaded(
      `${table}; CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
       CREATE TRIGGER skip BEFORE INSERT ON rows FOR EACH ROW EXECUTE FUNCTION skip();
       ALTER TABLE rows DISABLE TRIGGER skip`,
    );
    await query(url, `${sql};`);
    const next = commitRows(sink, shape, rowsFrom(300), { number: 3 });
    await expect(next).rejects.toMatchObject({ code });
  });

  test.each([
    ['a key that is no longer unique', 'ALTER TABLE rows DROP CONSTRAINT rows_pkey', 250],
    ['a column that is gone', 'ALTER TABLE rows DROP v', 250],
    ['a table that is gone', 'DROP TABLE rows', 100],
    ['a ledger that is gone', `DROP TABLE ${ledger}`, 250],
  ])('%s is met by the next, and mended', async (_what, sql, left) => {
    const { url, sink } = await loaded();
    await query(url, `${sql};`);
    const { inserted } = await commitRows(sink, shape, rowsFrom(250), { number: 3 });
    expect(inserted).toBe(left === 250 ? 50 : 100);
    expect(await query(url, 'SELECT count(*), count(v) > 0 FROM rows')).toEqual([[String(left), 't']]);
    expect(await commitRows(sink, shape, rowsFrom(250), { number: 4 })).toMatchObject({ unchanged: 100 });
  });
});
