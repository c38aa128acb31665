import { describe, expect, onTestFinished, test } from 'vitest';
import type { Cell, ColumnType } from '../../src/model/types.ts';
import type { OpenSink } from '../../src/plugin/contract.ts';
import { openPostgresTargets } from '../../src/sql/index.ts';
import { freshDatabase, otherSession, query, waiting } from '../kit/postgres.ts';
import { commitRows, type TargetShape } from '../sql/support.ts';

async function opened(sql = '', ledgerSchema?: string): Promise<{ url: string; sink: OpenSink }> {
  const url = await freshDatabase();
  if (sql !== '') await query(url, `${sql};`);
  const sink = await openPostgresTargets({ url, directory: '/', ledgerSchema });
  onTestFinished(() => sink.close());
  return { url, sink };
}

const id = ['id', 'integer'] as const;

describe('a table that others made', () => {
  const fitting: readonly [declared: string, type: ColumnType, cells: readonly Cell[]][] = [
    ['smallint', 'integer', [1, -32768]],
    ['integer', 'integer', [2 ** 31 - 1]],
    ['numeric', 'integer', [2n ** 63n - 1n]],
    ['numeric(10,2)', 'decimal', ['12.5', '-0.25', '99999999.99']],
    ['real', 'number', [0.5, -3]],
    ['varchar(5)', 'string', ['abcde', '', '\u{1f44d}\u{1f44d}\u{1f44d}\u{1f44d}\u{1f44d}']],
    ['uuid', 'string', ['00000000-0000-4000-8000-0123456789ab']],
    ['"Mood"', 'string', ["it's", 'ok']],
    ['short', 'string', ['abc']],
    ['timestamp', 'timestamp', ['2026-01-02T03:04:05.123456Z']],
    ['timestamptz(3)', 'timestamp', ['2026-01-02T03:04:05.123000Z']],
    ['json', 'json', ['{"b": 1.0,  "a": [1e400]}']],
    ['text', 'decimal', ['12345678901234567890.5']],
  ];
  test.each(fitting)(
    'takes what fits into %s as %s, and changes nothing the second time',
    async (declared, type, cells) => {
      const { url, sink } = await opened(
        `CREATE TYPE "Mood" AS ENUM ('it''s', 'ok'); CREATE DOMAIN short AS varchar(3); CREATE TABLE rows (id integer PRIMARY KEY, v ${declared})`,
      );
      const shape: TargetShape = { columns: [id, ['v', type]] };
      const rows = cells.map((cell, place): Cell[] => [place, cell]);
      expect(await commitRows(sink, shape, rows)).toMatchObject({
        inserted: rows.length,
        schema_changes: [],
      });
      expect(await commitRows(sink, shape, rows, { number: 2 })).toMatchObject({ unchanged: rows.length });
      expect(await query(url, 'SELECT count(v) FROM rows')).toEqual([[String(rows.length)]]);
    },
  );

  const misfits: readonly [declared: string, type: ColumnType, cell: Cell][] = [
    ['smallint', 'integer', 40_000],
    ['numeric(10,2)', 'decimal', '1.234'],
    ['numeric(10,2)', 'decimal', '123456789.5'],
    ['numeric(3,2)', 'number', 1e-7],
    ['real', 'number', 0.1],
    ['real', 'number', Math.fround(0.1)],
    ['varchar(5)', 'string', 'abcde '],
    ['short', 'string', 'abc '],
    ['uuid', 'string', '00000000-0000-4000-8000-0123456789AB'],
    ['"Mood"', 'string', 'bad'],
    ['timestamptz(3)', 'timestamp', '2026-01-02T03:04:05.123456Z'],
    ['json', 'string', 'x'],
  ];
  test.each(misfits)('refuses what does not fit into %s as %s: %s', async (declared, type, cell) => {
    const { url, sink } = await opened(
      `CREATE TYPE "Mood" AS ENUM ('ok'); CREATE DOMAIN short AS varchar(3); CREATE TABLE rows (id integer PRIMARY KEY, v ${declared})`,
    );
    const shape: TargetShape = { columns: [id, ['v', type]] };
    const code = type === 'string' && declared === 'json' ? 'schema/type' : 'sql/constraint';
    await expect(
      commitRows(sink, shape, [
        [1, null],
        [2, cell],
      ]),
    ).rejects.toMatchObject({ code });
    expect(await query(url, 'SELECT * FROM rows')).toEqual([]);
  });

  test.each(['bytea', 'text[]', 'interval', 'inet', 'time', 'money', 'char(3)', 'bit(3)'])(
    'is refused where a column is %s, which would change text',
    async (declared) => {
      const { sink } = await opened(`CREATE TABLE rows (id integer PRIMARY KEY, v ${declared})`);
      const commit = commitRows(sink, { columns: [id, ['v', 'string']] }, [[1, 'x']]);
      await expect(commit).rejects.toMatchObject({ code: 'schema/type' });
    },
  );

  test('tells its types, those of the ledger first', async () => {
    const { sink } = await opened(
      'CREATE TABLE rows (id integer PRIMARY KEY, a numeric(10,2), b varchar(5), c timestamp, d json, e uuid, f real, g boolean, h date, i text[])',
    );
    expect((await sink.discover('rows'))?.map(({ type }) => type)).toEqual([
      'integer',
      'decimal',
      'string',
      'timestamp',
      'json',
      'string',
      'number',
      'boolean',
      'date',
      'string',
    ]);
    await commitRows(sink, { columns: [id, ['a', 'integer']] }, [[1, 5]]).catch(() => undefined);
    await commitRows(sink, { columns: [id, ['note', 'date']] }, [[1, '2026-01-01']]);
    expect((await sink.discover('public.rows'))?.at(-1)).toEqual({ name: 'note', type: 'date' });
  });

  test('keeps the columns and rows that are not ours, and gets what is missing', async () => {
    const { url, sink } = await opened(
      "CREATE TABLE rows (id bigint, mine text DEFAULT 'x'); INSERT INTO rows VALUES (1, 'y')",
    );
    const { schema_changes } = await commitRows(sink, { columns: [id, ['name', 'string']] }, [
      [1, 'a'],
      [2, 'b'],
    ]);
    expect(schema_changes).toEqual(['column "name" added (string)', 'index on "id" added']);
    expect(await query(url, 'SELECT * FROM rows ORDER BY id')).toEqual([
      ['1', 'y', 'a'],
      ['2', 'x', 'b'],
    ]);
  });

  test('with two rows of one key is refused', async () => {
    const { sink } = await opened('CREATE TABLE rows (id bigint); INSERT INTO rows VALUES (1), (1)');
    const commit = commitRows(sink, { columns: [id] }, [[1]]);
    await expect(commit).rejects.toMatchObject({ code: 'sink/duplicate_key' });
  });

  test.each([
    ['a view', 'CREATE VIEW rows AS SELECT 1 AS id', 'schema/target'],
    ['another case of its name', 'CREATE TABLE "Rows" (id bigint)', 'schema/case'],
    ['another case of a column', 'CREATE TABLE rows ("ID" bigint)', 'schema/case'],
    ['a generated column', 'CREATE TABLE rows (id bigint GENERATED ALWAYS AS IDENTITY)', 'schema/target'],
    [
      'a key that folds case',
      `CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE TABLE rows (id text COLLATE loose)`,
      'schema/collation',
    ],
  ])('is refused: %s', async (_what, sql, code) => {
    const { sink } = await opened(sql);
    const type = code === 'schema/collation' ? 'string' : 'integer';
    const commit = commitRows(sink, { columns: [['id', type]] }, [[type === 'string' ? 'a' : 1]]);
    await expect(commit).rejects.toMatchObject({ code });
  });

  test('that leaves rows out by a trigger is told of, and not written', async () => {
    const { url, sink } = await opened(
      `CREATE TABLE rows (id bigint PRIMARY KEY);
       CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW.id = 2 THEN NULL ELSE NEW END; END $$;
       CREATE TRIGGER skip BEFORE INSERT ON rows FOR EACH ROW EXECUTE FUNCTION skip()`,
    );
    await expect(commitRows(sink, { columns: [id] }, [[1], [2]])).rejects.toMatchObject({
      code: 'sql/failed',
    });
    expect(await query(url, 'SELECT * FROM rows')).toEqual([]);
  });
});

