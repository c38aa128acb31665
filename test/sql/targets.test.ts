import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Cell, ColumnType, Row } from '../../src/model/types.ts';
import {
  type ColumnShape,
  commitRows,
  databaseFile,
  otherClient,
  readBack,
  targetOf,
  targetsOf,
} from './support.ts';

const columns: ColumnShape[] = [
  ['id', 'integer'],
  ['name', 'string'],
];

test('opening and looking make no file; the first commit makes file and table', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  expect(await sink.discover('rows')).toBeUndefined();
  expect(existsSync(path)).toBe(false);
  const stamps = { run_id: '_run_id', synced_at: '_synced_at' };
  const committed = await commitRows(sink, { columns, stamps }, [[1, 'a']]);
  expect(committed).toEqual({
    schema_changes: ['table created'],
    inserted: 1,
    updated: 0,
    unchanged: 0,
    deleted: 0,
    kept: 0,
  });
  const [row] = readBack(path, 'SELECT * FROM rows');
  expect(row?.slice(0, 3)).toEqual([1n, 'a', '01RUN']);
  expect(row?.[3]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test('columns are discovered with the types they were given, without the stamps', async () => {
  const path = databaseFile();
  const types = ['string', 'integer', 'number', 'decimal', 'boolean', 'timestamp', 'date', 'json'] as const;
  const shape: ColumnShape[] = [['id', 'integer'], ...types.map((type): ColumnShape => [`a ${type}`, type])];
  const stamps = { run_id: '_run_id', synced_at: '_synced_at' };
  await commitRows(await targetsOf(path), { columns: shape, stamps }, [[1]]);
  const discovered = await (await targetsOf(path)).discover('rows');
  expect(discovered).toEqual(shape.map(([name, type]) => ({ name, type })));
  const declared = readBack(path, "SELECT type FROM pragma_table_info('rows')").flat();
  expect(declared).toEqual([
    'INTEGER',
    'TEXT',
    'INTEGER',
    'REAL',
    'TEXT',
    'INTEGER',
    'TEXT',
    'TEXT',
    'TEXT',
    'TEXT',
    'TEXT',
  ]);
});

test('columns of a table that others made are discovered by their declaration', async () => {
  const path = databaseFile();
  otherClient(path).exec(
    'CREATE TABLE rows (id INTEGER, a VARCHAR(9), b DOUBLE, c BOOLEAN, d, e AS (a) STORED)',
  );
  const discovered = await (await targetsOf(path)).discover('rows');
  expect(discovered?.map(({ type }) => type)).toEqual([
    'integer',
    'string',
    'number',
    'boolean',
    'string',
    'string',
  ]);
});

test('stamps change only when another field of the row changes', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  const stamps = { run_id: 'run', synced_at: undefined };
  const first = targetOf({ columns, stamps });
  await commitRows(sink, first, [
    [1, 'a'],
    [2, 'b'],
  ]);
  await commitRows(sink, { ...first, run: { ...first.run, id: '02RUN' } }, [
    [1, 'a'],
    [2, 'c'],
  ]);
  expect(readBack(path, 'SELECT id, run FROM rows ORDER BY id')).toEqual([
    [1n, '01RUN'],
    [2n, '02RUN'],
  ]);
});

test('a column that differs is written, a value a person put into another is not touched', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  const shape = { columns: [...columns, ['note', 'string', 'first_value'] as const] };
  await commitRows(sink, shape, [[1, 'a', 'n']]);
  otherClient(path).exec("UPDATE rows SET note = x'00ff'");
  const { updated } = await commitRows(sink, shape, [[1, 'b', 'n']]);
  expect(updated).toBe(1);
  expect(readBack(path, 'SELECT name, hex(note) FROM rows')).toEqual([['b', '00FF']]);
});

