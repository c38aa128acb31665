import assert from 'node:assert/strict';
import type { Cell, Column, Row } from '../model/types.ts';
import { absenceContract } from './absence.ts';
import { constraintContract } from './constraints.ts';
import { countContract } from './counting.ts';
import { journalContract, planContract } from './history.ts';
import { replaceContract } from './replace.ts';
import { describedOptions } from './suite.ts';
import { columns, expectRows, opened, type SinkSuite, sorted, type TargetShape, write } from './target.ts';

/** Registers the tests every sink must pass, those of each mode it declares. */
export function sinkContract(suite: SinkSuite): void {
  const { test, definition } = suite;
  test('describes each of its options', async () => describedOptions(definition.options));
  test('does not know a target that is not there', () =>
    opened(suite, async (sink) => assert.equal(await sink.discover('nothing'), undefined)));
  if (definition.modes.includes('append')) appendContract(suite);
  if (definition.modes.includes('append')) pruneContract(suite);
  if (!definition.modes.every((mode) => mode === 'replace')) countContract(suite);
  if (definition.modes.includes('replace')) replaceContract(suite);
  if (definition.capabilities.includes('absence')) absenceContract(suite);
  if (definition.modes.includes('upsert')) upsertContract(suite);
  if (definition.modes.includes('upsert')) mergeContract(suite);
  if (definition.modes.includes('append') || definition.modes.includes('replace')) exactContract(suite);
  if (suite.makeUnique) for (const mode of ['upsert', 'append'] as const) constraintContract(suite, mode);
  if (definition.capabilities.includes('plan')) planContract(suite);
  if (definition.capabilities.includes('journal')) journalContract(suite);
}

function appendContract(suite: SinkSuite): void {
  suite.test('append adds every row, equal ones too', () =>
    opened(suite, async (sink) => {
      const counts = await write(sink, { mode: 'append' }, [
        [[1, 'a', 1, null]],
        [
          [1, 'a', 1, null],
          [2, 'b', null, '[1]'],
        ],
      ]);
      assert.deepEqual(counts, { inserted: 3, updated: 0, unchanged: 0, deleted: 0, kept: 0 });
      await expectRows(suite, [
        [1, 'a', 1, null],
        [1, 'a', 1, null],
        [2, 'b', null, '[1]'],
      ]);
    }),
  );
}

function pruneContract(suite: SinkSuite): void {
  suite.test('a sink that can prune removes what is older than it is told, and nothing else', () =>
    opened(suite, async (sink) => {
      const before = '2026-01-02T00:00:00.000000Z';
      await sink.prune?.('rows', 'value', before);
      if (sink.prune === undefined) return;
      const typed: Column[] = [
        { name: 'n', type: 'integer' },
        { name: 'value', type: 'timestamp' },
      ];
      const rows: Cell[][] = [
        [1, '2026-01-01T23:59:59.999999Z'],
        [2, before],
        [3, null],
      ];
      await write(sink, { mode: 'append', columns: typed }, [rows]);
      await sink.prune('rows', 'value', before);
      assert.deepEqual(sorted(await suite.read('rows', typed)), sorted(rows.slice(1)));
    }),
  );
}

