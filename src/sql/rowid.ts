import { SyncError } from '../model/errors.ts';
import type { Value } from '../model/types.ts';
import type { Clauses } from './cursor-range.ts';
import type { Database, SqlValue } from './libsql.ts';

/** The numbers SQLite knows the rows of a table by: a read in their order can go on after any row. */
export interface Rowids {
  readonly table: string;
  /** A name of the rowid that no column has taken. */
  readonly name: string;
  /**
   * The version of the schema when the read began. VACUUM, which raises it, may renumber the rows; undefined where
   * the rowid is the primary key, which nothing renumbers.
   */
  readonly schema?: number;
}

const rowidNames = ['rowid', 'oid', '_rowid_'] as const;

/** Undefined where there are none: views, virtual tables, tables WITHOUT ROWID. */
export async function rowidsOf(
  database: Database,
  table: string,
  columns: readonly string[],
): Promise<Rowids | undefined> {
  // A primary key that needs no index of its own is the rowid itself.
  const sql = `
    SELECT EXISTS (SELECT 1 FROM pragma_table_info(?1) WHERE pk > 0)
      AND NOT EXISTS (SELECT 1 FROM pragma_index_list(?1) WHERE origin = 'pk')
    FROM pragma_table_list WHERE schema = 'main' AND name = ?1 AND type = 'table' AND wr = 0`;
  const [found] = await database.all(sql, [table]);
  const taken = new Set(columns.map((column) => column.toLowerCase()));
  const name = rowidNames.find((each) => !taken.has(each));
  if (found === undefined || name === undefined) return undefined;
  return found[0] === 1 ? { table, name } : { table, name, schema: await schemaVersion(database) };
}

export function positionAfter({ schema }: Rowids, rowid: SqlValue): Value {
  const number = typeof rowid === 'bigint' ? rowid : Number(rowid);
  return schema === undefined ? { rowid: number } : { rowid: number, schema };
}

/** The rows after a rowid, or all of them, in their order. */
export function rowidSql({ name }: Rowids, after: SqlValue | undefined, rows: string): Clauses {
  const rowid = `${rows}.${name}`;
  if (after === undefined) return { parameters: [], order: [rowid] };
  return { condition: `${rowid} > ?`, parameters: [after], order: [rowid] };
}

/** The rowid a position was given after. Throws `source/position_lost` where it tells nothing of these rows. */
export function rowidAt(position: Value, rowids: Rowids | undefined): SqlValue {
  if (rowids === undefined) throw positionLost('what is read is not in the order of its rowids');
  const { rowid, schema } = isObject(position) ? position : {};
  if (typeof rowid !== 'number' && typeof rowid !== 'bigint')
    throw positionLost('the position it was given is not one in a table');
  if (schema !== rowids.schema) throw moved(rowids);
  return rowid;
}

/** Called once a read has begun, and with it its view of the table: throws when rows were renumbered just before. */
export async function checkUnmoved(database: Database, rowids: Rowids): Promise<void> {
  if (rowids.schema === undefined || rowids.schema === (await schemaVersion(database))) return;
  throw moved(rowids);
}

async function schemaVersion(database: Database): Promise<number> {
  return Number((await database.all('PRAGMA schema_version'))[0]?.[0]);
}

function isObject(value: Value): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function moved({ table }: Rowids): SyncError {
  return positionLost(
    `the rows of "${table}" may have been renumbered (the database was vacuumed, or its schema changed)`,
  );
}

function positionLost(reason: string): SyncError {
  return new SyncError('source/position_lost', `${reason}, so the read cannot go on where it stopped`, {
    hint: 'Run with --all to read everything again.',
  });
}
