import { parseJson, printJson } from 'syncline';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CursorRange } from '../../src/model/checkpoint.ts';
import type { Batch } from '../../src/plugin/contract.ts';
import { Postgres } from '../../src/sql/postgres.ts';
import { readPostgresRecords } from '../../src/sql/postgres-records.ts';
import { folderWith, syncline } from '../e2e/cli.ts';
import { freshDatabase, query } from '../kit/postgres.ts';

const size = { rows: 1000, bytes: 4 * 1024 * 1024 };

async function read(
  url: string,
  from: { table: string } | { query: string },
  cursor?: Partial<CursorRange>,
  batch = size,
) {
  const database = new Postgres({ url, directory: '/' });
  onTestFinished(() => database.close());
  const range = cursor && { field: 'at', order: 'ascending' as const, key: [], ...cursor };
  const batches: Batch[] = [];
  for await (const each of readPostgresRecords(database, from, { batch, cursor: range })) batches.push(each);
  return batches;
}

const records = (batches: readonly Batch[]) => batches.flatMap((batch) => batch.records);

describe('values', () => {
  test('arrive with every digit, and as what they are', async () => {
    const url = await freshDatabase();
    const query = `SELECT 9223372036854775807::bigint AS big, 1.10::numeric AS price, 123456789012345678901234567890.123456789 AS long,
      'NaN'::numeric AS nan, 0.1::real AS r, 1e-300::float8 AS tiny, 'Infinity'::float8 AS endless, true AS yes, NULL::int AS nothing,
      '2026-01-02 03:04:05.123456+02'::timestamptz AS at, '2026-01-02 03:04:05'::timestamp AS local, '0044-03-15 BC'::date AS ides,
      '{"n": 12345678901234567890.5}'::json AS j, '{"b":1,"a":[1.50]}'::jsonb AS jb, '\\xdead'::bytea AS bytes, '{1,2}'::int[] AS list,
      1 AS "__proto__"`;
    const [record] = records(await read(url, { query }));
    expect(printJson({ ...record, nan: String(record?.nan), endless: String(record?.endless) })).toBe(
      '{"big":9223372036854775807,"price":1.1,"long":123456789012345678901234567890.123456789,"nan":"NaN","r":0.1,"tiny":1e-300,' +
        '"endless":"Infinity","yes":true,"nothing":null,"at":"2026-01-02T01:04:05.123456Z","local":"2026-01-02T03:04:05",' +
        '"ides":"0044-03-15 BC","j":{"n":12345678901234567890.5},"jb":{"a":[1.5],"b":1},"bytes":"\\\\xdead","list":"{1,2}","__proto__":1}',
    );
  });

  test('of one row each come in batches no larger than asked for, and long rows one by one', async () => {
    const url = await freshDatabase();
    const query = `SELECT n, repeat('x', CASE WHEN n % 10 = 0 THEN 20000 ELSE 1 END) AS text FROM generate_series(1, 500) AS n`;
    const batches = await read(url, { query }, undefined, { rows: 7, bytes: 10_000 });
    expect(records(batches).map(({ n }) => n)).toEqual(Array.from({ length: 500 }, (_, n) => n + 1));
    for (const { records, bytes } of batches) {
      expect(records.length).toBeLessThanOrEqual(7);
      expect(bytes <= 10_000 || records.length === 1).toBe(true);
    }
  });

  test('that are not there leave the columns', async () => {
    const url = await freshDatabase();
    expect(await read(url, { query: 'SELECT 1 AS a, 2 AS b WHERE false' })).toEqual([
      { records: [], bytes: 0, header: ['a', 'b'], position: undefined },
    ]);
  });
});

