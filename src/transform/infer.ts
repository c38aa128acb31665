import { Decimal } from '../model/decimal.ts';
import type { ColumnType, Value } from '../model/types.ts';
import { isBeyondNumbers, isDouble, isInt64 } from './number.ts';
import { isNested } from './refusal.ts';

/** What kinds of values were seen: some of the bits below. */
export type Evidence = number;

const boolean = 1;
const integer = 2;
/** An integer whose digits a double does not hold. */
const wide = 4;
const number = 8;
const decimal = 16;
const text = 32;
const nested = 64;

export const noEvidence: Evidence = 0;

/** The kind of one value; null says nothing, and neither does what no column takes: see `refuseForeign`. */
export function evidenceOf(value: Value): Evidence {
  switch (typeof value) {
    case 'boolean':
      return boolean;
    case 'string':
      return text;
    case 'number':
      if (Number.isSafeInteger(value)) return integer;
      return Number.isFinite(value) ? number : noEvidence;
    case 'bigint':
      if (!isInt64(value)) return decimal;
      return isDouble(value) ? integer : wide;
    case 'object':
      if (value === null) return noEvidence;
      if (value instanceof Decimal) return isBeyondNumbers(value) ? noEvidence : decimal;
      return isNested(value) ? nested : noEvidence;
    default:
      return noEvidence;
  }
}

/**
 * The narrowest type that holds everything seen, exactly; undefined when there was nothing but null. Text is never
 * taken for something else: `"5"` is a string.
 */
export function inferType(seen: Evidence): ColumnType | undefined {
  if (seen === noEvidence) return undefined;
  if (seen & nested) return 'json';
  if (seen === boolean) return 'boolean';
  if (seen & (boolean | text)) return 'string';
  if (seen & decimal || (seen & number && seen & wide)) return 'decimal';
  return seen & number ? 'number' : 'integer';
}

/** What a column may hold that was given its type by inference: nothing is read out of text then. */
const accepted: { readonly [type in ColumnType]: Evidence } = {
  boolean,
  integer: integer | wide,
  number: integer | number,
  decimal: integer | wide | number | decimal,
  string: boolean | integer | wide | number | decimal | text,
  timestamp: text,
  date: text,
  json: boolean | integer | wide | number | decimal | text | nested,
};

/** True when a column of the type holds every kind of value that was seen. */
export function holds(type: ColumnType, seen: Evidence): boolean {
  return (seen & ~accepted[type]) === 0;
}

/** The kind of value a column of a type stands for, where nothing is known but its type. */
const typical: { readonly [type in ColumnType]: Evidence } = {
  boolean,
  integer,
  number,
  decimal,
  string: text,
  timestamp: text,
  date: text,
  json: nested,
};

/** The type a column needs to hold what it held and what was seen now. */
export function widen(type: ColumnType, seen: Evidence): ColumnType {
  return inferType(typical[type] | seen) ?? type;
}
