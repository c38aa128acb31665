import { SyncError } from '../model/errors.ts';
import type { Cell, Row, Target } from '../model/types.ts';
import { keyOf, keyOfRow } from '../transform/cells.ts';
import type { BatchedRows, Existing } from '../transform/fold.ts';
import { inChunks, placeholders } from './chunks.ts';
import { quote } from './dialect.ts';
import { readWritten } from './ledger.ts';
import type { SqlValue } from './libsql.ts';
import { memoryRow } from './memory.ts';
import type { Session } from './session.ts';
import { readable, toCell } from './values.ts';

/** All rows of the target that folding the batch may touch: those of its keys, and those of its scopes' parents. */
export function existingRows(session: Session, batch: BatchedRows): ReadonlyMap<string, Existing> {
  const { target } = batch;
  const { primary_key, within } = target;
  const rows = rowsByKey(session, target, primary_key, keysOf(batch.rows, primary_key));
  if (batch.scopes && within) {
    const parents = batch.scopes.filter((scope) => !scope.withhold).map((scope) => scope.parent);
    for (const [key, row] of rowsByKey(session, target, within, parents)) rows.set(key, row);
  }
  return withMemory(session, target, rows);
}

/** The rows whose columns at these places hold one of the tuples, by their key. Throws `sink/duplicate_key`. */
function rowsByKey(
  session: Session,
  target: Target,
  places: readonly number[],
  tuples: readonly (readonly Cell[])[],
): Map<string, Row> {
  const found = new Map<string, Row>();
  for (const [key, row] of storedRows(session, target, places, tuples)) {
    if (found.has(key)) throw duplicateKey(target, row);
    found.set(key, row);
  }
  return found;
}

/** The rows whose columns at these places hold one of the tuples, each with its key. */
export function* storedRows(
  session: Session,
  target: Target,
  places: readonly number[],
  tuples: readonly (readonly Cell[])[],
): Generator<readonly [key: string, row: Row]> {
  const distinct = [...new Map(tuples.map((tuple) => [keyOf(tuple), tuple])).values()];
  for (const chunk of inChunks(distinct, places.length)) {
    const sql = selectSql(target, places, chunk.length);
    for (const values of session.all(sql, chunk.flat())) {
      const row = toRow(target, values);
      yield [keyOfRow(row, target.primary_key), row];
    }
  }
}

/** In place: a lookup of a whole table should not copy every row of it. */
function toRow({ columns }: Target, values: (SqlValue | Cell)[]): Row {
  for (const [place, { type }] of columns.entries()) values[place] = toCell(type, values[place] as SqlValue);
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
function selectSql(target: Target, places: readonly number[], count: number): string {
  const columns = target.columns.map(({ name }, place) => {
    const column = `t.${quote(name)}`;
    return places.includes(place) ? column : readable(column);
  });
  const conditions = places.map((place, index) => `t.${isExactly(target, place, `v.column${index + 1}`)}`);
  return `SELECT ${columns.join(', ')} FROM (VALUES ${placeholders(count, places.length)}) AS v
    CROSS JOIN ${quote(target.name)} AS t ON ${conditions.join(' AND ')}`;
}

/** The quoted name of a column. */
export function nameAt(target: Target, place: number): string {
  return quote(target.columns[place]?.name ?? '');
}

/** True for the very same value only: a column that others made may take `a` and `A` for one. */
export function isExactly(target: Target, place: number, value: string): string {
  return `${nameAt(target, place)} = ${value} COLLATE BINARY`;
}

function withMemory(session: Session, target: Target, rows: ReadonlyMap<string, Row>): Map<string, Existing> {
  const existing = new Map<string, Existing>();
  if (!target.columns.some((column) => column.tracked)) {
    for (const [key, row] of rows) existing.set(key, { row });
    return existing;
  }
  const names = [...rows.values()].map((row) => memoryRow(target, row));
  const memory = readWritten(session, target.name, names);
  for (const [key, row] of rows) {
    const fields = memory.get(memoryRow(target, row));
    const written = target.columns.map(({ name, type }) => {
      const value = fields?.get(name);
      return value === undefined ? undefined : toCell(type, value);
    });
    existing.set(key, { row, written });
  }
  return existing;
}

function duplicateKey(target: Target, row: Row): SyncError {
  const key = target.primary_key.map((place) => `${nameAt(target, place)} = ${row[place]}`);
  return new SyncError(
    'sink/duplicate_key',
    `the table ${quote(target.name)} has several rows with ${key.join(', ')}`,
    {
      hint: 'Remove all but one of them, or choose a `primary_key` that tells the rows apart.',
    },
  );
}
