import { SyncError } from '../model/errors.ts';
import { mergesByKey } from '../model/modes.ts';
import type { Target } from '../model/types.ts';
import type { TableColumn, TableColumns } from './dialect.ts';
import { namesAt } from './indexes.ts';
import type { SqlValue } from './libsql.ts';
import { quote } from './quote.ts';
import type { Session } from './session.ts';

/** A table of a schema, as the catalogue names it. */
export interface TableName {
  readonly schema: string;
  readonly table: string;
}

export function quoteTable({ schema, table }: TableName): string {
  return `${quote(schema)}.${quote(table)}`;
}

/** Ordinary and partitioned tables. */
export async function hasTable(session: Session, { schema, table }: TableName): Promise<boolean> {
  const sql = `SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ? AND c.relname = ? AND c.relkind IN ('r', 'p')`;
  return (await session.all(sql, [schema, table])).length > 0;
}

export async function hasSchema(session: Session, schema: string): Promise<boolean> {
  return (await session.all('SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = ?', [schema])).length > 0;
}

/** Undefined where there is no such table. Throws when it cannot be a target. */
export async function findTable(session: Session, name: TableName): Promise<TableColumns | undefined> {
  const rows = await session.all(columnsSql, [name.schema, name.table]);
  const ours = rows.filter(([table]) => table === name.table);
  const [found] = ours;
  if (found === undefined) {
    if (rows[0] !== undefined) throw otherCase(name, String(rows[0][0]));
    return undefined;
  }
  if (found[1] === 'r' || found[1] === 'p') return new Map(ours.flatMap(toColumn));
  throw new SyncError(
    'schema/target',
    `the target ${quoteTable(name)} is a view or a foreign table, and only tables can be written`,
  );
}

function otherCase(name: TableName, other: string): SyncError {
  return new SyncError(
    'schema/case',
    `the target is ${quoteTable(name)}, but the database has a table ${quote(other)}`,
    { hint: 'People take the two for one. Write the name in `to` as the database has it.' },
  );
}

/**
 * The columns of tables whose names are the same but for case. A domain is what it is made of; the type of an enum is
 * named with its schema, since it may lie in any.
 */
const columnsSql = `SELECT c.relname, c.relkind, a.attname, a.attgenerated <> '', a.attidentity = 'a', b.typtype = 'e',
    CASE WHEN b.typtype = 'e' THEN quote_ident(m.nspname) || '.' || quote_ident(b.typname)
      ELSE format_type(b.oid, CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END) END
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_type AS b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
  LEFT JOIN pg_catalog.pg_namespace AS m ON m.oid = b.typnamespace
  WHERE n.nspname = ? AND lower(c.relname) = lower(?) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  ORDER BY a.attnum`;

function toColumn([, , name, generated, counted, isEnum, declared]: readonly SqlValue[]): [
  string,
  TableColumn,
][] {
  // A table may have no columns at all.
  if (typeof name !== 'string') return [];
  const column = { name, declared: String(declared), strict: true };
  const given = generated === 't' || counted === 't';
  return [[name, { ...column, generated: given, counted: counted === 't', isEnum: isEnum === 't' }]];
}

/** Throws for a key under a collation that takes different texts for one. */
export async function refuseFoldedKey(session: Session, name: TableName, target: Target): Promise<void> {
  if (!mergesByKey(target)) return;
  const sql = `SELECT a.attname, l.collname FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation
    WHERE a.attrelid = ?::regclass AND NOT l.collisdeterministic`;
  const folded = new Map((await session.all(sql, [quoteTable(name)])) as [string, string][]);
  const column = namesAt(target, target.primary_key).find((key) => folded.has(key));
  if (column === undefined) return;
  throw new SyncError(
    'schema/collation',
    `the key column ${quote(column)} of the table ${quoteTable(name)} has the collation ${folded.get(column)}, which takes different keys for one`,
    { hint: 'Make the table anew without that collation, or write to another one.' },
  );
}