function upsertContract(suite: SinkSuite): void {
  const shape: TargetShape = { mode: 'upsert', key: [0] };
  suite.test('upsert inserts, updates, and leaves alone, and counts each', () =>
    opened(suite, async (sink) => {
      await write(sink, shape, [
        [
          [1, 'a', 1, null],
          [2, 'b', 2, null],
          [3, 'c', 3, null],
        ],
      ]);
      const counts = await write(sink, shape, [
        [
          [1, 'a', 1, null],
          [2, 'B', 2, null],
          [4, 'd', 4, null],
        ],
      ]);
      assert.deepEqual(counts, { inserted: 1, updated: 1, unchanged: 1, deleted: 0, kept: 0 });
      await expectRows(suite, [
        [1, 'a', 1, null],
        [2, 'B', 2, null],
        [3, 'c', 3, null],
        [4, 'd', 4, null],
      ]);
    }),
  );
  suite.test('a missing field stays as it is, a null clears it', () =>
    opened(suite, async (sink) => {
      await write(sink, shape, [
        [
          [1, 'a', 1, null],
          [2, 'b', 2, null],
        ],
      ]);
      await write(sink, shape, [
        [
          [1, undefined, null, undefined],
          [2, null, undefined, undefined],
        ],
      ]);
      await expectRows(suite, [
        [1, 'a', null, null],
        [2, null, 2, null],
      ]);
    }),
  );
  suite.test('rows of one key in a batch are folded, and the key counts once', () =>
    opened(suite, async (sink) => {
      const counts = await write(sink, shape, [
        [
          [1, 'a', 1, null],
          [1, 'b', undefined, null],
          [1, undefined, 3, null],
        ],
      ]);
      assert.deepEqual(counts, { inserted: 1, updated: 0, unchanged: 0, deleted: 0, kept: 0 });
      await expectRows(suite, [[1, 'b', 3, null]]);
    }),
  );
  suite.test('a batch written twice changes nothing', () =>
    opened(suite, async (sink) => {
      const rows: Row[] = [
        [1, 'a', 1, '{"a":1}'],
        [2, 'b', 2, '[]'],
      ];
      await write(sink, shape, [rows]);
      const counts = await write(sink, shape, [rows]);
      assert.deepEqual(counts, { inserted: 0, updated: 0, unchanged: 2, deleted: 0, kept: 0 });
    }),
  );
  suite.test('a key may have several columns', () =>
    opened(suite, async (sink) => {
      const composite: TargetShape = { mode: 'upsert', key: [0, 1] };
      await write(sink, composite, [
        [
          [1, 'a', 1, null],
          [1, 'b', 2, null],
        ],
      ]);
      await write(sink, composite, [[[1, 'b', 3, null]]]);
      await expectRows(suite, [
        [1, 'a', 1, null],
        [1, 'b', 3, null],
      ]);
    }),
  );
  suite.test('a new column is added, and old rows have null there', () =>
    opened(suite, async (sink) => {
      const more: TargetShape = { ...shape, columns: [...columns, { name: 'email', type: 'string' }] };
      await write(sink, shape, [[[1, 'a', 1, null]]]);
      await write(sink, more, [[[2, 'b', 2, null, 'b@example.com']]]);
      const all = await suite.read('rows', [...columns, { name: 'email', type: 'string' }]);
      assert.deepEqual(
        sorted(all),
        sorted([
          [1, 'a', 1, null, null],
          [2, 'b', 2, null, 'b@example.com'],
        ]),
      );
    }),
  );
}

function mergeContract(suite: SinkSuite): void {
  suite.test('each field is merged by its own strategy', () =>
    opened(suite, async (sink) => {
      const shape: TargetShape = {
        mode: 'upsert',
        key: [0],
        strategies: { name: 'first_value', seen: 'max', tags: 'union' },
      };
      await write(sink, shape, [[[1, 'a', 5, '[1,"x"]']]]);
      await write(sink, shape, [[[1, 'b', 3, '[2,1]']], [[1, 'c', 9, '["x"]']]]);
      await expectRows(suite, [[1, 'a', 9, '[1,"x",2]']]);
    }),
  );
  if (!suite.definition.capabilities.includes('ledger')) return;
  suite.test('keep_edits takes what the source says while nobody edits', () =>
    opened(suite, async (sink) => {
      const shape: TargetShape = { mode: 'upsert', key: [0], strategies: { name: 'keep_edits' } };
      await write(sink, shape, [[[1, 'a', 1, null]]]);
      const counts = await write(sink, shape, [[[1, 'b', 1, null]]]);
      assert.equal(counts.kept, 0);
      await expectRows(suite, [[1, 'b', 1, null]]);
    }),
  );
}

const values: readonly [Column['type'], readonly Cell[]][] = [
  ['string', ['', 'a\nb', '"quoted", \'too\'', '\u{1f44d} é 中', 'x'.repeat(100_000)]],
  ['integer', [0, -1, 2 ** 53 - 1, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]],
  ['number', [0, 0.1, -1.5, 1e300, 5e-324]],
  ['decimal', ['0', '-12.5', '123456789012345678901234567890.123456789']],
  ['boolean', [true, false]],
  ['timestamp', ['0001-01-01T00:00:00.000000Z', '9999-12-31T23:59:59.999999Z']],
  ['date', ['0001-01-01', '9999-12-31']],
  ['json', ['{"a":[1,null,{"b":"c"}]}', '[]', '"text"', '9007199254740993', 'true']],
];

function exactContract(suite: SinkSuite): void {
  for (const [type, cells] of values)
    suite.test(`${type} values arrive as they left`, () =>
      opened(suite, async (sink) => {
        const typed: Column[] = [
          { name: 'n', type: 'integer' },
          { name: 'value', type },
        ];
        const mode = suite.definition.modes.includes('append') ? 'append' : 'replace';
        const rows = cells.map((cell, index): Cell[] => [index, cell]);
        await write(sink, { mode, columns: typed }, [[...rows, [rows.length, null]]]);
        const read = await suite.read('rows', typed);
        assert.deepEqual(sorted(read), sorted([...rows, [rows.length, null]]));
      }),
    );
}