test('what does not fit its column, or is no text at all, differs and is overwritten', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  const shape = { columns: [...columns, ['n', 'integer'] as const, ['ok', 'boolean'] as const] };
  const rows: Row[] = [
    [1, 'a', 1, true],
    [2, 'b', 2, true],
    [3, 'é', 3, false],
    [4, 'd', 4, false],
  ];
  await commitRows(sink, shape, rows);
  otherClient(path).exec(`UPDATE rows SET n = 'twelve', ok = 'yes' WHERE id = 1;
    UPDATE rows SET name = CAST(x'ff41' AS TEXT) WHERE id = 2; UPDATE rows SET name = x'01' WHERE id = 3;
    UPDATE rows SET name = 'd' || char(0) || 'e' WHERE id = 4`);
  expect(await commitRows(sink, shape, rows)).toMatchObject({ updated: 4, unchanged: 0 });
  expect(await commitRows(sink, shape, rows)).toMatchObject({ updated: 0, unchanged: 4 });
});

test.each([
  'select',
  'a "quoted" name',
  "it's; DROP TABLE x; --",
  '"; DROP TABLE rows; --',
  ' spaces ',
  '\u{1f680} launch',
  '__proto__',
  'constructor',
  'column1',
  't',
  'v',
  'x'.repeat(200),
])('a table and its columns may be named %s', async (name) => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  const shape = {
    name,
    columns: [
      [name, 'string'],
      ['other', 'integer'],
    ] as const,
  };
  await commitRows(sink, shape, [
    ['k', 1],
    ['l', 1],
  ]);
  expect(
    await commitRows(sink, shape, [
      ['k', 2],
      ['l', 1],
      ['m', 3],
    ]),
  ).toMatchObject({ inserted: 1, updated: 1, unchanged: 1 });
  expect(await sink.discover(name)).toEqual([
    { name, type: 'string' },
    { name: 'other', type: 'integer' },
  ]);
  expect(readBack(path, `SELECT * FROM "${name.replaceAll('"', '""')}"`)).toEqual([
    ['k', 2n],
    ['l', 1n],
    ['m', 3n],
  ]);
});

test.each(['_syncline_ledger', '_SYNCLINE_x', 'sqlite_schema', 'a\0b'])(
  'refuses the name %j',
  async (name) => {
    const sink = await targetsOf(databaseFile());
    await expect(sink.begin(targetOf({ name, columns }))).rejects.toMatchObject({ code: 'schema/name' });
  },
);

test('names that differ only in case are refused, and nothing is written', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  await commitRows(sink, { columns }, [[1, 'a']]);
  const refused = { code: 'schema/case' };
  await expect(sink.discover('Rows')).rejects.toMatchObject(refused);
  await expect(commitRows(sink, { name: 'ROWS', columns }, [[2, 'b']])).rejects.toMatchObject(refused);
  await expect(
    commitRows(sink, { columns: [...columns, ['Name', 'string']] }, [[2, 'b', 'c']]),
  ).rejects.toMatchObject(refused);
  await expect(commitRows(sink, { columns, stamps: { run_id: 'NAME' } }, [[2, 'b']])).rejects.toMatchObject(
    refused,
  );
  for (const name of ['rows', 'other']) {
    const twice = commitRows(sink, { name, columns, stamps: { run_id: 'name' } }, [[2, 'b']]);
    await expect(twice).rejects.toMatchObject(refused);
  }
  expect(readBack(path, 'SELECT * FROM rows')).toEqual([[1n, 'a']]);
});

test('a view, a generated column and a column of another type are refused', async () => {
  const path = databaseFile();
  otherClient(path).exec(`CREATE TABLE typed (id INTEGER PRIMARY KEY, name INTEGER);
    CREATE TABLE made (id INTEGER PRIMARY KEY, name TEXT AS ('x')); CREATE VIEW seen AS SELECT * FROM typed`);
  const sink = await targetsOf(path);
  const commit = (name: string) => commitRows(sink, { name, columns }, [[1, 'a']]);
  await expect(commit('seen')).rejects.toMatchObject({ code: 'schema/target' });
  await expect(commit('made')).rejects.toMatchObject({ code: 'schema/target' });
  await expect(commit('typed')).rejects.toMatchObject({
    code: 'schema/type',
    message: expect.stringContaining('INTEGER'),
  });
});

