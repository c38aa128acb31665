import type { Cell, ColumnType, Value } from '../model/types.ts';
import { Refusal } from './refusal.ts';
import { type Coercion, createCoercion } from './types.ts';

const coercions = new Map<ColumnType, Coercion>();

/** A value that a target gave back, as the cell it is in a column of this type; undefined where it is none. */
export function storedCell(type: ColumnType, value: Value): Cell | undefined {
  if (value === null) return null;
  const coerce = coercions.get(type) ?? createCoercion(type);
  coercions.set(type, coerce);
  const cell = coerce(value);
  return cell instanceof Refusal ? undefined : cell;
}