describe('a range', () => {
  const columns: readonly [
    type: string,
    values: readonly string[],
    kind: CursorRange['kind'],
    from: string,
    before: string,
  ][] = [
    [
      'bigint',
      ['1', '2', '9007199254740993', '9007199254740994'],
      'number',
      '9007199254740993',
      '9007199254740994',
    ],
    ['numeric', ['0.1', '0.10000000000000000001', '2'], 'number', '0.10000000000000000001', '1'],
    ['double precision', ['0.1', '0.3', '2'], 'number', '0.3', '1'],
    [
      'timestamptz',
      ['2026-01-01 00:00:00Z', '2026-01-02 00:00:00Z', '2026-01-03 00:00:00Z'],
      'timestamp',
      '2026-01-02T00:00:00Z',
      '2026-01-02T12:00:00Z',
    ],
    [
      'timestamp',
      ['2026-01-01 00:00:00', '2026-01-02 00:00:00', '2026-01-03 00:00:00'],
      'text',
      '2026-01-02T00:00:00',
      '2026-01-02T12:00:00',
    ],
    [
      'timestamp',
      ['2026-01-01 00:00:00', '2026-01-02 00:00:00', '2026-01-03 00:00:00'],
      'timestamp',
      '2026-01-02T00:00:00.000Z',
      '2026-01-02T12:00:00Z',
    ],
    ['date', ['2026-01-01', '2026-01-02', '2026-01-04'], 'text', '2026-01-02', '2026-01-03'],
    ['text', ['A', 'B', 'a', 'é'], 'text', 'a', 'b'],
  ];
  test.each(columns)(
    'of %s %s has what it asks for, in order, and no more than it must',
    async (type, values, kind, from, before) => {
      const url = await freshDatabase();
      await query(url, `CREATE TABLE rows (at ${type});`);
      for (const value of [...values].reverse()) await query(url, 'INSERT INTO rows VALUES ($1)', [value]);
      const all = records(await read(url, { table: 'rows' }, {})).map(({ at }) => String(at));
      expect(all).toHaveLength(values.length);
      const some = records(await read(url, { table: 'rows' }, { kind, from, before })).map(({ at }) =>
        String(at),
      );
      const wanted = all.slice(
        all.findIndex(
          (_, place) =>
            values[place] ===
            values.find((value) => value.replace(' ', 'T').startsWith(from.slice(0, 10)) || value === from),
        ),
      );
      expect(some[0]).toBe(wanted[0]);
      expect(all.join()).toContain(some.join());
      expect(some.length).toBeLessThan(all.length);
    },
  );

  test('takes rows without a cursor, and all of them where its bounds are of another kind', async () => {
    const url = await freshDatabase();
    await query(
      url,
      `CREATE TABLE rows (id int PRIMARY KEY, at text); INSERT INTO rows VALUES (1, NULL), (2, 'a'), (3, 'b');`,
    );
    const ids = async (cursor: Partial<CursorRange>) =>
      records(await read(url, { table: 'rows' }, cursor)).map(({ id }) => id);
    expect(await ids({ kind: 'text', from: 'b' })).toEqual([3, 1]);
    expect(await ids({ kind: 'number', from: '7' })).toEqual([2, 3, 1]);
    await expect(ids({ field: 'nowhere' })).rejects.toMatchObject({ code: 'source/cursor_column' });
  });
});

test('a position under another key is lost, and one under this key finds and counts exactly the rest', async () => {
  const url = await freshDatabase();
  await query(
    url,
    `CREATE TABLE rows (a text, b timestamptz, PRIMARY KEY (b, a));
    INSERT INTO rows SELECT 'x' || n, '2026-01-01'::timestamptz + n % 3 * interval '1 microsecond' FROM generate_series(1, 9) AS n;`,
  );
  const database = new Postgres({ url, directory: '/' });
  onTestFinished(() => database.close());
  const batch = { rows: 2, bytes: 1000 };
  const all: Batch[] = [];
  for await (const each of readPostgresRecords(database, { table: 'rows' }, { batch })) all.push(each);
  const position = parseJson(printJson(all[1]?.position ?? null));
  const rest: Batch[] = [];
  for await (const each of readPostgresRecords(database, { table: 'rows' }, { batch, position }))
    rest.push(each);
  expect(records(rest)).toEqual(records(all.slice(2)));
  expect(all.map(({ progress }) => progress).at(-1)).toEqual({ done: 9, total: 9 });
  expect([rest[0]?.detail, rest[0]?.progress]).toEqual(['rows', { done: 2, total: 5 }]);
  await query(url, 'ALTER TABLE rows DROP CONSTRAINT rows_pkey, ADD PRIMARY KEY (a, b);');
  const changed = readPostgresRecords(database, { table: 'rows' }, { batch, position });
  await expect(changed.next()).rejects.toMatchObject({ code: 'source/position_lost' });
});

test('an incremental pipeline takes what is new, and what changed at the boundary', async () => {
  const url = await freshDatabase();
  await query(
    url,
    `CREATE TABLE people (id int PRIMARY KEY, name text, at timestamptz);
    INSERT INTO people SELECT n, 'name ' || n, '2026-01-01Z'::timestamptz + n * interval '1 second' FROM generate_series(1, 3000) AS n;`,
  );
  const folder = await folderWith({
    'sync.config.yaml': `version: 1
sources: { pg: { type: postgres, url: "${url}", streams: { people: { table: people, primary_key: id, incremental: { cursor_field: at, lookback: 0s } } } } }
sinks: { db: { type: postgres, url: "${url}" } }
pipelines: { people: { from: pg.people, to: db.copies, map: { id: id, name: name, at: { from: at, type: timestamp } } } }
`,
  });
  const run = async () => JSON.parse((await syncline(folder, ['run', '--json'])).stdout).pipelines.people;
  expect(await run()).toMatchObject({ status: 'succeeded', read: 3000, inserted: 3000 });
  await query(
    url,
    `INSERT INTO people VALUES (4000, 'new', '2026-02-01Z'); UPDATE people SET name = 'late' WHERE id = 3000;`,
  );
  expect(await run()).toMatchObject({ status: 'succeeded', inserted: 1, updated: 1 });
  expect(await run()).toMatchObject({ status: 'succeeded', inserted: 0, updated: 0 });
  expect(
    await query(
      url,
      'SELECT count(*) FROM (SELECT id, name, at FROM people EXCEPT SELECT id, name, at FROM copies) AS d',
    ),
  ).toEqual([['0']]);
  expect(
    await query(
      url,
      `SELECT data_type FROM information_schema.columns WHERE table_name = 'copies' AND column_name = 'at'`,
    ),
  ).toEqual([['timestamp with time zone']]);
});
