import type { RowsCounted } from '../plugin/contract.ts';
import type { SqlValue } from './libsql.ts';
import type { Session } from './session.ts';

/** So many rows are counted with one statement, where it matters that others come in between. */
const slice = 100_000;

/** What was counted; with `last`, up to that row, by its place. */
export interface CountedSlice {
  readonly total: number;
  readonly deleted: number;
  readonly last?: SqlValue;
}

/** Counts all rows of a table with one statement, and those that are marked in this column; undefined without a table. */
export async function countRows(
  session: Session,
  name: string,
  mark: string | undefined,
): Promise<RowsCounted | undefined> {
  const { dialect } = session;
  const table = await dialect.findTable(session, name);
  if (table === undefined) return undefined;
  const marked = mark !== undefined && table.has(mark) ? `count(${dialect.quote(mark)})` : '0';
  const [row] = await session.all(`SELECT count(*), ${marked} FROM ${dialect.table(name)}`);
  return { total: Number(row?.[0]), deleted: Number(row?.[1]) };
}

/** The same for the next rows after a place, where rows have one: a statement over all of them takes long. */
export async function countSlice(
  session: Session,
  name: string,
  mark: string | undefined,
  after: SqlValue | undefined,
): Promise<CountedSlice | undefined> {
  const { dialect } = session;
  const place = await dialect.rowPlace(session, name);
  if (place === undefined) return countRows(session, name, mark);
  const table = await dialect.findTable(session, name);
  if (table === undefined) return undefined;
  const marked = mark !== undefined && table.has(mark) ? dialect.quote(mark) : 'NULL';
  const sql = `SELECT count(*), count(mark), max(place) FROM (
    SELECT ${place.name} AS place, ${marked} AS mark FROM ${dialect.table(name)}
    ${after === undefined ? '' : `WHERE ${place.name} > ?`} ORDER BY ${place.name} LIMIT ${slice})`;
  const [row] = await session.all(sql, after === undefined ? [] : [after]);
  const [total, deleted, last] = row ?? [];
  const counted = { total: Number(total), deleted: Number(deleted) };
  return counted.total < slice ? counted : { ...counted, last };
}
