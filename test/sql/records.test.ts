import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { CursorKind } from '../../src/model/checkpoint.ts';
import { parseJson, printJson } from '../../src/model/json.ts';
import type { SourceRecord } from '../../src/model/types.ts';
import type { Batch, CursorRange } from '../../src/plugin/contract.ts';
import { openDatabase, type RecordsRequest, readRecords, type Selection } from '../../src/sql/index.ts';
import { slowCases } from '../counts.ts';
import { databaseFile, otherClient } from './support.ts';

const size = { rows: 2, bytes: 1e6 };

/** A database made with these statements, to be read. */
async function given(statements: string) {
  const path = databaseFile();
  const client = otherClient(path);
  client.exec(statements);
  const database = await openDatabase({ path, readonly: true });
  onTestFinished(() => database.close());
  const read = async (from: Selection, request: Omit<RecordsRequest, 'batch'> = {}): Promise<Batch[]> => {
    const batches: Batch[] = [];
    for await (const batch of readRecords(database, from, { batch: size, ...request })) batches.push(batch);
    return batches;
  };
  return { client, read };
}

const recordsOf = (batches: readonly Batch[]): SourceRecord[] => batches.flatMap(({ records }) => records);
const fields = (batches: readonly Batch[], name: string) => recordsOf(batches).map((record) => record[name]);
const ascending = { field: 'at', order: 'ascending', key: ['id'] } as const;
const table = { table: 't' };

test('an ascending cursor sorts by it and by the key, null first, whatever the collation', async () => {
  const { read } = await given(`CREATE TABLE t (id TEXT, at TEXT COLLATE NOCASE);
    INSERT INTO t VALUES ('b', 'x'), ('a', 'x'), ('c', 'é'), ('d', 'X'), ('e', NULL)`);
  const batches = await read(table, { cursor: ascending });
  expect(fields(batches, 'id')).toEqual(['e', 'd', 'a', 'b', 'c']);
  expect(batches.every(({ position }) => position === undefined)).toBe(true);
});

test('a cursor reads tables, views, queries and tables without rowid alike', async () => {
  const { read } = await given(`CREATE TABLE t (id INTEGER PRIMARY KEY, at INTEGER) WITHOUT ROWID;
    INSERT INTO t VALUES (1, 30), (2, 10), (3, 20); CREATE VIEW v AS SELECT * FROM t`);
  const cursor: CursorRange = { ...ascending, kind: 'number', from: '20' };
  for (const from of [table, { table: 'v' }, { query: 'SELECT * FROM t ORDER BY id -- all' }])
    expect(fields(await read(from, { cursor }), 'id')).toEqual([3, 1]);
});

test('a cursor field that is no column is refused with those there are', async () => {
  const { read } = await given('CREATE TABLE t (id, "a.b")');
  for (const field of ['At', 'a.b', '$now', 'id.x'])
    await expect(read(table, { cursor: { ...ascending, field } })).rejects.toMatchObject({
      code: 'source/cursor_column',
      hint: expect.stringContaining('"id", "a.b"'),
    });
  await read(table, { cursor: { ...ascending, field: '["a.b"]' } });
  await read(table, { cursor: { ...ascending, field: '$record.id' } });
});

/** Moments around one day boundary, each in a text of its own. */
const timestamps = fc
  .tuple(
    fc.integer({ min: 0, max: 10 * 86_400 }),
    fc.integer({ min: -56, max: 56 }),
    fc.constantFrom('T', ' '),
  )
  .map(([second, quarters, separator]) => {
    const local = new Date((1_767_225_600 + second + quarters * 900) * 1000).toISOString().slice(0, 19);
    const minutes = Math.abs(quarters) * 15;
    const offset = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'));
    return `${local.replace('T', separator)}${quarters < 0 ? '-' : '+'}${offset.join(':')}`;
  });
const texts = fc.string({ unit: fc.constantFrom('a', 'B', 'z', '\0', '\ue000', '😀'), maxLength: 3 });
const numbers = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(0.5, -0.5, 1e300, 9007199254740993n, 9007199254740992n, -9223372036854775808n),
);

type Known = string | number | bigint;
const moment = (value: Known) => Date.parse(String(value).replace(' ', 'T'));

/** Text that compares as its code points do. */
const codePoints = (value: Known) =>
  [...String(value)].map((each) => String(each.codePointAt(0)).padStart(7)).join('');

/** For each kind of cursor its values, and what they are compared by. */
const kinds: {
  readonly [kind in CursorKind]: {
    readonly value: fc.Arbitrary<Known>;
    readonly other: Known;
    readonly order: (value: Known) => Known;
  };
} = {
  timestamp: { value: timestamps, other: 7, order: moment },
  text: { value: texts, other: 7, order: codePoints },
  number: { value: numbers, other: 'seven', order: (value) => value },
};

const ranges = fc.constantFrom<CursorKind[]>('timestamp', 'text', 'number').chain((kind) => {
  const { value, other } = kinds[kind];
  return fc.record({
    kind: fc.constant(kind),
    values: fc.array(fc.oneof(value, fc.constantFrom(null, other)), { maxLength: 12 }),
    from: fc.option(value, { nil: undefined }),
    before: fc.option(value, { nil: undefined }),
    declared: fc.constantFrom('', 'TIMESTAMP', kind === 'text' ? '' : 'TEXT COLLATE NOCASE'),
    order: fc.constantFrom<CursorRange['order'][]>('ascending', 'none'),
  });
});

