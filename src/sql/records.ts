import { SyncError } from '../model/errors.ts';
import type { SourceRecord, Value } from '../model/types.ts';
import type { Batch, CursorRange } from '../plugin/contract.ts';
import { type Clauses, rangeSql } from './cursor-range.ts';
import type { Database, SqlValue } from './libsql.ts';
import type { PageSize } from './libsql-pages.ts';
import { readable, readText } from './libsql-values.ts';
import { quote } from './quote.ts';
import { checkUnmoved, positionAfter, rowidAt, rowidSql, rowidsOf } from './rowid.ts';

/** What to read: a table or view, or a query of one SELECT. */
export type Selection = { readonly table: string } | { readonly query: string };

export interface RecordsRequest {
  readonly batch: PageSize;
  /** Go on after the batch that had this position. */
  readonly position?: Value;
  /** The cursor field is a column. */
  readonly cursor?: CursorRange;
}

/** What the rows that are read go by in SQL, apart from any column. */
const rowsName = '_syncline_rows';

/**
 * Reads records from a database, exactly. Bytes that are not UTF-8 become half surrogates; a blob is refused.
 *
 * A table is read in the order of its rowids, which are its positions; a query, a view and a table without rowids have
 * none. Nor has a read by cursor: an ascending cursor is enough to go on from, and in any other order a row that was
 * changed before the position would be missed. Throws `source/position_lost`, `source/cursor_column`.
 */
export async function* readRecords(
  database: Database,
  from: Selection,
  { batch, position, cursor }: RecordsRequest,
): AsyncGenerator<Batch> {
  const origin =
    'table' in from ? await tableOrigin(database, from.table) : `(\n${from.query.replace(/;\s*$/, '')}\n)`;
  const columns = await columnsOf(database, origin);
  const whole = 'table' in from && cursor === undefined;
  const rowids = whole ? await rowidsOf(database, from.table, columns) : undefined;
  const after = position === undefined ? undefined : rowidAt(position, rowids);
  const expressions = columns.map((name) => `${readable(quote(name))} AS ${quote(name)}`);
  let clauses: Clauses = { parameters: [], order: [] };
  if (cursor !== undefined) clauses = rangeSql(cursor, columns, rowsName);
  if (rowids !== undefined) {
    expressions.push(`${rowsName}.${rowids.name} AS _syncline_rowid`);
    clauses = rowidSql(rowids, after, rowsName);
  }
  const sql = select(origin, expressions, clauses);
  // Rows are counted far faster than read; a query or a view may take as long to count as to read.
  const total = rowids === undefined ? undefined : await rowsIn(database, origin, clauses);
  const detail = 'table' in from ? from.table : undefined;
  let count = 0;
  for await (const page of database.pages(sql, clauses.parameters, batch)) {
    if (rowids !== undefined && after !== undefined && count === 0) await checkUnmoved(database, rowids);
    const records = page.rows.map((row, index) => toRecord(columns, row, count + index + 1));
    count += records.length;
    const rowid = page.rows.at(-1)?.[columns.length];
    const next = rowids === undefined || rowid === undefined ? position : positionAfter(rowids, rowid);
    // Rows that came since they were counted make the total what has been read.
    const progress = total === undefined ? undefined : { done: count, total: Math.max(count, total) };
    yield { records, bytes: page.bytes, header: columns, position: next, progress, detail };
  }
}

function select(origin: string, expressions: readonly string[], { condition, order }: Clauses): string {
  return [
    `SELECT ${expressions.join(', ')} FROM ${origin} AS ${rowsName}`,
    ...(condition === undefined ? [] : [`WHERE ${condition}`]),
    ...(order.length === 0 ? [] : [`ORDER BY ${order.join(', ')}`]),
  ].join('\n');
}

async function rowsIn(database: Database, origin: string, clauses: Clauses): Promise<number> {
  const sql = select(origin, ['count(*)'], { ...clauses, order: [] });
  return Number((await database.all(sql, clauses.parameters))[0]?.[0]);
}

async function tableOrigin(database: Database, table: string): Promise<string> {
  const names = await database.all(
    "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
  );
  if (names.some(([name]) => name === table)) return quote(table);
  const there = names.slice(0, 20).map(([name]) => quote(String(name)));
  throw new SyncError('source/table_missing', `there is no table ${quote(table)} in the database`, {
    hint: there.length === 0 ? 'It has no tables at all.' : `It has: ${there.join(', ')}.`,
  });
}

/** A column after all others, which only comes when the query ended where we put its end: the driver ignores the rest. */
const end = '_syncline_end';

async function columnsOf(database: Database, origin: string): Promise<string[]> {
  const sql = `SELECT * FROM ${origin} CROSS JOIN (SELECT 1 AS ${end}) LIMIT 0`;
  try {
    for await (const { columns } of database.pages(sql, [], { rows: 1, bytes: 1 })) {
      if (columns.at(-1) === end) return refuseRepeated(columns.slice(0, -1));
    }
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'sql/failed') throw error;
    throw unreadable(error.message, error);
  }
  throw unreadable('it does not end where it should');
}

function unreadable(reason: string, cause?: SyncError): SyncError {
  return new SyncError('source/query', `the query cannot be read: ${reason}`, {
    hint: 'A query is a single SELECT; run it with another client to see what it returns.',
    cause,
  });
}

/** SQLite tells columns of one name apart by a number it adds: which is which, only the query's author knows. */
function refuseRepeated(columns: string[]): string[] {
  const repeated = columns.find((name) => /:\d+$/.test(name) && columns.includes(name.replace(/:\d+$/, '')));
  if (repeated === undefined) return columns;
  const name = repeated.replace(/:\d+$/, '');
  throw new SyncError('source/query', `the query returns several columns named ${quote(name)}`, {
    hint: `Give each a name of its own: SELECT a.${quote(name)} AS …`,
  });
}

function toRecord(columns: readonly string[], row: readonly SqlValue[], number: number): SourceRecord {
  const record: { [field: string]: Value } = {};
  for (const [index, name] of columns.entries()) {
    const value = toValue(row[index] ?? null, name, number);
    // Assigned, this one name would set the prototype instead.
    if (name === '__proto__') Object.defineProperty(record, name, { value, enumerable: true });
    else record[name] = value;
  }
  return record;
}

function toValue(value: SqlValue, column: string, number: number): Value {
  if (!(value instanceof Uint8Array)) return value;
  if (value.length > 0) return readText(value);
  throw new SyncError(
    'source/blob',
    `the column ${quote(column)} holds a blob in row ${number}; only text and numbers can be read`,
    {
      hint: `Read it with a query that leaves the column out, or turns it into text: hex(${quote(column)}).`,
    },
  );
}