describe('names', () => {
  const strange = ['select', 'user', 'a "b" c', "it's", '$1', '?', 'ünï👍', 'a.b', ' ', 'column1'];

  test('of any kind are columns and tables', async () => {
    const { url, sink } = await opened();
    for (const name of strange) {
      const shape: TargetShape = {
        name: `public.${name}`,
        columns: [
          [name, 'integer', 'keep_edits'],
          ['v', 'string'],
        ],
        stamps: { run_id: '"run"' },
      };
      expect(await commitRows(sink, shape, [[1, 'a']])).toMatchObject({ inserted: 1 });
      expect(await commitRows(sink, shape, [[1, 'b']], { number: 2 })).toMatchObject({ updated: 1 });
    }
    const sql = `SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename = ANY($1)`;
    expect(await query(url, sql, [strange])).toEqual([[String(strange.length)]]);
  });

  const long = `${'é'.repeat(31)}xy`;

  test.each([
    ['a column of 64 bytes', { columns: [id, [long, 'string']] }],
    ['a table of 64 bytes', { name: long, columns: [id, ['v', 'string']] }],
    ['a schema of 64 bytes', { name: `${long}.t`, columns: [id, ['v', 'string']] }],
    ['a table of the ledger', { name: '_syncline_columns', columns: [id, ['v', 'string']] }],
    ['a table of the catalogue', { name: 'pg_catalog.pg_class', columns: [id, ['v', 'string']] }],
    ['a name with a NUL', { columns: [id, ['a\0', 'string']] }],
    ['an empty name', { columns: [id, ['', 'string']] }],
  ] as [string, TargetShape][])('are refused before anything is made: %s', async (_what, shape) => {
    const { url, sink } = await opened();
    await expect(commitRows(sink, shape, [[1, 'a']])).rejects.toMatchObject({ code: 'schema/name' });
    expect(await query(url, `SELECT 1 FROM pg_tables WHERE schemaname = 'public'`)).toEqual([]);
  });

  test('that differ in case only are refused before anything is made', async () => {
    const { url, sink } = await opened();
    const commit = commitRows(sink, { columns: [id, ['ID', 'string']] }, [[1, 'a']]);
    await expect(commit).rejects.toMatchObject({ code: 'schema/case' });
    expect(await query(url, `SELECT 1 FROM pg_tables WHERE schemaname = 'public'`)).toEqual([]);
  });

  test('of 1,600 columns are all written; one more is refused', async () => {
    const { url, sink } = await opened();
    const columns = Array.from({ length: 1600 }, (_, n) => [`c${n}`, 'boolean'] as const);
    const row = columns.map(() => true);
    const shape = { columns: [id, ...columns.slice(1)] };
    expect(await commitRows(sink, shape, [[1, ...row.slice(1)]])).toMatchObject({ inserted: 1 });
    const again = [1, ...row.slice(1).map(() => false)];
    expect(await commitRows(sink, shape, [again], { number: 2 })).toMatchObject({ updated: 1 });
    expect(await query(url, 'SELECT id, c1, c1599 FROM rows')).toEqual([['1', 'f', 'f']]);
    const wider = { name: 'wider', columns: [id, ...columns] };
    await expect(commitRows(sink, wider, [[1, ...row]])).rejects.toMatchObject({ code: 'schema/limit' });
  });
});