/** The columns of each index that has all rows and can find one by them, in order. */
export async function indexedColumns(session: Session, name: TableName): Promise<(string | undefined)[][]> {
  const sql = `SELECT i.indexrelid, a.attname FROM pg_catalog.pg_index AS i
    CROSS JOIN LATERAL unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k(attnum, place)
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE i.indrelid = ?::regclass AND i.indpred IS NULL AND i.indisvalid
    ORDER BY i.indexrelid, k.place`;
  const columns = new Map<unknown, (string | undefined)[]>();
  for (const [index, column] of await session.all(sql, [quoteTable(name)]))
    columns.set(index, [...(columns.get(index) ?? []), column === null ? undefined : String(column)]);
  return [...columns.values()];
}

/** The columns of the table's primary key, in order. */
export async function declaredKey(session: Session, name: TableName): Promise<string[]> {
  const sql = `SELECT a.attname FROM pg_catalog.pg_index AS i
    CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE i.indrelid = ?::regclass AND i.indisprimary ORDER BY k.place`;
  return (await session.all(sql, [quoteTable(name)])).map(([column]) => String(column));
}

/** Whether the table itself refuses, at once, a second row of a key. */
export async function refusesSecond(
  session: Session,
  name: TableName,
  key: readonly string[],
): Promise<boolean> {
  const sql = `SELECT array_to_json(ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute AS a
      WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])))
    FROM pg_catalog.pg_index AS i WHERE i.indrelid = ?::regclass AND i.indisunique AND i.indimmediate
      AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL`;
  const unique = await session.all(sql, [quoteTable(name)]);
  return unique.some(([columns]) =>
    (JSON.parse(String(columns)) as string[]).every((column) => key.includes(column)),
  );
}

/**
 * A SELECT of a text that changes with whatever is read of an ordinary table here, or with the ledger's being there; it
 * has no row where there is no such table. A row of the catalogue that is changed gets another xmin. Takes two literals.
 */
export function markSql(table: string, ledger: string): string {
  return `SELECT concat_ws(' ', c.oid, c.xmin, row_security_active(c.oid), to_regclass(${ledger})::oid,
      ARRAY(SELECT xmin FROM pg_catalog.pg_attribute WHERE attrelid = c.oid),
      ARRAY(SELECT xmin FROM pg_catalog.pg_index WHERE indrelid = c.oid),
      ARRAY(SELECT xmin FROM pg_catalog.pg_trigger WHERE tgrelid = c.oid),
      ARRAY(SELECT xmin FROM pg_catalog.pg_rewrite WHERE ev_class = c.oid)) AS mark
    FROM pg_catalog.pg_class AS c WHERE c.oid = to_regclass(${table}) AND c.relkind = 'r'`;
}

/** Whether policies of the table decide who may write which row. */
export async function hasPolicies(session: Session, name: TableName): Promise<boolean> {
  const [row] = await session.all('SELECT row_security_active(?::regclass)', [quoteTable(name)]);
  return row?.[0] === 't';
}

/**
 * A table has triggers of its own, or rules. A partition may have some that the whole has not, and where a row goes is
 * not known: its tables count all.
 */
export async function hasTriggers(session: Session, name: TableName): Promise<boolean> {
  const sql = `WITH t AS (SELECT ?::regclass AS oid), parts AS (SELECT oid FROM t
      UNION SELECT p.relid FROM t, pg_catalog.pg_partition_tree(t.oid) AS p)
    SELECT 1 FROM pg_catalog.pg_trigger WHERE tgrelid IN (SELECT oid FROM parts)
      AND NOT tgisinternal AND tgenabled <> 'D'
    UNION ALL SELECT 1 FROM pg_catalog.pg_rewrite WHERE ev_class IN (SELECT oid FROM parts) LIMIT 1`;
  return (await session.all(sql, [quoteTable(name)])).length > 0;
}

/** The tables and views of a schema that can be read. */
export async function relations(session: Session, schema: string): Promise<readonly string[]> {
  const sql = `SELECT c.relname FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ? AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1`;
  return (await session.all(sql, [schema])).map(([name]) => String(name));
}
