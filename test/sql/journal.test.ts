import { expect, test } from 'vitest';
import type { Row } from '../../src/model/types.ts';
import type { OpenSink } from '../../src/plugin/contract.ts';
import { type ColumnShape, databaseFile, otherClient, readBack, targetOf, targetsOf } from './support.ts';

const columns: ColumnShape[] = [
  ['list', 'string'],
  ['id', 'integer'],
  ['name', 'string'],
];
const shape = { columns, key: [0, 1], within: [0] };

/** Commits rows of the parent `a`, so that its other rows are removed, in a run whose changes are kept. */
async function replaceList(sink: OpenSink, run: string, rows: readonly Row[]): Promise<void> {
  const target = { ...targetOf(shape), run: { id: run, started_at: '2026-01-01T00:00:00.000Z' } };
  const scopes = [{ from: 0, to: rows.length, parent: ['a'], seen: [] }];
  const writer = await sink.begin(target);
  const ledger = { fence: 1, basis: 'basis', checkpoint: {} };
  await writer.commit({ target, number: 1, rows, scopes, ledger, journal: true });
  await writer.close();
}

async function undo(sink: OpenSink, run: string, force = false) {
  const undone = [];
  const request = { run, fences: { tested: 1 }, force, rehearse: false };
  for await (const batch of sink.journal?.undo(request) ?? []) undone.push(batch);
  return undone;
}

test('a row that was deleted comes back whole, with what Syncline knows nothing of', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  await replaceList(sink, 'first', [['a', 1, 'x']]);
  otherClient(path).exec(`ALTER TABLE rows ADD COLUMN note BLOB;
    UPDATE rows SET name = CAST(X'610062' AS TEXT), note = X'00FF';
    INSERT INTO rows VALUES ('a', 2, 'it''s é', 1.5)`);
  const all = 'SELECT list, id, hex(name), typeof(note), quote(note) FROM rows ORDER BY id';
  const before = readBack(path, all);
  await replaceList(sink, 'second', []);
  expect(readBack(path, all)).toEqual([]);
  expect(await undo(sink, 'second')).toMatchObject([{ inserted: 2, updated: 0, deleted: 0, edited: [] }]);
  expect(readBack(path, all)).toEqual(before);
});

test('a row that somebody made anew in the place of a deleted one is named, and gives way to force', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  await replaceList(sink, 'first', [['a', 1, 'x']]);
  await replaceList(sink, 'second', []);
  otherClient(path).exec("INSERT INTO rows VALUES ('a', 1, 'theirs')");
  await expect(undo(sink, 'second')).rejects.toMatchObject({ code: 'undo/edited' });
  expect(readBack(path, 'SELECT name FROM rows')).toEqual([['theirs']]);
  await undo(sink, 'second', true);
  expect(readBack(path, 'SELECT name FROM rows')).toEqual([['x']]);
});

test('undo under a fence that was passed writes nothing', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  await replaceList(sink, 'first', [['a', 1, 'x']]);
  otherClient(path).exec('UPDATE _syncline_checkpoints SET fence = 2');
  await expect(undo(sink, 'first')).rejects.toMatchObject({ code: 'lease/lost' });
  expect(readBack(path, 'SELECT name FROM rows')).toEqual([['x']]);
});

test('of a table that is gone nothing can be restored, which is said', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  await replaceList(sink, 'first', [['a', 1, 'x']]);
  await replaceList(sink, 'second', [['a', 1, 'y']]);
  otherClient(path).exec('DROP TABLE rows');
  await expect(undo(sink, 'second')).rejects.toMatchObject({ code: 'undo/edited' });
  await undo(sink, 'second', true);
  await undo(sink, 'first');
  expect(await sink.journal?.runs()).toEqual([]);
});

test('a ledger of the version before is planned with as it is, and gets its journal with the next commit', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  await replaceList(sink, 'first', [['a', 1, 'x']]);
  otherClient(path).exec(
    'DROP TABLE _syncline_journal; DROP TABLE _syncline_staged; UPDATE _syncline_ledger SET version = 1',
  );
  expect(await sink.journal?.runs()).toEqual([]);
  expect(await undo(sink, 'first')).toEqual([]);
  const planner = await sink.plan?.({ name: 'rows', mode: 'upsert', run: { id: 'run', started_at: '' } });
  const ledger = { fence: 1, basis: 'basis', checkpoint: {} };
  const planned = await planner?.plan({ target: targetOf(shape), number: 1, rows: [['a', 1, 'y']], ledger });
  expect(planned).toMatchObject({ updated: 1 });
  expect(readBack(path, 'SELECT version FROM _syncline_ledger')).toEqual([[1n]]);
  await replaceList(sink, 'second', [['a', 1, 'y']]);
  await undo(sink, 'second');
  expect(readBack(path, 'SELECT name FROM rows')).toEqual([['x']]);
});

test('a plan takes no lock, waits for none, and tells of the index it would add', async () => {
  const path = databaseFile();
  const other = otherClient(path);
  other.exec(`PRAGMA journal_mode = WAL; CREATE TABLE rows (list TEXT, id INTEGER, name TEXT);
    INSERT INTO rows VALUES ('a', 1, 'x'), ('a', 2, 'y'), ('b', 1, 'z')`);
  const sink = await targetsOf(path);
  other.exec('BEGIN IMMEDIATE');
  const planner = await sink.plan?.({ name: 'rows', mode: 'upsert', run: { id: 'run', started_at: '' } });
  const target = targetOf(shape);
  const rows: Row[] = [['a', 2, 'Y']];
  const scopes = [{ from: 0, to: 1, parent: ['a'], seen: [] }];
  const ledger = { fence: 1, basis: 'basis', checkpoint: {} };
  const planned = await planner?.plan({ target, number: 1, rows, scopes, ledger });
  expect(planned).toMatchObject({ inserted: 0, updated: 1, deleted: 1 });
  expect(planned?.schema_changes).toEqual(['index on "list", "id" added', 'index on "list" added']);
  other.exec("UPDATE rows SET name = 'later' WHERE list = 'b'; COMMIT");
  await planner?.close();
  expect(readBack(path, "SELECT name FROM sqlite_schema WHERE name LIKE '%syncline%'")).toEqual([]);
});
