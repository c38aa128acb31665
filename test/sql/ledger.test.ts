import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Strategy } from '../../src/model/types.ts';
import {
  type ColumnShape,
  commitRows,
  databaseFile,
  otherClient,
  readBack,
  type TargetShape,
  targetOf,
  targetsOf,
} from './support.ts';

const kept: ColumnShape[] = [
  ['id', 'integer'],
  ['name', 'string', 'keep_edits'],
  ['ok', 'boolean', 'keep_edits'],
  ['n', 'integer'],
];

const plain = kept.map(([name, type]): ColumnShape => [name, type]);

test("a person's edit survives, is counted, and is released when the old value is put back", async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  await commitRows(sink, { columns: kept }, [
    [1, 'a', true, 1],
    [2, 'b', true, 1],
  ]);
  otherClient(path).exec("UPDATE rows SET name = 'mine' WHERE id = 1");
  expect(
    await commitRows(sink, { columns: kept }, [
      [1, 'A', false, 2],
      [2, 'B', true, 1],
    ]),
  ).toMatchObject({ kept: 1, updated: 2 });
  expect(readBack(path, 'SELECT * FROM rows')).toEqual([
    [1n, 'mine', 0n, 2n],
    [2n, 'B', 1n, 1n],
  ]);
  otherClient(path).exec("UPDATE rows SET name = 'a' WHERE id = 1");
  expect(await commitRows(sink, { columns: kept }, [[1, 'A', false, 2]])).toMatchObject({
    kept: 0,
    updated: 1,
  });
  expect(readBack(path, 'SELECT name FROM rows')).toEqual([['A'], ['B']]);
});

test("the memory outlives the process, and a row that was there before is a person's", async () => {
  const path = databaseFile();
  otherClient(path).exec(
    "CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO rows VALUES (1, 'theirs')",
  );
  const columns = kept.slice(0, 2);
  await commitRows(await targetsOf(path), { columns }, [
    [1, 'x'],
    [2, 'y'],
  ]);
  const committed = await commitRows(await targetsOf(path), { columns }, [
    [1, 'X'],
    [2, 'Y'],
  ]);
  expect(committed).toMatchObject({ kept: 1, updated: 1 });
  expect(readBack(path, 'SELECT name FROM rows')).toEqual([['theirs'], ['Y']]);
});

test('a pipeline that keeps no edits does not look like a person to one that does', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  await commitRows(sink, { columns: kept, pipeline: 'one' }, [[1, 'a', true, 1]]);
  await commitRows(sink, { columns: plain, pipeline: 'two' }, [[1, 'b', true, 1]]);
  const dates = plain.map(([name, type]): ColumnShape => [name, name === 'name' ? 'date' : type]);
  await commitRows(sink, { columns: dates, pipeline: 'three' }, [[1, '2026-01-01', true, 1]]);
  await commitRows(sink, { columns: kept, pipeline: 'one' }, [[1, 'c', true, 1]]);
  expect(readBack(path, 'SELECT name FROM rows')).toEqual([['c']]);
});

test('what the table returns is what counts as written, not what it was given', async () => {
  const path = databaseFile();
  otherClient(path).exec(`CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TRIGGER lower AFTER INSERT ON rows BEGIN UPDATE rows SET name = lower(name) WHERE id = new.id; END`);
  const sink = await targetsOf(path);
  const columns = kept.slice(0, 2);
  await commitRows(sink, { columns }, [[1, 'ABC']]);
  expect(await commitRows(sink, { columns }, [[1, 'new']])).toMatchObject({ kept: 0, updated: 1 });
});

test('a row that is removed is forgotten, and so is a table', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  const shape = { columns: kept.slice(0, 2), within: [0] };
  await commitRows(sink, shape, [
    [1, 'a'],
    [2, 'b'],
  ]);
  await commitRows(sink, shape, [], { scopes: [{ from: 0, to: 0, parent: [1], seen: [] }] });
  expect(readBack(path, 'SELECT row, name, value FROM _syncline_written')).toEqual([
    ['{"id":2}', 'name', 'b'],
  ]);
  otherClient(path).exec('DROP TABLE rows');
  await commitRows(
    sink,
    {
      columns: [
        ['id', 'integer'],
        ['day', 'date'],
      ],
    },
    [],
  );
  expect(readBack(path, 'SELECT count(*) FROM _syncline_written')).toEqual([[0n]]);
  expect(readBack(path, 'SELECT name FROM _syncline_columns ORDER BY 1')).toEqual([['day'], ['id']]);
});