/** Text as bytes, which the driver takes whatever they are; whole numbers as such. */
function toParameters(value: Known | null) {
  if (typeof value === 'string') return [1n, Buffer.from(value), null];
  return [0n, null, Number.isSafeInteger(value) ? BigInt(value ?? 0) : value];
}

test('no record of a range is left out, nor one that is null or of another kind', async () => {
  const { client, read } = await given('CREATE TABLE t (x)');
  await fc.assert(
    fc.asyncProperty(ranges, async ({ kind, values, from, before, declared, order }) => {
      client.exec(`DROP TABLE t; CREATE TABLE t (id INTEGER PRIMARY KEY, at ${declared})`);
      const insert = client.prepare('INSERT INTO t (at) VALUES (iif(?, CAST(? AS TEXT), ?))');
      for (const value of values) insert.run(toParameters(value));
      const all = recordsOf(await read(table));
      const bounds = { kind, from: from?.toString(), before: before?.toString() };
      const { order: by } = kinds[kind];
      const wanted = all.filter(({ at }) => {
        if (typeof at === 'string' ? kind === 'number' : kind !== 'number') return true;
        const value = by(at as Known);
        return (from === undefined || value >= by(from)) && (before === undefined || value < by(before));
      });
      const cursor = { ...ascending, ...bounds, order };
      const ids = recordsOf(await read(table, { cursor })).map(({ id }) => Number(id));
      expect(new Set(ids).size).toBe(ids.length);
      expect(wanted.filter(({ id }) => !ids.includes(Number(id)))).toEqual([]);
    }),
    { numRuns: slowCases * 10 },
  );
});

test.each([
  ['number', '3', undefined, [3, 4, 5, 6]],
  ['number', '2.5', '4.5', [3, 4]],
  ['text', '3', undefined, []],
] as const)(
  'a bound of kind %s from %s before %s is left to the database',
  async (kind, from, before, ids) => {
    const { read } = await given(`CREATE TABLE t (id INTEGER PRIMARY KEY, at INTEGER);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6) INSERT INTO t SELECT i, i FROM n`);
    const found = fields(await read(table, { cursor: { ...ascending, kind, from, before } }), 'id');
    expect(found).toEqual(kind === 'text' ? [1, 2, 3, 4, 5, 6] : ids);
  },
);

test('a timestamp is looked for by its day, with two days to spare for offsets', async () => {
  const { read } = await given(`CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT);
    INSERT INTO t (at) SELECT date('2026-01-01', (value - 1) || ' days') || 'T00:00:00Z'
    FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12]')`);
  const range = { kind: 'timestamp', from: '2026-01-05T00:00:00Z', before: '2026-01-08T00:00:00Z' } as const;
  const found = fields(await read(table, { cursor: { ...ascending, ...range } }), 'id');
  expect(found).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
});

test('a table goes on after any rowid, also where a column has taken that name', async () => {
  const { read } = await given(`CREATE TABLE t ("RowID" TEXT, oid INTEGER);
    INSERT INTO t (_rowid_, "RowID", oid) VALUES (9007199254740993, 'c', 0), (-5, 'a', 2), (7, 'b', 1)`);
  const batches = await read(table);
  expect(fields(batches, 'RowID')).toEqual(['a', 'b', 'c']);
  const kept = parseJson(printJson(batches[0]?.position ?? null));
  expect(fields(await read(table, { position: kept }), 'RowID')).toEqual(['c']);
  expect(await read(table, { position: batches[1]?.position })).toMatchObject([{ records: [] }]);
});

test('rows may be renumbered by a vacuum, which loses the position, unless the rowid is the key', async () => {
  for (const [key, message] of [
    ['INT PRIMARY KEY DESC', 'renumbered'],
    ['INT', 'renumbered'],
    ['INTEGER PRIMARY KEY', undefined],
  ] as const) {
    const { client, read } = await given(`CREATE TABLE t (id ${key}, x);
      INSERT INTO t (id) VALUES (1), (5), (6), (7); DELETE FROM t WHERE id = 1`);
    const [first] = await read(table);
    client.exec('VACUUM');
    const rest = read(table, { position: first?.position });
    if (message === undefined) expect(fields(await rest, 'id')).toEqual([7]);
    else
      await expect(rest).rejects.toMatchObject({
        code: 'source/position_lost',
        message: expect.stringContaining(message),
      });
  }
});

test('what has no rowids has no positions, and takes none', async () => {
  const { read } =
    await given(`CREATE TABLE w (id INTEGER PRIMARY KEY) WITHOUT ROWID; INSERT INTO w VALUES (1), (2);
    CREATE VIEW v AS SELECT * FROM w`);
  for (const from of [{ table: 'w' }, { table: 'v' }, { query: 'SELECT * FROM w' }]) {
    const batches = await read(from);
    expect(batches.map(({ position }) => position)).toEqual([undefined]);
    await expect(read(from, { position: { rowid: 1 } })).rejects.toMatchObject({
      code: 'source/position_lost',
    });
  }
});
