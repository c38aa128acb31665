import assert from 'node:assert/strict';
import { RowsRefused, SyncError } from '../model/errors.ts';
import type { Row } from '../model/types.ts';
import { expectRows, opened, type SinkSuite, type TargetShape, write } from './target.ts';

export function constraintContract(suite: SinkSuite, mode: 'upsert' | 'append'): void {
  if (!suite.definition.modes.includes(mode)) return;
  const shape: TargetShape = { mode, key: mode === 'upsert' ? [0] : [] };
  suite.test(
    `${mode} writes nothing of a batch that a constraint refuses, and all of it without the row`,
    () =>
      opened(suite, async (sink) => {
        await write(sink, shape, [[[1, 'a', 1, null]]]);
        await suite.makeUnique?.('rows', 'name');
        const rows: Row[] = [
          [2, 'b', 2, null],
          [3, 'a', 3, null],
          [4, 'c', 4, null],
        ];
        const error: unknown = await write(sink, shape, [rows]).catch((thrown: unknown) => thrown);
        assert.ok(error instanceof SyncError && error.code === 'sql/constraint', `it threw ${String(error)}`);
        if (error instanceof RowsRefused)
          assert.deepEqual(
            error.rows.map(({ row }) => row),
            [1],
          );
        await expectRows(suite, [[1, 'a', 1, null]]);
        await write(sink, shape, [rows.filter(([id]) => id !== 3)]);
        await expectRows(suite, [
          [1, 'a', 1, null],
          [2, 'b', 2, null],
          [4, 'c', 4, null],
        ]);
      }),
  );
}
