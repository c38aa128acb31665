import { Decimal } from '../model/decimal.ts';
import type { Cell, ColumnType, Value } from '../model/types.ts';
import { canonicalDecimal } from './number.ts';
import { Refusal } from './refusal.ts';
import { createCoercion } from './types.ts';

/** The types that hold whatever a column of a type holds, so that it may become one of them. */
const wider: { readonly [type in ColumnType]: readonly ColumnType[] } = {
  boolean: ['string', 'json'],
  // Whether a column's integers are numbers as well is for its values to say.
  integer: ['number', 'decimal', 'string', 'json'],
  number: ['decimal', 'string', 'json'],
  decimal: ['string', 'json'],
  timestamp: ['string', 'json'],
  date: ['string', 'json'],
  string: ['json'],
  json: [],
};

export function isWider(from: ColumnType, to: ColumnType): boolean {
  return wider[from].includes(to);
}

/** A cell of a column once its type is a wider one: as the same value would be mapped now. */
export function widenCell(cell: Cell, from: ColumnType, to: ColumnType): Cell {
  if (cell === null) return null;
  const widened = createCoercion(to)(from === 'decimal' ? toDecimalValue(cell) : cell);
  // What a person put there and fits no type stays as it is.
  return widened instanceof Refusal ? cell : widened;
}

function toDecimalValue(cell: NonNullable<Cell>): Value {
  return typeof cell === 'string' && canonicalDecimal(cell) !== undefined ? new Decimal(cell) : cell;
}
