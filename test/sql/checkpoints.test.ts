import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Checkpoint, LedgerEntry, LedgerKey } from '../../src/model/checkpoint.ts';
import { printCheckpoint } from '../../src/model/checkpoint-json.ts';
import { Decimal } from '../../src/model/decimal.ts';
import type { Row, RowBatch } from '../../src/model/types.ts';
import type { Ledger, OpenSink } from '../../src/plugin/contract.ts';
import {
  type ColumnShape,
  commitRows,
  databaseFile,
  otherClient,
  readBack,
  type TargetShape,
  targetsOf,
} from './support.ts';

const columns: ColumnShape[] = [
  ['id', 'integer'],
  ['name', 'string'],
];
const key: LedgerKey = { pipeline: 'tested', target: 'rows' };

function at(cursor: string, fence = 1): RowBatch['ledger'] {
  return { fence, basis: 'basis', checkpoint: { cursor: { text: cursor, kind: 'number' } } };
}

function ledgerOf(sink: OpenSink): Ledger {
  if (!sink.ledger) throw new Error('the sink has no ledger');
  return sink.ledger;
}

const entry: LedgerEntry = { ...at('1'), run: '01RUN', batch: 1, wrote: true };

test('a checkpoint is there with the rows before it, under the run and the number of their batch', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  await commitRows(sink, { columns }, [[1, 'a']], { number: 1, ledger: at('1') });
  expect(await ledgerOf(sink).read(key)).toEqual({ entry, target: 'rows' });
  await commitRows(sink, { columns }, [[2, 'b']], { number: 2, ledger: at('2', 5) });
  const next = { ...at('2', 5), run: '01RUN', batch: 2, wrote: true };
  expect(await ledgerOf(sink).read(key)).toEqual({ entry: next, target: 'rows' });
  expect(readBack(path, 'SELECT checkpoint FROM _syncline_checkpoints')).toEqual([
    ['{"cursor":{"text":"2","kind":"number"}}'],
  ]);
});

test.each([
  [
    'a row is refused',
    `CREATE TRIGGER no BEFORE INSERT ON rows WHEN new.id = 3 BEGIN SELECT raise(ABORT, 'no'); END`,
  ],
  [
    'the checkpoint is refused',
    `CREATE TRIGGER no BEFORE INSERT ON _syncline_checkpoints WHEN new.batch = 2 BEGIN SELECT raise(ABORT, 'no'); END`,
  ],
  [
    'the COMMIT is refused',
    `CREATE TABLE parents (id INTEGER PRIMARY KEY);
    CREATE TABLE children (id INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER orphan AFTER INSERT ON rows WHEN new.id = 3 BEGIN INSERT INTO children VALUES (new.id); END`,
  ],
])('neither rows nor checkpoint are written when %s', async (_, trigger) => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  await commitRows(sink, { columns }, [[1, 'a']], { ledger: at('1') });
  otherClient(path).exec(trigger);
  const rows: Row[] = [
    [2, 'b'],
    [3, 'c'],
  ];
  const failing = commitRows(sink, { columns }, rows, { number: 2, ledger: at('3') });
  await expect(failing).rejects.toMatchObject({ code: 'sql/constraint' });
  expect(readBack(path, 'SELECT id FROM rows')).toEqual([[1n]]);
  expect(await ledgerOf(sink).read(key)).toEqual({ entry, target: 'rows' });
});

test('a run whose lease was taken over writes nothing, and the one that took it goes on', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  await commitRows(sink, { columns }, [[1, 'a']], { ledger: at('1', 7) });
  const zombie = commitRows(sink, { columns }, [[2, 'b']], { number: 2, ledger: at('2', 6) });
  await expect(zombie).rejects.toMatchObject({
    code: 'lease/lost',
    message: expect.stringContaining('"tested"'),
  });
  const first = commitRows(sink, { columns, name: 'rows2' }, [[2, 'b']], { ledger: at('2', 6) });
  await expect(first, 'a target of its own has a fence of its own').resolves.toMatchObject({ inserted: 1 });
  await commitRows(sink, { columns }, [[3, 'c']], { number: 2, ledger: at('3', 7) });
  expect(readBack(path, 'SELECT id FROM rows')).toEqual([[1n], [3n]]);
  expect((await ledgerOf(sink).read(key)).entry).toMatchObject({ fence: 7, batch: 2 });
});

test('the first commit of a zombie makes no table', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  await ledgerOf(sink).write(key, { ...entry, fence: 3, wrote: false });
  const zombie = commitRows(sink, { columns }, [[1, 'a']], { ledger: at('1', 2) });
  await expect(zombie).rejects.toMatchObject({ code: 'lease/lost' });
  expect(await ledgerOf(sink).read(key)).toMatchObject({ target: 'missing' });
});

test('the end of a read that brought nothing is committed, and makes no table', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  const nothing = { schema_changes: [], inserted: 0, updated: 0, unchanged: 0, deleted: 0, kept: 0 };
  const stamps = { run_id: '_run_id' };
  const committed = await commitRows(sink, { columns: [], key: [], stamps }, [], { ledger: at('9') });
  expect(committed).toEqual(nothing);
  expect(await ledgerOf(sink).read(key)).toEqual({
    entry: { ...at('9'), run: '01RUN', batch: 1, wrote: false },
    target: 'missing',
  });
  await commitRows(sink, { columns }, [[1, 'a']], { number: 2, ledger: at('10') });
  await commitRows(sink, { columns: [], key: [] }, [], { number: 3, ledger: at('11') });
  expect((await ledgerOf(sink).read(key)).entry).toEqual({
    ...at('11'),
    run: '01RUN',
    batch: 3,
    wrote: true,
  });
});

