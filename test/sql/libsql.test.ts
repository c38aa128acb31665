import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setInterval } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { type Database, type DatabaseOptions, openDatabase, type SqlValue } from '../../src/sql/index.ts';
import { tried } from '../counts.ts';
import { databaseFile, otherClient, readBack } from './support.ts';

async function opened(options: DatabaseOptions): Promise<Database> {
  const database = await openDatabase(options);
  onTestFinished(() => database.close());
  return database;
}

async function numbers(path: string, count: number): Promise<Database> {
  const database = await opened({ path });
  await database.write([
    { sql: 'CREATE TABLE numbers (n INTEGER)' },
    { sql: 'INSERT INTO numbers VALUES (?)', rows: Array.from({ length: count }, (_, n) => [n]) },
  ]);
  return database;
}

test('makes a missing file and its folder, in WAL mode, and commits to the disk', async () => {
  const path = join(dirname(databaseFile()), 'deep', 'er', 'test.db');
  const database = await opened({ path });
  await database.write([{ sql: 'CREATE TABLE t (a)' }]);
  expect(existsSync(path)).toBe(true);
  expect(await database.all('PRAGMA journal_mode')).toEqual([['wal']]);
  expect(await database.all('PRAGMA synchronous')).toEqual([[2]]);
});

test('leaves the journal mode of a file that was there before', async () => {
  const path = databaseFile();
  otherClient(path).exec('CREATE TABLE t (a)');
  const database = await opened({ path });
  await database.write([{ sql: 'INSERT INTO t VALUES (1)' }]);
  expect(await database.all('PRAGMA journal_mode')).toEqual([['delete']]);
});

test('a whole number is not stored as a double, also in a text column', async () => {
  const path = databaseFile();
  const database = await opened({ path });
  const rows: SqlValue[][] = [
    [1, 1, -0],
    [2 ** 53 - 1, 0, 0.5],
    [2n ** 53n + 1n, 7, 3],
    [2n ** 63n - 1n, -(2n ** 63n), 1e300],
  ];
  await database.write([
    { sql: 'CREATE TABLE t (i INTEGER, t TEXT, r REAL)' },
    { sql: 'INSERT INTO t VALUES (?, ?, ?)', rows },
  ]);
  expect(readBack(path, 'SELECT * FROM t')).toEqual([
    [1n, '1', 0],
    [9007199254740991n, '0', 0.5],
    [9007199254740993n, '7', 3],
    [9223372036854775807n, '-9223372036854775808', 1e300],
  ]);
  expect(await database.all('SELECT i FROM t')).toEqual([
    [1],
    [2 ** 53 - 1],
    [2n ** 53n + 1n],
    [2n ** 63n - 1n],
  ]);
});

test('bytes come back as bytes', async () => {
  const database = await opened({ path: databaseFile() });
  expect(await database.all('SELECT ?, typeof(?)', [new Uint8Array([0, 255]), new Uint8Array([1])])).toEqual([
    [new Uint8Array([0, 255]), 'blob'],
  ]);
});

test.each([
  ['a NUL', 'a\0b'],
  ['half a surrogate pair', 'a\ud800'],
  ['not finite', Number.NaN],
  ['infinite', Number.NEGATIVE_INFINITY],
  ['beyond 64 bits', 2n ** 63n],
])('refuses a value it would change: %s', async (_, value) => {
  const database = await numbers(databaseFile(), 0);
  const insert = database.write([{ sql: 'INSERT INTO numbers VALUES (?)', rows: [[1], [value]] }]);
  await expect(insert).rejects.toMatchObject({ code: 'sql/value' });
  expect(await database.all('SELECT * FROM numbers')).toEqual([]);
});

test('a boolean that slipped through does not abort the process', async () => {
  const database = await opened({ path: databaseFile() });
  expect(await database.all('SELECT ?', [true as unknown as number])).toEqual([[1]]);
});

test('a write that fails half way leaves nothing, and the database works on', async () => {
  const database = await numbers(databaseFile(), 1);
  const failing = database.write([
    { sql: 'INSERT INTO numbers VALUES (5)' },
    { sql: 'INSERT INTO nothing VALUES (1)' },
  ]);
  await expect(failing).rejects.toMatchObject({
    code: 'sql/failed',
    message: expect.stringContaining('nothing'),
  });
  await database.write([{ sql: 'INSERT INTO numbers VALUES (6)' }]);
  expect(await database.all('SELECT n FROM numbers ORDER BY n')).toEqual([[0], [6]]);
});

test('a statement that returns rows does not keep the commit from happening', async () => {
  const path = databaseFile();
  const database = await numbers(path, 0);
  await database.write([{ sql: 'INSERT INTO numbers VALUES (1), (2) RETURNING n' }]);
  expect(readBack(path, 'SELECT count(*) FROM numbers')).toEqual([[2n]]);
});

