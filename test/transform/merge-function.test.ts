import { describe, expect, it } from 'vitest';
import { Decimal } from '../../src/model/decimal.ts';
import type { Cell, ColumnType, MergeFunction, Value } from '../../src/model/types.ts';
import { keyOf } from '../../src/transform/cells.ts';
import { fold } from '../../src/transform/fold.ts';
import { MergeTable, targetOf } from './merge-table.ts';

const path = '/project/my-merge.ts';

function tableOf(type: ColumnType, merge: MergeFunction): MergeTable {
  const field = { name: 'field', type, strategy: { type: 'function', path } } as const;
  return new MergeTable(targetOf([{ name: 'id', type: 'integer' }, field]), new Map([[path, merge]]));
}

function merged(
  type: ColumnType,
  merge: MergeFunction,
  ...cells: readonly (Cell | undefined)[]
): Cell | undefined {
  const table = tableOf(type, merge);
  for (const cell of cells) table.commit([[7, cell]]);
  return table.only?.[1];
}

/** What code without types may return. */
const untyped =
  (result: unknown): MergeFunction =>
  () =>
    result as Value;

describe('a merge function', () => {
  it('gets natural values, and where it is asked', () => {
    const calls: unknown[] = [];
    const record: MergeFunction = (...call) => {
      calls.push(call);
      return call[1];
    };
    merged('json', record, '{"a":[1]}', '2');
    merged('decimal', record, '1.5', '0.12345678901234567890');
    merged('integer', record, 9007199254740993n, null);
    const context = { field: 'field', key: [7], run: 'run-1' };
    expect(calls).toEqual([
      [{ a: [1] }, 2, context],
      [1.5, new Decimal('0.12345678901234567890'), context],
      [9007199254740993n, null, context],
    ]);
  });

  it('is asked when both values are the same, but not for new rows, missing fields and existing nulls', () => {
    const add: MergeFunction = (a, b) => Number(a) + Number(b);
    expect(merged('integer', add, 1)).toBe(1);
    expect(merged('integer', add, null, 1)).toBe(1);
    expect(merged('integer', add, 1, undefined)).toBe(1);
    expect(merged('integer', add, 1, 1)).toBe(2);
  });

  it('keeps the existing value by returning undefined, and clears by null', () => {
    expect(merged('string', untyped(undefined), 'old', 'new')).toBe('old');
    expect(merged('string', () => null, 'old', 'new')).toBe(null);
  });

  it('returns what is brought to the type of the column', () => {
    expect(merged('json', () => ({ b: [1n] }), '1', '2')).toBe('{"b":[1]}');
    expect(merged('decimal', () => 1.5, '1', '2')).toBe('1.5');
  });

  it('is the one that was handed in with the batch', () => {
    const field = { name: 'field', type: 'integer', strategy: { type: 'function', path } } as const;
    const target = targetOf([{ name: 'id', type: 'integer' }, field]);
    const existing = new Map([[keyOf([7]), { row: [7, 1] }]]);
    for (const result of [2, 3]) {
      const functions = new Map([[path, () => result]]);
      expect(fold({ target, rows: [[7, 1]] }, existing, functions).changes).toMatchObject([
        { row: [7, result] },
      ]);
    }
  });

  it('that throws is an error naming it, the field and the key', () => {
    const fails: MergeFunction = () => {
      throw new TypeError('no such thing');
    };
    const message = `${path} failed for "field" of the row with the key 7: no such thing`;
    expect(() => merged('string', fails, 'a', 'b')).toThrow(
      expect.objectContaining({ code: 'merge/function', message, cause: expect.any(TypeError) }),
    );
  });

  it.each<[ColumnType, unknown]>([
    ['integer', 'many'],
    ['integer', Number.NaN],
    ['string', Symbol('x')],
    ['string', () => 'x'],
    ['json', Promise.resolve(1)],
    ['json', { at: new Date(0) }],
    ['json', [undefined]],
    ['json', new Map()],
  ])('of a column of type %s that returns %s is an error, not a silent change', (type, result) => {
    expect(() => merged(type, untyped(result), '1', '2')).toThrow(
      expect.objectContaining({
        code: 'merge/function',
        message: expect.stringContaining(`not of type ${type}`),
      }),
    );
  });
});