test('a column declared ANY keeps text as it is where the table is STRICT, and is refused where it is not', async () => {
  const path = databaseFile();
  otherClient(path).exec(`CREATE TABLE strict (id INTEGER PRIMARY KEY, name ANY) STRICT;
    CREATE TABLE loose (id INTEGER PRIMARY KEY, name ANY)`);
  const sink = await targetsOf(path);
  const commit = (name: string) => commitRows(sink, { name, columns }, [[1, '007']]);
  await commit('strict');
  expect(readBack(path, 'SELECT typeof(name), name FROM strict')).toEqual([['text', '007']]);
  await expect(commit('loose')).rejects.toMatchObject({ code: 'schema/type' });
  expect(readBack(path, 'SELECT * FROM loose')).toEqual([]);
});

test('what a STRICT table would refuse is told before it does', async () => {
  const path = databaseFile();
  otherClient(path).exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, name BLOB) STRICT');
  const refused = { code: 'schema/type', message: expect.stringContaining('would refuse values') };
  await expect(commitRows(await targetsOf(path), { columns }, [[1, 'a']])).rejects.toMatchObject(refused);
});

test('a key column of another collation is compared exactly, by an index of its own', async () => {
  const path = databaseFile();
  otherClient(path).exec(`CREATE TABLE rows (id TEXT COLLATE NOCASE, n INTEGER);
    CREATE INDEX folded ON rows (id); INSERT INTO rows VALUES ('A', 1)`);
  const sink = await targetsOf(path);
  const shape = {
    columns: [
      ['id', 'string'],
      ['n', 'integer'],
    ] as const,
  };
  const commit = (...rows: Row[]) => commitRows(sink, shape, rows);
  expect(await commit(['a', 2])).toMatchObject({ inserted: 1, schema_changes: ['index on "id" added'] });
  expect(await commit(['a', 3], ['A', 4])).toMatchObject({ updated: 2, schema_changes: [] });
  expect(readBack(path, 'SELECT * FROM rows ORDER BY n')).toEqual([
    ['a', 3n],
    ['A', 4n],
  ]);
  const sql = "EXPLAIN QUERY PLAN SELECT * FROM rows WHERE id = 'a' COLLATE BINARY";
  expect(readBack(path, sql).flat().join(' ')).toContain('USING INDEX');
});

test('rows of a parent are removed by their exact key', async () => {
  const path = databaseFile();
  otherClient(path).exec(`CREATE TABLE rows (parent TEXT COLLATE NOCASE, place TEXT COLLATE NOCASE);
    INSERT INTO rows VALUES ('p', 'x'), ('p', 'X'), ('P', 'x')`);
  const sink = await targetsOf(path);
  const named = [
    ['parent', 'string'],
    ['place', 'string'],
  ] as const;
  const shape = { columns: named, key: [0, 1], within: [0] };
  const scopes = [{ from: 0, to: 1, parent: ['p'], seen: [] }];
  expect(await commitRows(sink, shape, [['p', 'x']], { scopes })).toMatchObject({ deleted: 1 });
  expect(readBack(path, 'SELECT * FROM rows ORDER BY parent COLLATE BINARY')).toEqual([
    ['P', 'x'],
    ['p', 'x'],
  ]);
});

