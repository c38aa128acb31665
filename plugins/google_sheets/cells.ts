import { type Cell, type ColumnType, storedCell, type TargetColumn } from 'syncline';
import type { SheetValue } from './spreadsheet.ts';

/** No cell holds a longer text. */
export const longestText = 50_000;

/** The strategies that compare or compute, and can do neither with a text that somebody typed. */
const reckoning = new Set(['max', 'min', 'newest', 'bool_or', 'bool_and']);

/**
 * What a cell of a sheet holds, as the cell of a column. What a person typed may be no value of its type: then it is text,
 * which differs from all that Syncline writes; where it is to be reckoned with, it counts as empty.
 */
export function cellOf({ type, strategy }: TargetColumn, value: SheetValue | undefined): Cell {
  if (value === undefined || value === '') return null;
  // A cell of JSON is its text, as it was written.
  if (type === 'json') return typeof value === 'string' ? value : String(value);
  const cell = storedCell(type, value);
  if (cell !== undefined) return cell;
  return reckoning.has(strategy.type) ? null : String(value);
}

/** A value as the API is told it: never as if it were typed, so that `=1+1` stays text. */
export type Entered = { readonly userEnteredValue?: { readonly [kind: string]: string | number | boolean } };

export function enteredOf(type: ColumnType, cell: Cell): Entered {
  if (cell === null || cell === '') return {};
  if (typeof cell === 'boolean') return { userEnteredValue: { boolValue: cell } };
  const number = numberOf(type, cell);
  if (number !== undefined) return { userEnteredValue: { numberValue: number } };
  return { userEnteredValue: { stringValue: String(cell) } };
}

/** A sheet keeps numbers as doubles: one with more digits is written as text, and so is exact. */
function numberOf(type: ColumnType, cell: string | number | bigint): number | undefined {
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'bigint' || type !== 'decimal') return undefined;
  const number = Number(cell);
  const isWhole = !Number.isInteger(number) || Number.isSafeInteger(number);
  return isWhole && String(number) === cell ? number : undefined;
}