test('keys of text, large integers and several columns are remembered apart', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  const shape = {
    columns: [
      ['a', 'string'],
      ['b', 'integer'],
      ['name', 'string', 'keep_edits'],
    ] as ColumnShape[],
    key: [0, 1],
  };
  const rows = [
    ['x"', 2n ** 53n + 1n, 'p'],
    ['x', 2n ** 53n + 2n, 'q'],
    ['', 0, 'r'],
  ];
  await commitRows(sink, shape, rows);
  otherClient(path).exec("UPDATE rows SET name = 'mine' WHERE name = 'q'");
  expect(await commitRows(sink, shape, rows.map(([a, b]) => [a, b, 'new']) as typeof rows)).toMatchObject({
    kept: 1,
    updated: 2,
  });
});

test('the ledger of a newer version is left alone', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  await commitRows(sink, { columns: plain }, [[1]]);
  otherClient(path).exec('UPDATE _syncline_ledger SET version = 99');
  await expect(sink.discover('rows')).rejects.toMatchObject({ code: 'ledger/newer' });
  await expect(commitRows(sink, { columns: plain }, [[2]])).rejects.toMatchObject({ code: 'ledger/newer' });
  expect(readBack(path, 'SELECT count(*) FROM rows')).toEqual([[1n]]);
});

test("a merge function of the user's own runs in the thread, from TypeScript", async () => {
  const path = databaseFile();
  const module = join(dirname(path), 'longer.ts');
  writeFileSync(module, 'export default (a: string, b: string): string => (b.length > a.length ? b : a);');
  const target = targetOf({ columns: plain.slice(0, 2) });
  const own: Strategy = { type: 'function', path: module };
  const columns = target.columns.map((column) =>
    column.name === 'name' ? { ...column, strategy: own } : column,
  );
  const sink = await targetsOf(path);
  await commitRows(sink, { ...target, columns }, [
    [1, 'long'],
    [1, 'a'],
  ]);
  await commitRows(sink, { ...target, columns }, [
    [1, 'longer'],
    [1, 'b'],
  ]);
  expect(readBack(path, 'SELECT name FROM rows')).toEqual([['longer']]);
  writeFileSync(join(dirname(path), 'none.ts'), 'export const merge = 1;');
  const none = columns.map((column) => ({
    ...column,
    strategy: { ...own, path: join(dirname(path), 'none.ts') },
  }));
  await expect(commitRows(sink, { ...target, columns: none }, [])).rejects.toMatchObject({
    code: 'merge/function',
  });
});

test('what is appended is remembered too, as the table returns it', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  const columns = kept.slice(0, 2);
  await commitRows(sink, { columns }, [[1, 'a']]);
  otherClient(path).exec(`CREATE TRIGGER lower AFTER INSERT ON rows BEGIN
    UPDATE rows SET name = lower(name) WHERE id = new.id; END`);
  const appending: TargetShape = { columns: plain.slice(0, 2), mode: 'append', pipeline: 'two' };
  await commitRows(sink, appending, [[2, 'ABC'], [3]]);
  otherClient(path).exec("UPDATE rows SET name = 'mine' WHERE id = 3");
  const committed = await commitRows(sink, { columns }, [
    [2, 'new'],
    [3, 'new'],
  ]);
  expect(committed).toMatchObject({ kept: 1, updated: 1 });
  expect(readBack(path, 'SELECT name FROM rows ORDER BY id')).toEqual([['a'], ['new'], ['mine']]);
});

test('rows that cannot be told apart are appended without being remembered apart', async () => {
  const path = databaseFile();
  otherClient(path).exec('CREATE TABLE rows (id INTEGER, name TEXT)');
  const sink = await targetsOf(path);
  const shape: TargetShape = { columns: kept.slice(0, 2), mode: 'append' };
  const rows = [
    [1, 'a'],
    [1, 'b'],
    [null, 'c'],
    [undefined, 'd'],
  ] as const;
  expect(await commitRows(sink, shape, rows)).toMatchObject({ inserted: 4 });
  expect(await commitRows(sink, { ...shape, key: [] }, rows)).toMatchObject({ inserted: 4 });
  expect(readBack(path, 'SELECT DISTINCT row FROM _syncline_written')).toEqual([['{"id":1}']]);
});