describe('the schema', () => {
  test('of a target is what stands before the first dot, and its ledger lies there', async () => {
    const { url, sink } = await opened('CREATE SCHEMA sales');
    await commitRows(sink, { name: 'sales.people', columns: [id] }, [[1]]);
    await commitRows(sink, { name: 'people', columns: [id] }, [[2]]);
    expect(await query(url, 'SELECT s.id, p.id FROM sales.people s, public.people p')).toEqual([['1', '2']]);
    const entries = await sink.ledger?.list();
    expect(entries?.map(({ target }) => target)).toEqual(['people', 'sales.people']);
    expect(await query(url, 'SELECT target FROM sales._syncline_checkpoints')).toEqual([['sales.people']]);
  });

  test('of the ledger may be another; one that is missing is told of', async () => {
    const { url, sink } = await opened('CREATE SCHEMA sync', 'sync');
    await commitRows(sink, { columns: [id] }, [[1]]);
    expect(await query(url, 'SELECT target FROM sync._syncline_checkpoints')).toEqual([['rows']]);
    expect(
      await query(
        url,
        `SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE '\\_syncline%'`,
      ),
    ).toEqual([]);
    const nowhere = commitRows(sink, { name: 'no.rows', columns: [id] }, [[1]]);
    await expect(nowhere).rejects.toMatchObject({
      code: 'schema/target',
      message: expect.stringContaining('"no"'),
    });
    const { sink: other } = await opened('', 'missing');
    await expect(commitRows(other, { columns: [id] }, [[1]])).rejects.toMatchObject({
      code: 'schema/target',
    });
  });

  test('of a newer ledger is refused', async () => {
    const { url, sink } = await opened();
    await commitRows(sink, { columns: [id] }, [[1]]);
    await query(url, 'UPDATE _syncline_ledger SET version = 99;');
    const key = { pipeline: 'tested', target: 'rows' };
    await expect(sink.ledger?.read(key)).rejects.toMatchObject({ code: 'ledger/newer' });
    await expect(commitRows(sink, { columns: [id] }, [[2]])).rejects.toMatchObject({ code: 'ledger/newer' });
  });
});

