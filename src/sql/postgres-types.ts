import type { ColumnType } from '../model/types.ts';
import type { Declaration } from './dialect.ts';

/** How the columns Syncline creates are declared. */
export const declaredTypes = {
  string: 'text',
  integer: 'bigint',
  number: 'double precision',
  decimal: 'numeric',
  boolean: 'boolean',
  timestamp: 'timestamp with time zone',
  date: 'date',
  json: 'jsonb',
} as const satisfies Record<ColumnType, string>;

/** The types whose values can be written, by their names without length or precision, widest first. */
const holding: { readonly [type in ColumnType]: readonly string[] } = {
  string: ['text', 'character varying', 'uuid'],
  integer: ['bigint', 'integer', 'smallint', 'numeric'],
  number: ['double precision', 'numeric', 'real'],
  decimal: ['numeric', 'text'],
  boolean: ['boolean'],
  timestamp: ['timestamp with time zone', 'timestamp without time zone', 'text'],
  date: ['date', 'text'],
  json: ['jsonb', 'json', 'text'],
};

/** What Syncline takes the values of a type for. Everything else is text. */
const types: { readonly [base: string]: ColumnType } = {
  bigint: 'integer',
  integer: 'integer',
  smallint: 'integer',
  'double precision': 'number',
  real: 'number',
  numeric: 'decimal',
  boolean: 'boolean',
  'timestamp with time zone': 'timestamp',
  'timestamp without time zone': 'timestamp',
  date: 'date',
  jsonb: 'json',
  json: 'json',
};

/** A declared type without its length or precision: `numeric(10,2)` is `numeric`. */
export function baseOf(declared: string): string {
  return declared.replace(/\([0-9, -]+\)/, '');
}

/** What stands in a declaration's parentheses: `numeric(10,2)` is [10, 2]. */
export function limitsOf(declared: string): number[] {
  return /\(([0-9, -]+)\)/.exec(declared)?.[1]?.split(',').map(Number) ?? [];
}

/** Whether a column declared so takes values of the type; one that is too long for it is refused when it comes. */
export function holds({ declared, isEnum }: Declaration, type: ColumnType): boolean {
  return isEnum ? type === 'string' : holding[type].includes(baseOf(declared));
}

export function typeOf({ declared, isEnum }: Declaration): ColumnType {
  return (isEnum ? undefined : types[baseOf(declared)]) ?? 'string';
}
