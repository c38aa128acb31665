import fc from 'fast-check';
import type { Cell, ColumnType, Row, Strategy, Target } from '../../src/model/types.ts';
import { type MergeTable, targetOf } from '../transform/merge-table.ts';

export const samples: { readonly [type in ColumnType]?: readonly Cell[] } = {
  string: ['a', 'b', 'c'],
  integer: [-1, 0, 1, 2],
  decimal: ['9.5', '10.25', '-0.5'],
  boolean: [true, false],
  json: [
    '[1]',
    '[1.0,"1",1]',
    '[true,{"a":1,"b":2}]',
    '{"b":2,"a":1.0}',
    '{"a":{"x":1,"y":[1]}}',
    '{"a":{"y":null},"c":1}',
    '{"__proto__":{"x":1}}',
    '"a"',
  ],
};

interface FieldKind {
  readonly type: ColumnType;
  readonly strategy: Strategy;
}

export const ofTypes = (
  types: readonly ColumnType[],
  ...names: Exclude<Strategy['type'], 'newest' | 'function'>[]
) => names.flatMap((name) => types.map((type): FieldKind => ({ type, strategy: { type: name } })));

const newest: FieldKind = { type: 'string', strategy: { type: 'newest', by: 'at' } };

/** Every strategy, with the types it can merge. */
export const kinds: readonly FieldKind[] = [
  ...ofTypes(['string', 'json'], 'overwrite', 'first_value', 'first_non_null_value', 'last_non_null_value'),
  ...ofTypes(['string', 'json'], 'keep_edits'),
  ...ofTypes(['string', 'integer', 'decimal'], 'max', 'min'),
  ...ofTypes(['boolean'], 'bool_or', 'bool_and'),
  ...ofTypes(['json'], 'union', 'shallow_merge', 'deep_merge'),
  newest,
];

/** The key is (parent, id); `at` is what `newest` goes by; then come the fields under test. */
export function targetOfFields(
  fields: readonly FieldKind[],
  tracked = false,
  within?: readonly number[],
): Target {
  const named = fields.map((kind, place) => ({
    ...kind,
    name: `field${place}`,
    tracked: tracked || kind.strategy.type === 'keep_edits',
  }));
  const head = [
    { name: 'parent', type: 'string' },
    { name: 'id', type: 'integer' },
    { name: 'at', type: 'integer', strategy: { type: 'max' }, tracked },
  ] as const;
  return targetOf([...head, ...named], [0, 1], within);
}

const cellOf = (type: ColumnType) =>
  fc.option(fc.option(fc.constantFrom(...(samples[type] ?? [])), { nil: null, freq: 6 }), {
    nil: undefined,
    freq: 6,
  });

export function rowOf(target: Target): fc.Arbitrary<Row> {
  const [, , ...cells] = target.columns.map(({ type }) => cellOf(type));
  return fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom(1, 2), ...cells);
}

export const rowsOf = (target: Target) => fc.array(rowOf(target), { maxLength: 10 });

/** The cells and what is remembered of them, with json by value. */
export function contents(table: MergeTable, target: Target): Map<string, unknown> {
  const plain = (row: Row | undefined) =>
    target.columns.map(({ type }, place) => plainValue(type, row?.[place]));
  const entries = [...table.rows].map(
    ([key, { row, written }]) => [key, [plain(row), plain(written)]] as const,
  );
  return new Map(entries.sort());
}

export function plainValue(type: ColumnType, cell: Cell | undefined): unknown {
  if (typeof cell !== 'string') return cell;
  return type === 'json' ? JSON.parse(cell) : type === 'decimal' ? Number(cell) : cell;
}
