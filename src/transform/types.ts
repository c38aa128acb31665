import type { Cell, ColumnType, Value } from '../model/types.ts';
import type { Field } from './mapping.ts';
import { toDecimal, toInteger, toNumber } from './number.ts';
import { type Refusal, refuse } from './refusal.ts';
import { toJsonText, toText } from './text.ts';
import { createTimestampReader, toDate } from './timestamp.ts';

/** How values of a column are written, as far as its field says. */
export type Notation = Pick<Field, 'format' | 'timezone' | 'group'>;

/** Turns a value, which is not null, into the cell it is, or tells why it is none. Pure. */
export type Coercion = (value: Value) => Cell | Refusal;

/**
 * The coercion to a column type. Strict: what does not fit is refused, never bent; the accepted forms are told in
 * `docs/reference.md`. Throws a SyncError `config/value` for an unknown time zone.
 */
export function createCoercion(type: ColumnType, { format, timezone, group }: Notation = {}): Coercion {
  switch (type) {
    case 'string':
      return toText;
    case 'integer':
      return (value) => toInteger(value, group);
    case 'number':
      return (value) => toNumber(value, group);
    case 'decimal':
      return (value) => toDecimal(value, group);
    case 'boolean':
      return toBoolean;
    case 'timestamp':
      return createTimestampReader(format, timezone);
    case 'date':
      return toDate;
    case 'json':
      return toJsonText;
  }
}

function toBoolean(value: Value): Cell | Refusal {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 1 || value === 1n) return true;
  if (value === 'false' || value === 0 || value === 0n) return false;
  return refuse(value, 'is not a boolean');
}