test('names the error: a constraint, a full disk, a file that is no database, a folder, a missing file', async () => {
  const path = databaseFile();
  const database = await opened({ path });
  await database.write([{ sql: 'CREATE TABLE t (a NOT NULL)' }]);
  const constraint = database.write([{ sql: 'INSERT INTO t VALUES (NULL)' }]);
  await expect(constraint).rejects.toMatchObject({ code: 'sql/constraint' });
  const full = database.write([
    { sql: 'PRAGMA max_page_count = 4' },
    { sql: 'INSERT INTO t VALUES (?)', rows: [['x'.repeat(100_000)]] },
  ]);
  await expect(full).rejects.toMatchObject({ code: 'sql/full' });
  await database.write([{ sql: 'INSERT INTO t VALUES (?)', rows: [['x'.repeat(100_000)]] }]);

  const other = databaseFile();
  writeFileSync(other, 'name;email\n'.repeat(500));
  await expect(openDatabase({ path: other })).rejects.toMatchObject({ code: 'sql/corrupt' });
  expect(readFileSync(other, 'utf8')).toBe('name;email\n'.repeat(500));
  const folder = databaseFile();
  mkdirSync(folder);
  await expect(openDatabase({ path: folder })).rejects.toMatchObject({ code: 'sql/open' });
  await expect(openDatabase({ path: join(other, 'below', 'x.db') })).rejects.toMatchObject({
    code: 'sql/open',
  });
  await expect(openDatabase({ path: databaseFile(), readonly: true })).rejects.toMatchObject({
    code: 'sql/open',
  });
});

/** Does something as a user whom a folder without write permission stops, which it does not stop root. */
async function unprivileged<Result>(work: () => Promise<Result>): Promise<Result> {
  const user = process.geteuid?.();
  if (user === 0) process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    if (user === 0) process.seteuid?.(0);
  }
}

test.each(tried(['wal', 'delete']))('names the folder where it cannot be written (%s)', async (mode) => {
  const path = databaseFile();
  const client = otherClient(path);
  client.exec(`PRAGMA journal_mode = ${mode}; CREATE TABLE t (a)`);
  client.close();
  const folder = dirname(path);
  chmodSync(path, 0o666);
  chmodSync(folder, 0o555);
  onTestFinished(() => chmodSync(folder, 0o755));
  const write = async () => {
    const database = await openDatabase({ path });
    try {
      await database.write([{ sql: 'INSERT INTO t VALUES (1)' }]);
    } finally {
      await database.close();
    }
  };
  const told = { code: 'sql/readonly', hint: expect.stringContaining(folder) };
  await expect(unprivileged(write)).rejects.toMatchObject(told);
  if (mode === 'delete') return;
  const read = () => openDatabase({ path, readonly: true });
  await expect(unprivileged(read)).rejects.toMatchObject(told);
});

test('opened for reading only, nothing is written', async () => {
  const path = databaseFile();
  await numbers(path, 1);
  const reading = await opened({ path, readonly: true });
  await expect(reading.write([{ sql: 'DELETE FROM numbers' }])).rejects.toMatchObject({
    code: 'sql/readonly',
  });
  await expect(reading.all('DELETE FROM numbers RETURNING n')).rejects.toMatchObject({
    code: 'sql/readonly',
  });
  expect(await reading.all('SELECT * FROM numbers')).toEqual([[0]]);
});

test('pages keep to their size and hold every row; the first one comes without rows too', async () => {
  const database = await numbers(databaseFile(), 250);
  const sizes: number[] = [];
  const seen: unknown[] = [];
  for await (const page of database.pages('SELECT n FROM numbers WHERE n >= ?', [10], {
    rows: 100,
    bytes: 1e6,
  })) {
    expect(page.columns).toEqual(['n']);
    sizes.push(page.rows.length);
    seen.push(...page.rows.map(([n]) => n));
  }
  expect(sizes).toEqual([100, 100, 40]);
  expect(seen).toEqual(Array.from({ length: 240 }, (_, index) => index + 10));
  const none = [];
  for await (const page of database.pages('SELECT n AS x FROM numbers WHERE 0', [], { rows: 9, bytes: 9 }))
    none.push(page);
  expect(none).toEqual([{ columns: ['x'], rows: [], bytes: 0 }]);
});

test('pages keep to their bytes, but for a single row', async () => {
  const database = await opened({ path: databaseFile() });
  const sizes: number[] = [];
  const sql = 'SELECT hex(zeroblob(value)) FROM json_each(?)';
  for await (const page of database.pages(sql, ['[100,100,100,900,1]'], { rows: 100, bytes: 500 })) {
    sizes.push(page.rows.length);
  }
  expect(sizes).toEqual([2, 1, 1, 1]);
});

test.each(tried(['wal', 'delete']))(
  'pages show the table as it was, while it is written to (%s)',
  async (mode) => {
    const path = databaseFile();
    otherClient(path).exec(`PRAGMA journal_mode = ${mode}; CREATE TABLE numbers (n)`);
    const database = await opened({ path, patience: 500 });
    const rows = Array.from({ length: 500 }, (_, n) => [n]);
    await database.write([{ sql: 'INSERT INTO numbers VALUES (?)', rows }]);
    const seen: unknown[] = [];
    for await (const page of database.pages('SELECT n FROM numbers', [], { rows: 100, bytes: 1e6 })) {
      seen.push(...page.rows);
      await database.write([{ sql: 'INSERT INTO numbers VALUES (9)' }]);
    }
    expect(seen).toEqual(rows);
    expect(await database.all('SELECT count(*) FROM numbers')).toEqual([[505]]);
  },
);

