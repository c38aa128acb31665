import assert from 'node:assert/strict';
import { opened, type SinkSuite, write } from './target.ts';

/** The tests of a sink that can count its rows; one that cannot passes them. */
export function countContract(suite: SinkSuite): void {
  const [mode] = suite.definition.modes;
  const signal = new AbortController().signal;
  suite.test('a sink that can count tells all rows, and those that are marked as deleted', () =>
    opened(suite, async (sink) => {
      if (sink.count === undefined) return;
      assert.equal(await sink.count('nothing', { signal }), undefined);
      const rows = [
        [1, 'a', null, null],
        [2, null, null, null],
        [3, 'c', 3, null],
      ];
      await write(sink, { mode, key: mode === 'append' ? [] : [0] }, [rows]);
      assert.deepEqual(await sink.count('rows', { signal }), { total: 3, deleted: 0 });
      assert.deepEqual(await sink.count('rows', { deleted_at: 'name', signal }), { total: 3, deleted: 2 });
      assert.deepEqual(await sink.count('rows', { deleted_at: 'tags', signal }), { total: 3, deleted: 0 });
    }),
  );
  suite.test('a sink that can count stops when it is told to', () =>
    opened(suite, async (sink) => {
      if (sink.count === undefined) return;
      const signal = AbortSignal.abort('stopped');
      await assert.rejects(sink.count('rows', { signal }), (error) => error === 'stopped');
    }),
  );
}