test.each([
  ['its primary key', 'CREATE TABLE rows (id TEXT COLLATE NOCASE PRIMARY KEY, name TEXT)'],
  ['an index', 'CREATE TABLE rows (id TEXT, name TEXT); CREATE UNIQUE INDEX one ON rows (id COLLATE NOCASE)'],
])('a table that takes keys for one that differ, by %s, is refused', async (_, sql) => {
  const path = databaseFile();
  otherClient(path).exec(sql);
  const shape = {
    columns: [
      ['id', 'string'],
      ['name', 'string'],
    ] as const,
  };
  await expect(commitRows(await targetsOf(path), shape, [['a', 'x']])).rejects.toMatchObject({
    code: 'schema/collation',
    message: expect.stringMatching(/"id".*nocase/i),
  });
});

test('a unique rule of the table that is not about the key alone stays a rule of the table', async () => {
  const path = databaseFile();
  otherClient(path).exec(`CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT);
    CREATE UNIQUE INDEX one ON rows (name COLLATE NOCASE)`);
  const sink = await targetsOf(path);
  expect(await commitRows(sink, { columns }, [[1, 'a']])).toMatchObject({ inserted: 1 });
});

test('2,000 columns are written, one more is refused before anything is', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  const wide = (count: number) => Array.from({ length: count }, (_, n): ColumnShape => [`c${n}`, 'integer']);
  const row = Array.from({ length: 2_000 }, (_, n) => n);
  const rows = Array.from({ length: 40 }, (_, n) => [n, ...row.slice(1)]);
  await expect(commitRows(sink, { columns: wide(2_001) }, [])).rejects.toMatchObject({
    code: 'schema/limit',
  });
  expect(await commitRows(sink, { columns: wide(2_000) }, rows)).toMatchObject({ inserted: 40 });
  expect(await commitRows(sink, { columns: wide(2_000) }, rows)).toMatchObject({ unchanged: 40 });
  await expect(commitRows(sink, { columns: wide(2_001) }, rows)).rejects.toMatchObject({
    code: 'schema/limit',
  });
  expect(readBack(path, 'SELECT count(*), sum(c1999) FROM rows')).toEqual([[40n, 1999n * 40n]]);
});

test('a new column is added and told, also when another program made the table', async () => {
  const path = databaseFile();
  otherClient(path).exec(
    "CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO rows VALUES (1, 'a')",
  );
  const sink = await targetsOf(path);
  const shape = { columns: [...columns, ['born', 'date'] as const], stamps: { run_id: '_run_id' } };
  const committed = await commitRows(sink, shape, [[1, 'a', '2001-02-03']]);
  expect(committed.schema_changes).toEqual(['column "born" added (date)', 'column "_run_id" added (string)']);
  expect(await sink.discover('rows')).toEqual(
    [...columns, ['born', 'date']].map(([name, type]) => ({ name, type })),
  );
});

test('several rows of one key in the table stop the batch', async () => {
  const path = databaseFile();
  otherClient(path).exec(
    "CREATE TABLE rows (id INTEGER, name TEXT); INSERT INTO rows VALUES (1, 'a'), (1, 'b')",
  );
  const sink = await targetsOf(path);
  const commit = commitRows(sink, { columns }, [
    [2, 'c'],
    [1, 'd'],
  ]);
  await expect(commit).rejects.toMatchObject({
    code: 'sink/duplicate_key',
    message: expect.stringContaining('"id" = 1'),
  });
  expect(readBack(path, 'SELECT count(*) FROM rows')).toEqual([[2n]]);
});

test('append adds rows without a key, also to a table with equal ones', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  const shape = { columns, mode: 'append' as const };
  const rows = Array.from({ length: 237 }, (): Row => [1, undefined]);
  expect(await commitRows(sink, shape, rows)).toMatchObject({ inserted: 237 });
  await commitRows(sink, shape, rows);
  expect(readBack(path, 'SELECT count(*), count(name) FROM rows')).toEqual([[474n, 0n]]);
});

