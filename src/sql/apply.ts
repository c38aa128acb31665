import type { Cell, Row } from '../model/types.ts';
import type { Change, Existing } from '../transform/fold.ts';
import { insertRows, writeChanges } from './changes.ts';
import type { ReadyTarget, RowPlace } from './dialect.ts';
import { entriesOf, type JournalPlace, keepBatch, memoryOf } from './journal.ts';
import { type Entry, hashRow } from './journal-entry.ts';
import type { SqlValue } from './libsql.ts';
import { tupleOf } from './lookup.ts';
import { rememberAppended, rememberChanges } from './memory.ts';
import type { Session } from './session.ts';
import { storedColumns } from './table.ts';

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

/** Takes all rows out of a table whose rows have no key. Returns how many there were. */
export async function emptyTable(
  session: Session,
  target: ReadyTarget,
  journal?: JournalPlace,
): Promise<number> {
  if (journal) await keepWholeTable(session, target, journal);
  return session.run(`DELETE FROM ${session.dialect.table(target.name)}`);
}

/** So many rows are kept together. */
const pageSize = 1000;

async function keepWholeTable(session: Session, target: ReadyTarget, journal: JournalPlace): Promise<void> {
  const { dialect } = session;
  const columns = await storedColumns(session, target.name);
  const place = await dialect.rowPlace(session, target.name);
  const values = columns.map((column) => dialect.literal(`t.${dialect.quote(column)}`));
  const at = place === undefined ? '0' : `t.${place.name}`;
  let last: SqlValue | undefined;
  do {
    const after = place === undefined || last === undefined ? '' : `WHERE ${at} > ? `;
    const limit = place === undefined ? '' : `ORDER BY ${at} LIMIT ${pageSize}`;
    const sql = `SELECT ${[at, ...values].join(', ')} FROM ${dialect.table(target.name)} AS t ${after}${limit}`;
    const rows = await session.all(sql, after === '' ? [] : [last]);
    const entries = rows.map(([, ...literals]): Entry => {
      const named = columns.map((column, index) => [column, String(literals[index])]);
      return ['delete', [], Object.fromEntries(named)];
    });
    await keepBatch(session, journal, { ...target, primary_key: [] }, entries, []);
    last = place !== undefined && rows.length === pageSize ? rows.at(-1)?.[0] : undefined;
  } while (last !== undefined);
}
