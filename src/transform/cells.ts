import type { Cell, ColumnType, Row } from '../model/types.ts';
import { equalValues, parseJsonCell } from './json-values.ts';

/** Whether two cells of a column are the same: json by value, everything else as it is. */
export function equalCells(type: ColumnType, a: Cell, b: Cell): boolean {
  if (a === b) return true;
  if (type !== 'json' || typeof a !== 'string' || typeof b !== 'string') return false;
  return equalValues(parseJsonCell(a), parseJsonCell(b));
}

/** The columns whose cells have an order. */
export type OrderedType = Exclude<ColumnType, 'json'>;

/**
 * Below 0 when `a` comes before `b`, 0 when neither does. Text by code point, which is also the order of its UTF-8
 * bytes; decimals by value, exactly; false before true.
 */
export function compareCells(type: OrderedType, a: NonNullable<Cell>, b: NonNullable<Cell>): number {
  if (type === 'string') return compareText(String(a), String(b));
  if (type === 'decimal') return compareDecimals(String(a), String(b));
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let place = 0; place < length; place++) {
    const left = a.charCodeAt(place);
    const right = b.charCodeAt(place);
    if (left !== right) return codePointOrder(left) - codePointOrder(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others, but sort before U+E000 as UTF-16 units. */
function codePointOrder(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Compares decimals in canonical form, where more digits before the point mean a greater number. */
function compareDecimals(a: string, b: string): number {
  const negative = a.startsWith('-');
  if (negative !== b.startsWith('-')) return negative ? -1 : 1;
  return negative ? compareMagnitudes(b.slice(1), a.slice(1)) : compareMagnitudes(a, b);
}

function compareMagnitudes(a: string, b: string): number {
  const wholeDigits = (text: string) => (text.includes('.') ? text.indexOf('.') : text.length);
  return wholeDigits(a) - wholeDigits(b) || compareText(a, b);
}

/**
 * A text for a primary key, or another tuple of cells: different keys of one table never share one, whatever they
 * hold, and 1 differs from '1'.
 */
export function keyOf(cells: readonly Cell[]): string {
  const [first = null] = cells;
  return cells.length === 1 ? taggedText(first) : cells.map(sizedText).join('');
}

/** The key of a row whose key columns lie at these places: `keyOf` without the tuple. */
export function keyOfRow(row: Row, places: readonly number[]): string {
  const [first] = places;
  if (first !== undefined && places.length === 1) return taggedText(row[first] ?? null);
  return places.map((place) => sizedText(row[place] ?? null)).join('');
}

/** Only text begins with a quotation mark. A number and a bigint of one value are the same integer. */
function taggedText(cell: Cell): string {
  return typeof cell === 'string' ? `"${cell}` : String(cell);
}

/** The length says where each cell ends, whatever characters it holds. */
function sizedText(cell: Cell): string {
  const text = taggedText(cell);
  return `${text.length}:${text}`;
}