test('a row the table refuses rolls the whole batch back', async () => {
  const path = databaseFile();
  otherClient(path).exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT NOT NULL)');
  const sink = await targetsOf(path);
  await expect(
    commitRows(sink, { columns }, [
      [1, 'a'],
      [2, null],
    ]),
  ).rejects.toMatchObject({ code: 'sql/constraint' });
  expect(readBack(path, 'SELECT * FROM rows')).toEqual([]);
});

test('a trigger that leaves rows out does not go unnoticed', async () => {
  const path = databaseFile();
  otherClient(path).exec(`CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TRIGGER no BEFORE INSERT ON rows WHEN new.id = 2 BEGIN SELECT raise(IGNORE); END`);
  const sink = await targetsOf(path);
  await expect(
    commitRows(sink, { columns }, [
      [1, 'a'],
      [2, 'b'],
    ]),
  ).rejects.toMatchObject({ code: 'sql/failed' });
});

test('under replace_within the rows of a parent that were not seen go, and only these', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  const shape = {
    columns: [
      ['parent', 'string'],
      ['place', 'integer'],
      ['name', 'string'],
    ] as const,
    key: [1, 0],
    within: [0],
  };
  const rows: Row[] = [
    ['a', 1, 'x'],
    ['a', 2, 'x'],
    ['a', 3, 'x'],
    ['b', 1, 'x'],
  ];
  await commitRows(sink, shape, rows);
  const committed = await commitRows(sink, shape, [['a', 2, 'y']], {
    scopes: [
      { from: 0, to: 1, parent: ['a'], seen: [[3, 'a']] },
      { from: 1, to: 1, parent: ['b'], seen: [], withhold: true },
    ],
  });
  expect(committed).toMatchObject({ updated: 1, deleted: 1 });
  expect(readBack(path, 'SELECT * FROM rows ORDER BY 1, 2')).toEqual([
    ['a', 2n, 'y'],
    ['a', 3n, 'x'],
    ['b', 1n, 'x'],
  ]);
  const plan = readBack(path, "EXPLAIN QUERY PLAN SELECT * FROM rows WHERE parent = 'a'").flat().join(' ');
  expect(plan).toContain('USING INDEX');
});

test('a table without an index on the key gets one, and is told; one that has it is left alone', async () => {
  const path = databaseFile();
  otherClient(path).exec(`CREATE TABLE bare (id INTEGER, name TEXT);
    CREATE TABLE keyed (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE unique_key (id INTEGER, name TEXT); CREATE UNIQUE INDEX i ON unique_key (id, name)`);
  const sink = await targetsOf(path);
  const commit = async (name: string) =>
    (await commitRows(sink, { name, columns }, [[1, 'a']])).schema_changes;
  expect(await commit('bare')).toEqual(['index on "id" added']);
  expect(await commit('bare')).toEqual([]);
  expect(await commit('keyed')).toEqual([]);
  expect(await commit('unique_key')).toEqual([]);
});

