import assert from 'node:assert/strict';
import type { Row } from '../model/types.ts';
import type { OpenSink } from '../plugin/contract.ts';
import { batchOf, columns, opened, run, type SinkSuite, sorted, type TargetShape, write } from './target.ts';

/** The tests of a sink that can plan. */
export function planContract(suite: SinkSuite): void {
  if (!suite.definition.modes.includes('upsert')) return;
  const shape: TargetShape = { mode: 'upsert', key: [0], strategies: { seen: 'max' } };
  const batches: Row[][] = [
    [
      [1, 'A', 1, null],
      [3, 'c', 3, null],
    ],
    [
      [3, 'c', 4, '[1]'],
      [2, 'b', 2, null],
    ],
  ];
  suite.test('a plan writes nothing, and tells what the commits then do', () =>
    opened(suite, async (sink) => {
      await write(sink, shape, [
        [
          [1, 'a', 1, null],
          [2, 'b', 2, null],
        ],
      ]);
      const before = sorted(await suite.read('rows', columns));
      const planner = await sink.plan?.({ name: 'rows', mode: 'upsert', run });
      assert.ok(planner, 'it declares `plan` and has no method `plan`');
      const planned = [];
      for (const [index, rows] of batches.entries())
        planned.push(await planner.plan(batchOf(shape, rows, index + 3)));
      await planner.close();
      assert.deepEqual(sorted(await suite.read('rows', columns)), before);
      const writer = await sink.begin({ name: 'rows', mode: 'upsert', run });
      for (const [index, rows] of batches.entries()) {
        const { changes: _, kept_fields: __, ...counts } = planned[index] ?? { changes: [], kept_fields: [] };
        assert.deepEqual(counts, await writer.commit(batchOf(shape, rows, index + 3)));
      }
      await writer.close();
      assert.deepEqual(
        planned.map(({ changes }) => changes.map(({ kind, key }) => `${kind} ${key[0]?.[1]}`)),
        [['update 1', 'insert 3'], ['update 3']],
      );
      assert.deepEqual(planned[1]?.changes[0]?.fields, [
        { column: 'seen', before: 3, after: 4, strategy: 'max' },
        { column: 'tags', before: null, after: '[1]', strategy: 'overwrite' },
      ]);
    }),
  );
  suite.test('a plan of a target that is not there makes none', () =>
    opened(suite, async (sink) => {
      const planner = await sink.plan?.({ name: 'rows', mode: 'upsert', run });
      const planned = await planner?.plan(batchOf(shape, batches[0] ?? [], 1));
      await planner?.close();
      assert.equal(planned?.inserted, 2);
      assert.equal(await suite.read('rows', columns), undefined);
    }),
  );
}

/** The tests of a sink that keeps a journal. */
export function journalContract(suite: SinkSuite): void {
  const undo = async (sink: OpenSink, id: string) => {
    const undone = [];
    const request = { run: id, fences: { tested: 1 }, force: false, rehearse: false };
    for await (const batch of sink.journal?.undo(request) ?? []) undone.push(batch);
    return undone;
  };
  for (const mode of ['upsert', 'append'] as const)
    suite.test(`undoing ${mode === 'upsert' ? 'an upsert' : 'an append'} leaves what was there before`, () =>
      opened(suite, async (sink) => {
        const shape: TargetShape = { mode, key: [0] };
        await write(sink, shape, [[[1, 'a', 1, null]]]);
        const before = sorted(await suite.read('rows', columns));
        const writer = await sink.begin({ name: 'rows', mode, run });
        const rows: Row[] = [
          [1, 'A', 2, '{}'],
          [2, 'b', 2, null],
        ];
        for (const number of [2, 3]) {
          const batch = batchOf(shape, rows.slice(0, number - 1), number);
          const target = { ...batch.target, run: { ...run, id: 'second' } };
          await writer.commit({ ...batch, target, journal: true });
        }
        await writer.close();
        assert.deepEqual(
          (await sink.journal?.runs())?.map((one) => [one.run, one.pipeline, one.target]),
          [['second', 'tested', 'rows']],
        );
        assert.equal((await undo(sink, 'second')).length, 2);
        assert.deepEqual(sorted(await suite.read('rows', columns)), before);
        assert.deepEqual(await sink.journal?.runs(), []);
      }),
    );
}
