import { SyncError } from '../model/errors.ts';
import type { Cell, Row, RowBatch } from '../model/types.ts';
import { keyOf, keyOfRow } from '../transform/cells.ts';
import type { Existing } from '../transform/fold.ts';
import type { ReadyTarget } from './dialect.ts';
import { readWritten } from './ledger.ts';
import type { SqlValue } from './libsql.ts';
import { memoryRow } from './memory.ts';
import type { Session } from './session.ts';

/** All rows of the target that folding the batch may touch: those of its keys, and those of its scopes' parents. */
export async function existingRows(
  session: Session,
  target: ReadyTarget,
  batch: Pick<RowBatch, 'rows' | 'scopes'>,
): Promise<ReadonlyMap<string, Existing>> {
  const { primary_key, within } = target;
  const rows = await rowsByKey(session, target, primary_key, keysOf(batch.rows, primary_key));
  if (batch.scopes && within) {
    const parents = batch.scopes.filter((scope) => !scope.withhold).map((scope) => scope.parent);
    for (const [key, row] of await rowsByKey(session, target, within, parents)) rows.set(key, row);
  }
  return withMemory(session, target, rows);
}

/** The rows whose columns at these places hold one of the tuples, by their key. Throws `sink/duplicate_key`. */
async function rowsByKey(
  session: Session,
  target: ReadyTarget,
  places: readonly number[],
  tuples: readonly (readonly Cell[])[],
): Promise<Map<string, Row>> {
  const found = new Map<string, Row>();
  for (const row of await storedRows(session, target, places, tuples)) {
    const key = keyOfRow(row, target.primary_key);
    if (found.has(key)) throw duplicateKey(session, target, row);
    found.set(key, row);
  }
  return found;
}

/** The rows whose columns at these places hold one of the tuples. */
export async function storedRows(
  session: Session,
  target: ReadyTarget,
  places: readonly number[],
  tuples: readonly (readonly Cell[])[],
  locking = session.dialect.locking,
): Promise<readonly Row[]> {
  const distinct = [...new Map(tuples.map((tuple) => [keyOf(tuple), tuple])).values()];
  const rows: Row[] = [];
  for (const chunk of session.dialect.inChunks(distinct, places.length)) {
    const { sql, parameters } = session.dialect.tuples(chunk, declaredAt(target, places));
    for (const values of await session.all(
      `${selectSql(session, target, places, sql)} ${locking}`,
      parameters,
    ))
      rows.push(toRow(session, target, values));
  }
  return rows;
}

/** In place: a lookup of a whole table should not copy every row of it. */
function toRow({ dialect }: Session, { columns }: ReadyTarget, values: (SqlValue | Cell)[]): Row {
  for (const [place, { type }] of columns.entries())
    values[place] = dialect.toCell(type, values[place] as SqlValue);
  return values as Cell[];
}

/** The cells of a row at these places. */
export function tupleOf(row: Row, places: readonly number[]): Cell[] {
  return places.map((place) => row[place] ?? null);
}

function keysOf(rows: readonly Row[], places: readonly number[]): Cell[][] {
  return rows.map((row) => tupleOf(row, places));
}

/**
 * A join, not `IN`: of several columns that would use the index for the first one only. What equals a parameter is
 * safe to read as it is.
 */
function selectSql(session: Session, target: ReadyTarget, places: readonly number[], tuples: string): string {
  const { dialect } = session;
  const columns = target.columns.map(({ name }, place) => {
    const column = `t.${dialect.quote(name)}`;
    return places.includes(place) ? column : dialect.readable(column);
  });
  const conditions = places.map((place, index) => isExactly(session, target, place, `v.column${index + 1}`));
  return `SELECT ${columns.join(', ')} FROM (${tuples}) AS v
    ${dialect.join} ${dialect.table(target.name)} AS t ON ${conditions.join(' AND ')}`;
}

/** The quoted name of a column. */
export function nameAt({ dialect }: Session, target: ReadyTarget, place: number): string {
  return dialect.quote(target.columns[place]?.name ?? '');
}

export function declaredAt({ columns }: ReadyTarget, places: readonly number[]): string[] {
  return places.map((place) => columns[place]?.declared ?? '');
}

/** True for the very same value only: a column that others made may take `a` and `A` for one. The table is `t`. */
export function isExactly(session: Session, target: ReadyTarget, place: number, value: string): string {
  return session.dialect.exactly(`t.${nameAt(session, target, place)}`, value);
}

async function withMemory(
  session: Session,
  target: ReadyTarget,
  rows: ReadonlyMap<string, Row>,
): Promise<Map<string, Existing>> {
  const existing = new Map<string, Existing>();
  if (!target.columns.some((column) => column.tracked)) {
    for (const [key, row] of rows) existing.set(key, { row });
    return existing;
  }
  const names = [...rows.values()].map((row) => memoryRow(target, row));
  const memory = await readWritten(session, target.name, names);
  for (const [key, row] of rows) {
    const fields = memory.get(memoryRow(target, row));
    const written = target.columns.map(({ name, type }) => {
      const value = fields?.get(name);
      return value === undefined ? undefined : session.dialect.toCell(type, value);
    });
    existing.set(key, { row, written });
  }
  return existing;
}

function duplicateKey(session: Session, target: ReadyTarget, row: Row): SyncError {
  const key = target.primary_key.map((place) => `${nameAt(session, target, place)} = ${row[place]}`);
  return new SyncError(
    'sink/duplicate_key',
    `the table ${session.dialect.table(target.name)} has several rows with ${key.join(', ')}`,
    {
      hint: 'Remove all but one of them, or choose a `primary_key` that tells the rows apart.',
    },
  );
}
