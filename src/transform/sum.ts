import { SyncError } from '../model/errors.ts';
import type { Cell, ColumnType } from '../model/types.ts';
import { canonicalDecimal, isInt64 } from './number.ts';

/** The types whose cells have a sum. */
type SummedType = Extract<ColumnType, 'integer' | 'number' | 'decimal'>;

export function isSummed(type: ColumnType): type is SummedType {
  return type === 'integer' || type === 'number' || type === 'decimal';
}

/** The sum of two cells: exact, but for doubles. Throws `merge/overflow` for one that the column cannot hold. */
export function addCells(
  column: string,
  type: SummedType,
  a: NonNullable<Cell>,
  b: NonNullable<Cell>,
): NonNullable<Cell> {
  const sum =
    type === 'integer'
      ? addIntegers(a, b)
      : type === 'number'
        ? addNumbers(Number(a), Number(b))
        : addDecimals(String(a), String(b));
  if (sum !== undefined) return sum;
  throw new SyncError('merge/overflow', `the sum of ${a} and ${b} is too large for the ${type} "${column}"`, {
    hint: 'Declare `type: decimal` under `map` and read the stream again into a new column or table.',
  });
}

function addIntegers(a: NonNullable<Cell>, b: NonNullable<Cell>): number | bigint | undefined {
  if (typeof a === 'number' && typeof b === 'number' && Number.isSafeInteger(a + b)) return a + b;
  const sum = BigInt(a) + BigInt(b);
  if (!isInt64(sum)) return undefined;
  return Number.isSafeInteger(Number(sum)) ? Number(sum) : sum;
}

function addNumbers(a: number, b: number): number | undefined {
  const sum = a + b;
  return Number.isFinite(sum) ? sum || 0 : undefined;
}

function addDecimals(a: string, b: string): string | undefined {
  const places = Math.max(placesOf(a), placesOf(b));
  const sum = scaled(a, places) + scaled(b, places);
  return canonicalDecimal(`${sum}e-${places}`);
}

function placesOf(decimal: string): number {
  const point = decimal.indexOf('.');
  return point === -1 ? 0 : decimal.length - point - 1;
}

function scaled(decimal: string, places: number): bigint {
  return BigInt(decimal.replace('.', '') + '0'.repeat(places - placesOf(decimal)));
}