test('a target that was emptied or dropped by somebody else is told from one that never had rows', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  const state = async () => {
    const { entry, target } = await ledgerOf(sink).read(key);
    return [entry?.wrote, target];
  };
  const shape: TargetShape = { columns, within: [0] };
  await commitRows(sink, shape, []);
  expect(await state()).toEqual([false, 'empty']);
  await commitRows(sink, shape, [[1, 'a']]);
  expect(await state()).toEqual([true, 'rows']);
  await commitRows(sink, shape, [], { scopes: [{ from: 0, to: 0, parent: [1], seen: [] }] });
  expect(await state(), 'we emptied it').toEqual([false, 'empty']);
  await commitRows(sink, shape, [[1, null]], { tombstones: [0] });
  expect(await state(), 'there was none to delete').toEqual([false, 'empty']);
  await commitRows(sink, shape, [[1, 'a']]);
  otherClient(path).exec('DELETE FROM rows');
  expect(await state()).toEqual([true, 'empty']);
  otherClient(path).exec('DROP TABLE rows');
  expect(await state()).toEqual([true, 'missing']);
  await commitRows(sink, shape, [], { number: 2 });
  expect(await state(), 'its checkpoint is not forgotten with it').toEqual([true, 'empty']);
});

test('rows that were there before and are in the source count as written', async () => {
  const path = databaseFile();
  otherClient(path).exec(
    "CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO rows VALUES (1, 'a')",
  );
  const sink = await targetsOf(path);
  expect(await commitRows(sink, { columns }, [[1, 'a']])).toMatchObject({ unchanged: 1 });
  expect((await ledgerOf(sink).read(key)).entry?.wrote).toBe(true);
});

test('entries are put, replaced, listed and removed; looking makes no file', async () => {
  const path = databaseFile();
  const sink = await targetsOf(path);
  const ledger = ledgerOf(sink);
  expect(await ledger.read(key)).toEqual({ target: 'missing' });
  expect(await ledger.list()).toEqual([]);
  await ledger.write(key, undefined);
  expect(existsSync(path)).toBe(false);

  const other = { pipeline: "it's 2026-01..2026-02", target: 'a "quoted" table' };
  await ledger.write(other, { ...entry, checkpoint: {} });
  await ledger.write(key, entry);
  await ledger.write(key, { ...entry, fence: 2 });
  expect(await ledger.list()).toEqual([
    { ...other, entry: { ...entry, checkpoint: {} } },
    { ...key, entry: { ...entry, fence: 2 } },
  ]);
  await expect(ledger.write(key, entry)).rejects.toMatchObject({ code: 'lease/lost' });
  expect(await ledger.read(other)).toEqual({ entry: { ...entry, checkpoint: {} }, target: 'missing' });

  await ledger.write(key, undefined);
  expect(await ledger.list()).toMatchObject([other]);
  expect(
    readBack(path, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '_syncline_%'"),
  ).toEqual([]);
});

test('a database without a ledger has no entries, and is left without one', async () => {
  const path = databaseFile();
  otherClient(path).exec('CREATE TABLE rows (id INTEGER); INSERT INTO rows VALUES (1)');
  const ledger = ledgerOf(await targetsOf(path));
  expect(await ledger.read(key)).toEqual({ target: 'rows' });
  expect(await ledger.list()).toEqual([]);
  await ledger.write(key, undefined);
  expect(readBack(path, 'SELECT name FROM sqlite_schema')).toEqual([['rows']]);
});

test('the checkpoints of a newer ledger are neither read nor written', async () => {
  const path = databaseFile();
  const ledger = ledgerOf(await targetsOf(path));
  await ledger.write(key, entry);
  otherClient(path).exec('UPDATE _syncline_ledger SET version = 99');
  const newer = { code: 'ledger/newer' };
  await expect(ledger.read(key)).rejects.toMatchObject(newer);
  await expect(ledger.list()).rejects.toMatchObject(newer);
  await expect(ledger.write(key, { ...entry, fence: 9 })).rejects.toMatchObject(newer);
  await expect(ledger.write(key, undefined)).rejects.toMatchObject(newer);
  expect(readBack(path, 'SELECT fence FROM _syncline_checkpoints')).toEqual([[1n]]);
});

const odd: Checkpoint = {
  cursor: { text: 'a\0\ud800"é', kind: 'text', seen: { '["a",1]': 2, [`{"n":${2n ** 60n}}`]: 1 } },
  position: {
    source: {
      byte: 2n ** 63n + 1n,
      at: new Decimal('0.1000000000000000000001'),
      list: [1, null, true, 'x', 1e300],
    },
    from: { text: '9007199254740993', kind: 'number' },
    highest: { text: '2026-01-02T03:04:05.123456Z', kind: 'timestamp', seen: undefined },
  },
};

test('a checkpoint comes back exactly, also what only its source understands', async () => {
  const sink = await targetsOf(databaseFile());
  await commitRows(sink, { columns }, [[1, 'a']], { ledger: { fence: 1, basis: '', checkpoint: odd } });
  expect((await ledgerOf(sink).read(key)).entry?.checkpoint).toEqual(odd);
  await ledgerOf(sink).write({ ...key, pipeline: 'copy' }, { ...entry, checkpoint: odd });
  const entries = await ledgerOf(sink).list();
  expect(entries.map(({ entry }) => entry.checkpoint)).toEqual([odd, odd]);
  const texts = entries.map(({ entry }) => printCheckpoint(entry.checkpoint));
  expect(new Set(texts)).toEqual(new Set([printCheckpoint(odd)]));
});