test('values are the same whatever the settings of the database', async () => {
  const settings = [
    "timezone = 'Asia/Tokyo'",
    "datestyle = 'SQL, DMY'",
    'extra_float_digits = -5',
    "search_path = 'mine, public'",
  ];
  const { url, sink } = await opened('CREATE SCHEMA mine');
  for (const setting of settings)
    await query(
      url,
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET ${setting.replaceAll("'", "''").replace("''mine, public''", 'mine, public')}', current_database()); END $$;`,
    );
  const shape: TargetShape = { columns: [id, ['at', 'timestamp'], ['day', 'date'], ['x', 'number']] };
  const row = [1, '2026-01-02T03:04:05.123456Z', '2026-02-03', 0.1 + 0.2];
  await commitRows(sink, shape, [row]);
  expect(await commitRows(sink, shape, [row], { number: 2 })).toMatchObject({ unchanged: 1 });
  expect(await query(url, 'SELECT at, day, x FROM mine.rows')).toEqual([
    ['2026-01-02 03:04:05.123456+00', '2026-02-03', '0.3'],
  ]);
  expect(await query(url, 'SELECT x = 0.1::float8 + 0.2::float8 FROM mine.rows')).toEqual([['t']]);
});

test('a count that is stopped does not go on in the server', async () => {
  const { url, sink } = await opened('CREATE TABLE rows (id integer); INSERT INTO rows VALUES (1), (2)');
  // What sessions do is seen anew in each transaction only.
  const [holder, watcher] = [await otherSession(url), await otherSession(url)];
  await holder.query('BEGIN; LOCK TABLE rows IN ACCESS EXCLUSIVE MODE');
  const stop = new AbortController();
  const counting = sink.count?.('rows', { signal: stop.signal });
  await waiting(watcher);
  stop.abort('enough');
  await expect(counting).rejects.toBe('enough');
  const busy = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
  while ((await watcher.query(busy)).rows.length > 0);
  await holder.query('COMMIT');
  expect(await sink.count?.('rows', { signal: new AbortController().signal })).toEqual({
    total: 2,
    deleted: 0,
  });
});
