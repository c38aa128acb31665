import assert from 'node:assert/strict';
import type { Cell, Column, Row, RowBatch } from '../model/types.ts';
import type { OpenSink } from '../plugin/contract.ts';
import {
  batchOf,
  columns,
  expectRows,
  opened,
  readOf,
  type SinkSuite,
  sorted,
  type TargetShape,
  write,
} from './target.ts';

export const rows = (...ids: readonly number[]): Cell[][] => ids.map((id) => [id, `name ${id}`, id, null]);
const mirror: TargetShape = { mode: 'mirror', key: [0] };

/** What a sink must do that can tell what a complete read did not contain. */
export function absenceContract(suite: SinkSuite): void {
  if (!suite.definition.modes.includes('mirror')) return;
  mirrorContract(suite);
  softContract(suite);
}

function mirrorContract(suite: SinkSuite): void {
  suite.test('mirror deletes what a complete read did not contain', () =>
    opened(suite, async (sink) => {
      await write(sink, mirror, [rows(1, 2, 3)]);
      const counts = await write(sink, mirror, [rows(3), rows(4, 4)]);
      assert.deepEqual(counts, { inserted: 1, updated: 0, unchanged: 1, deleted: 2, kept: 0 });
      await expectRows(suite, rows(3, 4));
    }),
  );
  suite.test('mirror counts what is absent before it deletes: new rows were not there', () =>
    opened(suite, async (sink) => {
      await write(sink, mirror, [rows(1, 2, 3)]);
      await commitAll(sink, mirror, [rows(3, 4), rows(5)]);
      const counts = await sink.absence?.count(readOf(mirror, 3));
      assert.deepEqual(counts, { rows: 3, absent: 2, empty: false, withheld: false });
      await expectRows(suite, rows(1, 2, 3, 4, 5));
    }),
  );
  suite.test('rejected rows count as seen, and one without a key withholds all', () =>
    opened(suite, async (sink) => {
      await write(sink, mirror, [rows(1, 2, 3)]);
      await commitAll(sink, mirror, [rows(1)], { keys: [[2]], withhold: false });
      const read = readOf(mirror, 2);
      assert.deepEqual(await sink.absence?.count(read), {
        rows: 3,
        absent: 1,
        empty: false,
        withheld: false,
      });
      await commitAll(sink, mirror, [rows(1)], { keys: [], withhold: true });
      assert.deepEqual(await sink.absence?.count(read), { rows: 3, absent: 2, empty: false, withheld: true });
      await commitAll(sink, mirror, [[]]);
      assert.deepEqual(await sink.absence?.count(read), { rows: 3, absent: 3, empty: true, withheld: false });
    }),
  );
  suite.test('a tombstone deletes its row, in the order of arrival', () =>
    opened(suite, async (sink) => {
      const shape: TargetShape = { mode: 'upsert', key: [0] };
      await write(sink, shape, [rows(1, 2, 3)]);
      const writer = await sink.begin({
        name: 'rows',
        mode: 'upsert',
        run: batchOf(shape, [], 1).target.run,
      });
      const key = (id: number) => [id, undefined, undefined, undefined];
      const batch = batchOf(shape, [key(1), ...rows(4), key(2), ...rows(2), key(4), key(9)], 1);
      const { inserted, updated, deleted } = await writer.commit({ ...batch, tombstones: [0, 2, 4, 5] });
      await writer.close();
      assert.deepEqual({ inserted, updated, deleted }, { inserted: 0, updated: 0, deleted: 1 });
      await expectRows(suite, rows(2, 3));
    }),
  );
}

const marked: Column[] = [...columns, { name: 'gone', type: 'timestamp' }];
const soft: TargetShape = { mode: 'mirror', key: [0], columns: marked, deleted_at: 4 };
const living = (...ids: readonly number[]): Cell[][] => rows(...ids).map((row) => [...row, null]);

function softContract(suite: SinkSuite): void {
  suite.test('a row that is marked as deleted is not deleted again, and is living when it comes back', () =>
    opened(suite, async (sink) => {
      await write(sink, soft, [living(1, 2, 3)]);
      assert.equal((await write(sink, soft, [living(1)])).deleted, 2);
      const mark = '2026-01-02T03:04:05.000000Z';
      const expected = [...living(1), ...rows(2, 3).map((row) => [...row, mark])];
      assert.deepEqual(sorted(await suite.read('rows', marked)), sorted(expected));
      assert.equal((await write(sink, soft, [living(1)])).deleted, 0);
      const back = await write(sink, soft, [living(1, 2)]);
      assert.deepEqual(back, { inserted: 0, updated: 1, unchanged: 1, deleted: 0, kept: 0 });
    }),
  );
}

/** A read that begins at its beginning, up to where it would be judged. */
async function commitAll(
  sink: OpenSink,
  shape: TargetShape,
  batches: readonly (readonly Row[])[],
  seen: RowBatch['seen'] = { keys: [], withhold: false },
): Promise<void> {
  await sink.absence?.forget(readOf(shape, 0));
  const { run } = batchOf(shape, [], 1).target;
  const writer = await sink.begin({ name: 'rows', mode: shape.mode, run });
  for (const [index, batch] of batches.entries())
    await writer.commit({ ...batchOf(shape, batch, index + 1), seen });
  await writer.close();
}
