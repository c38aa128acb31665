import { printJson } from '../model/json.ts';
import type { Cell, Row, Target } from '../model/types.ts';
import { keyOfRow } from '../transform/cells.ts';
import type { Change, Existing } from '../transform/fold.ts';
import type { ReadyTarget } from './dialect.ts';
import { forgetRow, rememberWritten, type WrittenField } from './ledger.ts';
import { storedRows, tupleOf } from './lookup.ts';
import type { Session } from './session.ts';

/** A row as the ledger names it: `{"id":1}`. With the names, a table whose key is changed takes up no foreign memory. */
export function memoryRow(target: Target, row: Row): string {
  const fields = target.primary_key.map((place) => {
    return `${printJson(target.columns[place]?.name ?? '')}:${printJson(row[place] ?? null)}`;
  });
  return `{${fields.join()}}`;
}

/** Remembers what the changes wrote to tracked columns, as the table returns it. */
export async function rememberChanges(
  session: Session,
  target: ReadyTarget,
  changes: readonly Change[],
  existing: ReadonlyMap<string, Existing>,
): Promise<void> {
  const tracked = target.columns.flatMap((column, place) => (column.tracked ? [place] : []));
  if (tracked.length === 0) return;
  const stored = await rowsNow(session, target, changes);
  const fields: WrittenField[] = [];
  for (const change of changes) {
    if (change.kind === 'delete') {
      await forgetRow(session, target.name, memoryRow(target, change.before));
      continue;
    }
    const before = existing.get(change.key)?.written;
    const row = memoryRow(target, change.row);
    for (const place of tracked) {
      const value = writtenAt(change, place, stored.get(change.key));
      const name = target.columns[place]?.name;
      if (name !== undefined && value !== undefined && value !== before?.[place])
        fields.push({ row, name, value });
    }
  }
  await rememberWritten(session, target.name, fields);
}

/** Remembers what was appended to tracked columns, of rows that have a key. */
export async function rememberAppended(
  session: Session,
  target: ReadyTarget,
  rows: readonly Row[],
): Promise<void> {
  const { primary_key, columns } = target;
  if (primary_key.length === 0 || !columns.some(({ tracked }) => tracked)) return;
  const keyed = rows.filter((row) => primary_key.every((place) => (row[place] ?? null) !== null));
  const inserts = keyed.map((row) => {
    return { kind: 'insert', key: keyOfRow(row, primary_key), row, written: row } as const;
  });
  await rememberChanges(session, target, inserts, new Map());
}

/**
 * A trigger may store something else than was written: what comes back is what counts. A table whose columns would do so
 * by themselves was refused before, or the value was.
 */
async function rowsNow(
  session: Session,
  target: ReadyTarget,
  changes: readonly Change[],
): Promise<ReadonlyMap<string, Row>> {
  if (!(await session.dialect.hasTriggers(session, target.name))) return new Map();
  const { primary_key } = target;
  const written = changes.filter((change) => change.kind === 'insert' || change.kind === 'update');
  const keys = written.map((change) => tupleOf(change.row, primary_key));
  const rows = await storedRows(session, target, primary_key, keys);
  return new Map(rows.map((row) => [keyOfRow(row, primary_key), row]));
}

function writtenAt(
  change: Exclude<Change, { kind: 'delete' }>,
  place: number,
  stored: Row | undefined,
): Cell | undefined {
  const value = change.written?.[place];
  if (value === undefined || !stored) return value;
  const wroteIt = change.kind === 'insert' || (change.kind === 'update' && change.changed.includes(place));
  return wroteIt ? stored[place] : value;
}
