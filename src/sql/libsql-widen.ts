import { SyncError } from '../model/errors.ts';
import type { ColumnType } from '../model/types.ts';
import { widenCell } from '../transform/widening.ts';
import type { Widening } from './dialect.ts';
import type { SqlValue } from './libsql.ts';
import { isRefusal } from './libsql-error.ts';
import { declaredTypes, holds } from './libsql-types.ts';
import { quote } from './quote.ts';
import type { Session } from './session.ts';

/**
 * Gives a column a wider type, in the transaction of the batch: what it holds becomes what would be mapped now. SQLite
 * cannot change how a column is declared, so a new one takes its place. SQLite itself refuses to remove a column that
 * anything else of the schema knows of.
 */
export async function widen(session: Session, target: string, change: Widening): Promise<string> {
  const { column, to } = change;
  const table = quote(target);
  const old = quote(column.name);
  if (holds(column, to)) {
    await convert(session, table, old, old, change);
    return column.declared;
  }
  const declared = declaredTypes[to];
  if (!(await isPlain(session, target, `${old} ${column.declared}`)))
    throw refused(table, change, 'it is declared with more than its type');
  const fresh = '"_syncline_widened"';
  try {
    await session.run(`ALTER TABLE ${table} ADD COLUMN ${fresh} ${declared}`);
    await convert(session, table, old, fresh, change);
    await session.run(`ALTER TABLE ${table} DROP COLUMN ${old}`);
    await session.run(`ALTER TABLE ${table} RENAME COLUMN ${fresh} TO ${old}`);
  } catch (error) {
    throw isRefusal(error) ? refused(table, change, error.message) : error;
  }
  return declared;
}

/** Whether a column is declared as Syncline does it: a constraint or a default would be lost with it. */
async function isPlain(session: Session, target: string, definition: string): Promise<boolean> {
  const [found] = await session.all("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", [
    target,
  ]);
  const sql = String(found?.[0]);
  return [',', ')'].some((end) => sql.includes(`${definition}${end}`));
}

function refused(table: string, { column, to }: Widening, why: string): SyncError {
  return new SyncError(
    'schema/type',
    `the column ${quote(column.name)} of the table ${table} cannot be made wider (${to}): ${why}`,
    {
      hint: `Declare it ${declaredTypes[to]} yourself, or remove from the schema what holds it as it is, then run again. Or map the field to another column.`,
    },
  );
}

async function convert(
  session: Session,
  table: string,
  from: string,
  into: string,
  change: Widening,
): Promise<void> {
  const value = converted(from, change.from, change.to);
  if (value !== into) await session.run(`UPDATE ${table} SET ${into} = ${value} WHERE ${from} IS NOT NULL`);
  if (change.from === 'number') await convertNumbers(session, table, from, into, change);
}

/** What the mapper makes of a value, where SQLite can tell. Anything else that a person put there stays as it is. */
function converted(name: string, from: ColumnType, to: ColumnType): string {
  if (from === 'boolean') return `CASE ${name} WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE ${name} END`;
  if (from === 'integer' && to !== 'number')
    return `CASE typeof(${name}) WHEN 'integer' THEN CAST(${name} AS TEXT) ELSE ${name} END`;
  const isText = from === 'string' || from === 'timestamp' || from === 'date';
  return isText && to === 'json'
    ? `CASE typeof(${name}) WHEN 'text' THEN json_quote(${name}) ELSE ${name} END`
    : name;
}

const digits = 'temp._syncline_digits';
const pageSize = 1000;

/** SQLite prints a double with fewer digits than it has: each of them is written once, and looked up. */
async function convertNumbers(
  session: Session,
  table: string,
  from: string,
  into: string,
  change: Widening,
): Promise<void> {
  const isNumber = `typeof(${from}) IN ('real', 'integer')`;
  await session.run(`CREATE TABLE ${digits} (value PRIMARY KEY, text TEXT) WITHOUT ROWID`);
  await session.run(`INSERT INTO ${digits} SELECT DISTINCT ${from}, NULL FROM ${table} WHERE ${isNumber}`);
  for await (const values of pagesOf(session)) {
    const rows = values.map((value) => [
      value,
      widenCell(session.dialect.toCell(change.from, value), change.from, change.to),
    ]);
    const { sql, parameters } = session.dialect.tuples(rows, ['', '']);
    const update = `UPDATE ${digits} AS t SET text = v.column2 FROM (${sql}) AS v WHERE t.value = v.column1`;
    await session.run(update, parameters);
  }
  const written = `(SELECT text FROM ${digits} WHERE value = ${table}.${from})`;
  await session.run(`UPDATE ${table} SET ${into} = ${written} WHERE ${isNumber}`);
  await session.run(`DROP TABLE ${digits}`);
}

async function* pagesOf(session: Session): AsyncGenerator<readonly SqlValue[]> {
  const sql = (from: string) => `SELECT value FROM ${digits} ${from} ORDER BY value LIMIT ${pageSize}`;
  let page = (await session.all(sql(''))).flat();
  while (page.length > 0) {
    yield page;
    page = (await session.all(sql('WHERE value > ?'), page.slice(-1))).flat();
  }
}
