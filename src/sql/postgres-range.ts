import type { CursorRange } from '../plugin/contract.ts';
import { type Clauses, columnAt, cursorColumn, dayBounds } from './cursor-range.ts';
import { quote } from './quote.ts';

/** A column of what is read, with the number PostgreSQL knows its type by. */
export interface Field {
  readonly name: string;
  readonly oid: number;
}

/** The numbers of the types whose values are more than their text. */
export const oids = {
  boolean: [16],
  integer: [20, 21, 23],
  float: [700, 701],
  numeric: [1700],
  json: [114, 3802],
  timestamptz: [1184],
  timestamp: [1114],
  date: [1082],
} as const satisfies { readonly [type: string]: readonly number[] };

export function isOf(type: keyof typeof oids, { oid }: Field): boolean {
  return (oids[type] as readonly number[]).includes(oid);
}

/**
 * Asks for at least the rows of a range, in its order. Beyond them come all rows whose cursor is null, and all rows
 * where the bounds are of another kind than the column. Throws `source/cursor_column` where the cursor is no column.
 */
export function postgresRange(range: CursorRange, fields: readonly Field[], rows: string): Clauses {
  const names = fields.map(({ name }) => name);
  const name = cursorColumn(range.field, names);
  const key = range.key.map((field) => columnAt(field, names));
  const sorted = [...new Set([name, ...key])].flatMap(
    (column) => fields.find((field) => field.name === column) ?? [],
  );
  const order = range.order === 'ascending' ? sorted.map((field) => sortable(field, rows)) : [];
  const cursor = sorted[0];
  const bounds = cursor === undefined ? [] : boundsOf(range, cursor, rows);
  if (bounds.length === 0) return { parameters: [], order };
  const within = bounds.map(({ sql }) => sql).join(' AND ');
  const condition = `(${rows}.${quote(name)} IS NULL OR (${within}))`;
  return { condition, parameters: bounds.map(({ value }) => value), order };
}

/** What is text to us is ordered by its bytes, whatever the collation of the column. */
function sortable(field: Field, rows: string): string {
  const column = `${rows}.${quote(field.name)}`;
  const native = (['integer', 'float', 'numeric', 'timestamptz', 'timestamp', 'date'] as const).some((type) =>
    isOf(type, field),
  );
  return native ? column : `${column}::text COLLATE "C"`;
}

interface Bound {
  readonly sql: string;
  readonly value: string;
}

function boundsOf({ kind, from, before }: CursorRange, field: Field, rows: string): Bound[] {
  const cast = castOf(kind, field);
  const column = sortable(field, rows);
  if (cast !== undefined) {
    return [
      ...(from === undefined ? [] : [{ sql: `${column} >= ${cast}`, value: from }]),
      ...(before === undefined ? [] : [{ sql: `${column} <= ${cast}`, value: before }]),
    ];
  }
  // Timestamps with a zone, kept as text.
  if (kind !== 'timestamp' || !column.endsWith('"C"')) return [];
  const { lower, upper } = dayBounds({ from, before });
  const other = `${column} !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}'`;
  return [
    ...(lower === undefined ? [] : [{ sql: `(${other} OR ${column} >= ?)`, value: lower }]),
    ...(upper === undefined ? [] : [{ sql: `(${other} OR ${column} <= ?)`, value: upper }]),
  ];
}

/** A bound as a value of the column; undefined where the two are of different kinds. */
function castOf(kind: CursorRange['kind'], field: Field): string | undefined {
  if (kind === 'number') {
    if (isOf('float', field)) return '?::float8';
    return isOf('integer', field) || isOf('numeric', field) ? '?::numeric' : undefined;
  }
  if (isOf('timestamptz', field)) return kind === 'timestamp' ? '?::timestamptz' : undefined;
  if (isOf('timestamp', field)) return "(?::timestamptz AT TIME ZONE 'UTC')";
  if (isOf('date', field)) return "(?::timestamptz AT TIME ZONE 'UTC')::date";
  const isText = !Object.keys(oids).some((type) => isOf(type as keyof typeof oids, field));
  return kind === 'text' && isText ? '?::text' : undefined;
}
