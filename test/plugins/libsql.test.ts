import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Driver from 'libsql';
import type { Batch, Cell, Column } from 'syncline';
import { sinkContract, sourceContract } from 'syncline/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { sink, source } from '../../plugins/libsql/index.ts';
import { context as contextIn } from '../../src/testing/suite.ts';

const directory = mkdtempSync(join(tmpdir(), 'syncline-libsql-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const context = contextIn(directory);
let files = 0;

/** A new database file, as the option `url` names it. */
function database(statements = ''): string {
  files += 1;
  const client = new Driver(join(directory, `${files}.db`));
  if (statements !== '') client.exec(statements);
  client.close();
  return `file:${files}.db`;
}

async function readAll(url: string, options: { table?: string; query?: string }): Promise<Batch[]> {
  const opened = await source.open({ url }, context);
  try {
    const request = { stream: 'tested', options, batch: { rows: 2, bytes: 1e6 }, signal: context.signal };
    const batches: Batch[] = [];
    for await (const batch of opened.read(request)) batches.push(batch);
    return batches;
  } finally {
    await opened.close();
  }
}

describe('source', () => {
  sourceContract({
    test,
    definition: source,
    directory,
    options: async () => ({
      url: database(`CREATE TABLE t (id INTEGER, name TEXT, rate REAL);
        INSERT INTO t VALUES (1, 'a', 0.5), (9007199254740993, NULL, 2), (-9223372036854775808, 'é', 1e300)`),
    }),
    stream: { table: 't' },
    records: [
      { id: 1, name: 'a', rate: 0.5 },
      { id: 9007199254740993n, name: null, rate: 2 },
      { id: -9223372036854775808n, name: 'é', rate: 1e300 },
    ],
    unreadable: [
      { table: 'nothing' },
      { table: 'T' },
      { query: 'SELEC 1' },
      { query: 'DELETE FROM t' },
      { query: 'SELECT 1; DELETE FROM t' },
      { query: 'SELECT 1) ; DELETE FROM t; --' },
      { query: 'SELECT id, id FROM t' },
      { query: "SELECT x'00' AS bytes" },
      { table: 't', query: 'SELECT 1' },
      {},
    ],
  });

  test('a file that is not there is named, and is not made', async () => {
    const opening = source.open({ url: 'file:nowhere/x.db' }, context);
    await expect(opening).rejects.toMatchObject({
      code: 'source/file_missing',
      message: expect.stringContaining('nowhere'),
    });
  });

  test('a query may have a comment, an order, a semicolon and parts of its own', async () => {
    const url = database('CREATE TABLE t (n); INSERT INTO t VALUES (3), (1), (2)');
    const query = 'WITH x AS (SELECT n FROM t) SELECT n AS "the n" /* part */ FROM x ORDER BY n DESC; ';
    const batches = await readAll(url, { query });
    expect(batches.flatMap(({ records }) => records)).toEqual([
      { 'the n': 3 },
      { 'the n': 2 },
      { 'the n': 1 },
    ]);
  });

  test('an empty table has a header, in the order of its columns', async () => {
    const batches = await readAll(database('CREATE TABLE t ("2" TEXT, "1" TEXT, "a ""b""" TEXT)'), {
      table: 't',
    });
    expect(batches).toMatchObject([
      { records: [], bytes: 0, header: ['2', '1', 'a "b"'], progress: { done: 0, total: 0 } },
    ]);
  });

  test('a column named __proto__ is a field like any other', async () => {
    const [batch] = await readAll(database(`CREATE TABLE t ("__proto__" TEXT); INSERT INTO t VALUES ('x')`), {
      table: 't',
    });
    expect(Object.entries(batch?.records[0] ?? {})).toEqual([['__proto__', 'x']]);
  });

  test('text that no sink keeps arrives as it is or is marked, and is not cut', async () => {
    const url = database(`CREATE TABLE t (x TEXT); INSERT INTO t VALUES
      ('a' || char(0) || 'b'), (CAST(x'636166e9' AS TEXT)), ('\u{1f44d}'), ('')`);
    const batches = await readAll(url, { table: 't' });
    const texts = batches.flatMap(({ records }) => records.map(({ x }) => x));
    expect(texts).toEqual(['a\0b', 'caf\udcff', '\u{1f44d}', '']);
  });

  test('a blob is refused by the name of its column', async () => {
    const url = database(`CREATE TABLE t (id, photo); INSERT INTO t VALUES (1, NULL), (2, x'ffd8')`);
    await expect(readAll(url, { table: 't' })).rejects.toMatchObject({
      code: 'source/blob',
      message: expect.stringContaining('"photo" holds a blob in row 2'),
    });
  });
});

describe('sink', () => {
  sinkContract({
    test,
    definition: sink,
    directory,
    options: async () => ({ url: database() }),
    read: async (target, columns) => readTarget(join(directory, `${files}.db`), target, columns),
  });
});

async function readTarget(
  path: string,
  target: string,
  columns: readonly Column[],
): Promise<Cell[][] | undefined> {
  const client = new Driver(path);
  client.defaultSafeIntegers(true);
  try {
    if (client.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').all([target]).length === 0)
      return undefined;
    const rows = client
      .prepare(`SELECT ${columns.map(({ name }) => `"${name}"`)} FROM "${target}"`)
      .raw()
      .all([]);
    return (rows as Cell[][]).map((row) => row.map((cell, place) => natural(columns[place], cell)));
  } finally {
    client.close();
  }
}

function natural(column: Column | undefined, cell: Cell): Cell {
  if (typeof cell !== 'bigint') return cell;
  if (column?.type === 'boolean') return cell === 1n;
  return Number.isSafeInteger(Number(cell)) ? Number(cell) : cell;
}
