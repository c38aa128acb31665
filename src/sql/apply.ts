import type { Cell, Row } from '../model/types.ts';
import type { Change, Existing } from '../transform/fold.ts';
import { insertRows, writeChanges } from './changes.ts';
import type { ReadyTarget, RowPlace } from './dialect.ts';
import { entriesOf, type JournalPlace, keepBatch, memoryOf } from './journal.ts';
import { type Entry, hashRow } from './journal-entry.ts';
import { tupleOf } from './lookup.ts';
import { rememberAppended, rememberChanges } from './memory.ts';
import type { Session } from './session.ts';

/**
 * The one place where changes become true: what was there is kept in the journal, the rows are written, and what is
 * written to tracked columns is remembered. Without a place nothing is kept.
 */
export async function applyChanges(
  session: Session,
  target: ReadyTarget,
  changes: readonly Change[],
  existing: ReadonlyMap<string, Existing>,
  journal?: JournalPlace,
): Promise<void> {
  const now = new Date().toISOString();
  const entries = journal === undefined ? [] : await entriesOf(session, target, changes);
  const memory = journal === undefined ? [] : await memoryOf(session, target, changes);
  await writeChanges(session, target, changes, now);
  await rememberChanges(session, target, changes, existing);
  if (journal) await keepBatch(session, journal, target, entries, memory);
}

/** The same for rows that are added whatever is there. */
export async function appendRows(
  session: Session,
  target: ReadyTarget,
  rows: readonly Row[],
  journal?: JournalPlace,
): Promise<void> {
  const now = new Date().toISOString();
  const changes = rows.map((row): Change => ({ kind: 'insert', key: '', row }));
  const identity = journal && (await identityOf(session, target));
  const memory = journal === undefined ? [] : await memoryOf(session, target, changes);
  const places = await insertRows(session, target, rows, now, identity?.place?.name);
  await rememberAppended(session, target, rows);
  if (!journal || !identity) return;
  const entries = rows.map((row, index): Entry => {
    const hash = hashRow(row, target.columns);
    const key = tupleOf(row, identity.key);
    return identity.place ? ['append', key, hash, places[index] as Cell] : ['insert', key, hash];
  });
  await keepBatch(session, journal, { ...target, primary_key: identity.key }, entries, memory);
}

/** What tells appended rows apart: the key of their table, whatever the pipeline says; else the place where they lie. */
async function identityOf(
  session: Session,
  target: ReadyTarget,
): Promise<{ readonly key: readonly number[]; readonly place?: RowPlace }> {
  const declared = await session.dialect.declaredKey(session, target.name);
  const key = declared.map((name) => target.columns.findIndex((column) => column.name === name));
  if (key.length > 0 && !key.includes(-1)) return { key };
  return { key: target.primary_key, place: await session.dialect.rowPlace(session, target.name) };
}
