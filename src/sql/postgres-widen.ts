import type { ColumnType } from '../model/types.ts';
import type { Widening } from './dialect.ts';
import { quoteTable, type TableName } from './postgres-catalog.ts';
import { declaredTypes, holds } from './postgres-types.ts';
import { quote } from './quote.ts';
import type { Session } from './session.ts';

/** Gives a column a wider type, in the transaction of the batch: what it holds becomes what would be mapped now. */
export async function widen(
  session: Session,
  table: TableName,
  { column, from, to }: Widening,
): Promise<string> {
  const declared = holds(column, to) ? column.declared : declaredTypes[to];
  const name = quote(column.name);
  const value = converted(name, from, to);
  if (value !== name || declared !== column.declared)
    await session.run(
      `ALTER TABLE ${quoteTable(table)} ALTER COLUMN ${name} TYPE ${declared} USING (${value})::${declared}`,
    );
  return declared;
}

function converted(name: string, from: ColumnType, to: ColumnType): string {
  if (to === 'string') return textOf(name, from);
  if (to === 'json') return jsonOf(name, from);
  // A double becomes a numeric of 15 digits, its text all of them.
  return from === 'number' ? `${name}::text` : name;
}

/** The text that the mapper makes of a value. */
function textOf(name: string, from: ColumnType): string {
  switch (from) {
    case 'number':
      // Written with an exponent where JavaScript does so, and as JavaScript does.
      return `CASE WHEN abs(${name}) >= 1e21 OR (${name} <> 0 AND abs(${name}) < 1e-6)
        THEN regexp_replace(${name}::text, 'e([+-])0+', 'e\\1') ELSE trim_scale(${name}::text::numeric)::text END`;
    case 'decimal':
      return `trim_scale(${name}::numeric)::text`;
    case 'timestamp':
      return `to_char(${name}::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
    default:
      return `${name}::text`;
  }
}

function jsonOf(name: string, from: ColumnType): string {
  if (from === 'number') return `${name}::text::jsonb`;
  return from === 'timestamp' || from === 'date' ? `to_jsonb(${textOf(name, from)})` : `to_jsonb(${name})`;
}