test.each(tried(['wal', 'delete']))('an abandoned read lets go of the file (%s)', async (mode) => {
  const path = databaseFile();
  otherClient(path).exec(`PRAGMA journal_mode = ${mode}; CREATE TABLE numbers (n)`);
  const database = await opened({ path });
  await database.write([
    { sql: 'INSERT INTO numbers VALUES (?)', rows: Array.from({ length: 500 }, (_, n) => [n]) },
  ]);
  for await (const page of database.pages('SELECT n FROM numbers', [], { rows: 1, bytes: 1e6 })) {
    expect(page.rows).toHaveLength(1);
    break;
  }
  const [checkpoint] = await database.all('PRAGMA wal_checkpoint(TRUNCATE)');
  expect(checkpoint?.[0]).toBe(0);
  otherClient(path).exec('BEGIN EXCLUSIVE; DROP TABLE numbers; COMMIT');
});

/** Has another process lock the file; the function that is returned lets it go. */
async function lockElsewhere(path: string, statement: string): Promise<() => Promise<void>> {
  const child = fork(fileURLToPath(new URL('./lock-holder.mjs', import.meta.url)), [path, statement]);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'message');
  return async () => {
    child.send('release');
    await once(child, 'exit');
  };
}

/** Resolves after as many ticks of a timer: the thread of the test is free while the worker waits. */
async function ticks(count: number): Promise<void> {
  let seen = 0;
  for await (const _ of setInterval(10)) if (++seen === count) return;
}

test.each(tried(['wal', 'delete']))(
  'waits for a lock another process holds, and loses nothing (%s)',
  async (mode) => {
    const path = databaseFile();
    otherClient(path).exec(`PRAGMA journal_mode = ${mode}`);
    otherClient(path).exec('CREATE TABLE numbers (n)');
    const database = await opened({ path });
    const release = await lockElsewhere(path, 'BEGIN IMMEDIATE; INSERT INTO numbers VALUES (-1)');
    let landed = false;
    const writes = [1, 2, 3].map((n) =>
      database.write([{ sql: 'INSERT INTO numbers VALUES (?)', rows: [[n]] }]),
    );
    const all = Promise.all(writes).then(() => {
      landed = true;
    });
    await ticks(50);
    expect(landed).toBe(false);
    await release();
    await all;
    expect(readBack(path, 'SELECT n FROM numbers ORDER BY n')).toEqual([[-1n], [1n], [2n], [3n]]);
  },
);

test('a lock that is not let go ends in an error that names the file, and the next write works', async () => {
  const path = databaseFile();
  await numbers(path, 0);
  const database = await opened({ path, patience: 300 });
  const release = await lockElsewhere(path, 'BEGIN IMMEDIATE');
  const write = () => database.write([{ sql: 'INSERT INTO numbers VALUES (1)' }]);
  await expect(write()).rejects.toMatchObject({ code: 'sql/locked', message: expect.stringContaining(path) });
  await release();
  await write();
  expect(readBack(path, 'SELECT * FROM numbers')).toEqual([[1n]]);
});

test('a reader elsewhere holds a commit up, and the commit lands when it is through', async () => {
  const path = databaseFile();
  otherClient(path).exec('CREATE TABLE numbers (n); INSERT INTO numbers VALUES (0)');
  const database = await opened({ path });
  const release = await lockElsewhere(path, 'BEGIN; SELECT * FROM numbers');
  let landed = false;
  const write = database.write([{ sql: 'INSERT INTO numbers VALUES (1)' }]).then(() => {
    landed = true;
  });
  await ticks(50);
  expect(landed).toBe(false);
  await release();
  await write;
  expect(readBack(path, 'SELECT * FROM numbers')).toEqual([[0n], [1n]]);
});

test('two who open one file write one after the other, and each closes for itself', async () => {
  const path = databaseFile();
  const first = await numbers(path, 1);
  const second = await openDatabase({ path });
  const insert = (database: Database, n: number) =>
    database.write([{ sql: 'INSERT INTO numbers VALUES (?)', rows: [[n]] }]);
  await Promise.all([1, 2, 3].map((n) => insert(n === 2 ? first : second, n)));
  await second.close();
  expect(await first.all('SELECT count(*) FROM numbers')).toEqual([[4]]);
});

test('the process ends by itself while a database is open and idle', async () => {
  const path = databaseFile();
  const idle = fileURLToPath(new URL('./idle.ts', import.meta.url));
  const { stdout } = await execa('jiti', [idle, path], { preferLocal: true, timeout: 20_000 });
  expect(stdout).toBe('written');
  expect(readBack(path, 'SELECT name FROM sqlite_schema')).toEqual([['t']]);
});
