import { SyncError } from '../model/errors.ts';
import type { Value } from '../model/types.ts';
import type { Clauses } from './cursor-range.ts';
import { quoteTable, type TableName } from './postgres-catalog.ts';
import { quote } from './quote.ts';
import type { Session } from './session.ts';

/** A column of a primary key: a read in its order can go on after any row. */
export interface KeyColumn {
  readonly name: string;
  /** Its type, as SQL. */
  readonly type: string;
}

/** The columns of the primary key of a table, in their order; none where it has none, as a view. */
export async function primaryKey(session: Session, name: TableName): Promise<readonly KeyColumn[]> {
  const sql = `SELECT a.attname, quote_ident(n.nspname) || '.' || quote_ident(t.typname)
    FROM pg_catalog.pg_index AS i
    CROSS JOIN LATERAL unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k(attnum, place)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
    WHERE i.indrelid = ?::regclass AND i.indisprimary ORDER BY k.place`;
  const rows = await session.all(sql, [quoteTable(name)]);
  return rows.map(([column, type]) => ({ name: String(column), type: String(type) }));
}

/** The position after a row, by the text of its key. */
export function keyPosition(
  key: readonly KeyColumn[],
  columns: readonly string[],
  row: readonly (string | null)[],
): Value {
  return { after: key.map(({ name }) => [name, row[columns.indexOf(name)] ?? null]) };
}

/** The key that a position was given after. Throws `source/position_lost` where it tells nothing of this key. */
export function keyAfter(position: Value, key: readonly KeyColumn[]): readonly string[] {
  const after = isObject(position) && Array.isArray(position.after) ? position.after : [];
  const values = key.map(({ name }, place) => {
    const part: Value = after[place] ?? null;
    return Array.isArray(part) && part[0] === name && typeof part[1] === 'string' ? part[1] : undefined;
  });
  if (key.length > 0 && after.length === key.length && values.every((value) => value !== undefined))
    return values as string[];
  throw new SyncError(
    'source/position_lost',
    'what is read is not in the order of the key its position was given in, so the read cannot go on where it stopped',
    { hint: 'Run with --all to read everything again.' },
  );
}

/** The rows after a key, or all of them, in its order. */
export function keyClauses(
  key: readonly KeyColumn[],
  after: readonly string[] | undefined,
  rows: string,
): Clauses {
  const order = key.map(({ name }) => `${rows}.${quote(name)}`);
  if (after === undefined) return { parameters: [], order };
  const values = key.map(({ type }) => `?::${type}`);
  return { condition: `(${order.join(', ')}) > (${values.join(', ')})`, parameters: after, order };
}

function isObject(value: Value): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
