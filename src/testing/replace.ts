import assert from 'node:assert/strict';
import { rows } from './absence.ts';
import {
  batchOf,
  columns,
  complete,
  expectRows,
  opened,
  readOf,
  run,
  type SinkSuite,
  type TargetShape,
  write,
} from './target.ts';

export function replaceContract(suite: SinkSuite): void {
  const shape: TargetShape = { mode: 'replace' };
  if (suite.definition.capabilities.includes('absence')) keyedContract(suite);
  suite.test('replace shows nothing until it is complete', () =>
    opened(suite, async (sink) => {
      const writer = await sink.begin({ name: 'rows', mode: 'replace', run });
      if (sink.absence) await sink.absence.forget(readOf(shape, 0));
      await writer.commit(batchOf(shape, [[1, 'a', 1, null]], 1));
      assert.equal(await suite.read('rows', columns), undefined);
      await complete(sink, writer, shape, 2);
      await writer.close();
      await expectRows(suite, [[1, 'a', 1, null]]);
    }),
  );
  suite.test('replace leaves what was there when it is not completed', () =>
    opened(suite, async (sink) => {
      await write(sink, shape, [[[1, 'a', 1, null]]]);
      const writer = await sink.begin({ name: 'rows', mode: 'replace', run });
      await writer.commit(batchOf(shape, [[2, 'b', 2, null]], 1));
      await writer.close();
      await expectRows(suite, [[1, 'a', 1, null]]);
    }),
  );
  suite.test('replace takes away what is no longer read', () =>
    opened(suite, async (sink) => {
      await write(sink, shape, [
        [
          [1, 'a', 1, null],
          [2, 'b', 2, null],
        ],
      ]);
      await write(sink, shape, [[[2, 'c', 2, null]], [[3, 'd', 3, null]]]);
      await expectRows(suite, [
        [2, 'c', 2, null],
        [3, 'd', 3, null],
      ]);
    }),
  );
}

function keyedContract(suite: SinkSuite): void {
  const shape: TargetShape = { mode: 'replace', key: [0] };
  suite.test('replace writes what differs, and what is missing in the new row is cleared', () =>
    opened(suite, async (sink) => {
      await write(sink, shape, [rows(1, 2, 3)]);
      const counts = await write(sink, shape, [[[2, undefined, 5, null], ...rows(3)], [[4, 'a', 1, null]]]);
      assert.deepEqual(counts, { inserted: 1, updated: 1, unchanged: 1, deleted: 1, kept: 0 });
      await expectRows(suite, [[2, null, 5, null], ...rows(3), [4, 'a', 1, null]]);
    }),
  );
}