test('tables and columns whose names run together get an index each, and so does one whose old name is taken', async () => {
  const path = databaseFile();
  otherClient(path).exec(`CREATE TABLE orders (item_id INTEGER, id INTEGER, name TEXT);
    CREATE TABLE orders_item (id_id INTEGER, name TEXT); CREATE TABLE "ORDERS_item_id" (id INTEGER, name TEXT)`);
  const sink = await targetsOf(path);
  const commit = async (name: string, ...key: readonly string[]) => {
    const keys = key.map((column): ColumnShape => [column, 'integer']);
    const shape = { name, columns: [...keys, ['name', 'string'] as const], key: [...keys.keys()] };
    return (await commitRows(sink, shape, [[...key.map(() => 1), 'a']])).schema_changes;
  };
  expect(await commit('orders', 'item_id', 'id')).toEqual(['index on "item_id", "id" added']);
  expect(await commit('orders_item', 'id_id')).toEqual(['index on "id_id" added']);
  expect(await commit('ORDERS_item_id', 'id')).toEqual(['index on "id" added']);
  expect(await commit('orders_item', 'id_id')).toEqual([]);
  otherClient(path).exec(
    'ALTER TABLE orders RENAME TO old; CREATE TABLE orders (item_id INTEGER, id INTEGER, name TEXT)',
  );
  expect(await commit('orders', 'item_id', 'id')).toEqual(['index on "item_id", "id" added']);
});

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', 'é', 'NULL', "'", '\n', 'x'.repeat(1_000_000)),
);
const cells: { readonly [Type in ColumnType]: fc.Arbitrary<Cell> } = {
  string: text.filter((value) => value.isWellFormed() && !value.includes('\0')),
  integer: fc.oneof(
    fc.maxSafeInteger(),
    fc.constantFrom(2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)),
  ),
  number: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
  decimal: fc.constantFrom('0', '-12.5', '123456789012345678901234567890.123456789', '1884518522.1684267241'),
  boolean: fc.boolean(),
  timestamp: fc.constantFrom('0001-01-01T00:00:00.000000Z', '9999-12-31T23:59:59.999999Z'),
  date: fc.constantFrom('0001-01-01', '9999-12-31'),
  json: fc.constantFrom(
    '{"a":[1,{"b":null}]}',
    '[9007199254740993,0.10000000000000000001]',
    '"x"',
    '12',
    'true',
  ),
};

test('every value comes back as it was written, and written again changes nothing', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  const types = Object.keys(cells) as ColumnType[];
  const shape = { columns: [['id', 'integer'], ...types.map((type) => [type, type] as const)] as const };
  const row = fc.tuple(...Object.values(cells).map((cell) => fc.option(cell, { freq: 8 })));
  const seen: Row[] = [];
  await fc.assert(
    fc.asyncProperty(row, async (values) => {
      seen.push([seen.length, ...values]);
      expect(await commitRows(sink, shape, seen.slice(-1))).toMatchObject({ inserted: 1 });
    }),
    { numRuns: 60, verbose: true },
  );
  expect(await commitRows(sink, shape, seen)).toMatchObject({ unchanged: seen.length, updated: 0 });
  const raw = (cell: Cell | undefined, place: number) => {
    if (typeof cell === 'boolean') return cell ? 1n : 0n;
    return typeof cell === 'number' && place !== 3 ? BigInt(cell) : cell;
  };
  expect(readBack(path, 'SELECT * FROM rows ORDER BY id')).toEqual(
    seen.map((cellsOfRow) => cellsOfRow.map(raw)),
  );
});

test('counting many rows lets others in between, and stops when it is told to', async () => {
  const path = databaseFile();
  const many = 250_000;
  const client = otherClient(path);
  client.exec(
    'CREATE TABLE rows (id INTEGER PRIMARY KEY, gone TEXT); CREATE TABLE flat (id TEXT PRIMARY KEY) WITHOUT ROWID',
  );
  client.exec(`WITH RECURSIVE n (id) AS (SELECT -5 UNION ALL SELECT id + 1 FROM n WHERE id + 1 < ${many - 5})
    INSERT INTO rows SELECT id, iif(id % 2 = 0, 'gone', NULL) FROM n`);
  client.exec("INSERT INTO flat VALUES ('a'), ('b')");
  const sink = await targetsOf(path);
  const { signal } = new AbortController();
  const done: string[] = [];
  const counting = sink.count?.('rows', { deleted_at: 'gone', signal }).finally(() => done.push('count'));
  await sink.discover('rows').finally(() => done.push('other'));
  expect(await counting).toEqual({ total: many, deleted: many / 2 });
  expect(done).toEqual(['other', 'count']);
  expect(await sink.count?.('flat', { deleted_at: 'gone', signal })).toEqual({ total: 2, deleted: 0 });

  const stop = new AbortController();
  const stopped = sink.count?.('rows', { signal: stop.signal });
  stop.abort('enough');
  await expect(stopped).rejects.toBe('enough');
});
