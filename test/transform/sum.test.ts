import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell, ColumnType } from '../../src/model/types.ts';
import { MergeTable, targetOf } from './merge-table.ts';
import '../counts.ts';

/** What a column makes of these cells, in batches of this size. */
function summed(type: ColumnType, cells: readonly (Cell | undefined)[], size = 1): Cell | undefined {
  const table = new MergeTable(
    targetOf([
      { name: 'id', type: 'integer' },
      { name: 'spent', type, strategy: { type: 'sum' } },
    ]),
  );
  for (let from = 0; from < cells.length; from += size)
    table.commit(cells.slice(from, from + size).map((cell) => [1, cell]));
  return table.only?.[1];
}

describe('sum', () => {
  it.each<[ColumnType, Cell[], Cell]>([
    ['integer', [2, 3], 5],
    ['integer', [7, 7, 7], 21],
    ['integer', [9007199254740991, 2], 9007199254740993n],
    ['integer', [9007199254740993n, -2], 9007199254740991],
    ['number', [0.5, -0.5], 0],
    ['number', [1.5, 2.25], 3.75],
    ['decimal', ['0.1', '0.2'], '0.3'],
    ['decimal', ['99999999999999999999.99', '0.01'], '100000000000000000000'],
    ['decimal', ['-0.5', '0.25'], '-0.25'],
    ['decimal', ['1', '-1'], '0'],
  ])('of type %s adds %s up to %s', (type, cells, sum) => {
    expect(summed(type, cells)).toBe(sum);
    expect(summed(type, cells, cells.length)).toBe(sum);
  });

  it('counts null and missing as nothing, and begins at a null that is there', () => {
    expect(summed('integer', [2, null, undefined, 3])).toBe(5);
    expect(summed('integer', [null, 3])).toBe(3);
  });

  it('is exact for integers and decimals, whatever the batches', () => {
    const cents = fc.array(fc.bigInt(-(10n ** 15n), 10n ** 15n), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(cents, fc.integer({ min: 1, max: 20 }), (values, size) => {
        const total = values.reduce((sum, value) => sum + value, 0n);
        const integers = values.map((value) => Number(value));
        expect(BigInt(String(summed('integer', integers, size)))).toBe(total);
        const decimals = values.map((value) => canonical(value));
        expect(summed('decimal', decimals, size)).toBe(canonical(total));
      }),
    );
  });

  it.each<[ColumnType, Cell[]]>([
    ['integer', [9223372036854775807n, 1]],
    ['number', [1.7e308, 1.7e308]],
  ])('of type %s refuses what the column cannot hold', (type, cells) => {
    expect(() => summed(type, cells)).toThrow(expect.objectContaining({ code: 'merge/overflow' }));
  });

  it.each<ColumnType>(['string', 'boolean', 'timestamp', 'date', 'json'])('is not for type %s', (type) => {
    expect(() => summed(type, [null])).toThrow(expect.objectContaining({ code: 'merge/type' }));
  });
});

/** Cents as the decimal of their whole units. */
function canonical(cents: bigint): string {
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0');
  const text = `${digits.slice(0, -2)}.${digits.slice(-2)}`.replace(/\.?0+$/, '');
  return cents < 0n ? `-${text}` : text;
}
