/** What a complete read did not contain: counted, and deleted. */

import type { Cell, Row, Target } from '../model/types.ts';
import type { AbsenceCounts } from '../plugin/absence-contract.ts';
import { keyOf } from '../transform/cells.ts';
import { type Change, deletionOf, type Existing } from '../transform/fold.ts';
import type { AbsenceCalls, StoredRead, Walked } from './absence-calls.ts';
import { applyChanges } from './apply.ts';
import { commitId, hasRows, holdEntry, writeEntry, wroteNothing } from './checkpoints.ts';
import type { ReadyTarget, TableColumns } from './dialect.ts';
import type { JournalPlace } from './journal.ts';
import { nextKeys } from './key-pages.ts';
import { existingRows } from './lookup.ts';
import { readyTarget } from './ready-target.ts';
import type { Session } from './session.ts';
import { clearStaged, countStaged, lookUpStaged, surveyStaged } from './staged.ts';
import { prepareTable } from './table.ts';

/** Is told what is done, where that is planned. */
export type Note = (
  target: ReadyTarget,
  changes: readonly Change[],
  existing: ReadonlyMap<string, Existing>,
) => void;

export interface Doing {
  /** Where what was there is kept. */
  readonly journal?: JournalPlace;
  readonly note?: Note;
}

export function keyOfEntry({ target }: StoredRead) {
  return { pipeline: target.pipeline, target: target.name };
}

/** Before the first part of a read's own is gone, no other can go on from where it was. */
export async function forget(
  session: Session,
  read: StoredRead,
  whose: 'own' | 'all',
  from?: string,
): Promise<string | undefined> {
  const { target, number, ledger } = read;
  const before = await holdEntry(session, keyOfEntry(read), ledger.fence);
  if (whose === 'own' && from === undefined) {
    const entry = { ...ledger, run: target.run.id, batch: number, wrote: before?.wrote ?? false };
    await writeEntry(session, keyOfEntry(read), entry);
  }
  return clearStaged(session, target.name, whose === 'own' ? target.pipeline : undefined, from ?? '');
}

/** What can be said without walking the table: without a key, all. */
export async function survey(
  session: Session,
  { target, parts }: StoredRead,
): ReturnType<AbsenceCalls['survey']> {
  const { dialect } = session;
  const found = await surveyStaged(session, target, parts);
  if (target.primary_key.length > 0) return { rows: 0, ...found };
  if (!(await dialect.hasTable(session, target.name))) return { rows: 0, absent: 0, ...found };
  const [[count] = []] = await session.all(`SELECT count(*) FROM ${dialect.table(target.name)}`);
  const rows = Number(count);
  return { rows, absent: Math.max(0, rows - (await countStaged(session, target))), ...found };
}

export async function count(
  session: Session,
  { target, parts }: StoredRead,
  after?: readonly Cell[],
): Promise<Walked<Pick<AbsenceCounts, 'rows' | 'absent'>>> {
  const table = await session.dialect.findTable(session, target.name);
  if (!table) return { rows: 0, absent: 0 };
  const { keys, last } = await nextKeys(session, target, table, after);
  const texts = keys.map(keyOf);
  const staged = await lookUpStaged(session, target, parts, texts);
  const absent = texts.filter((key) => staged(key) === undefined).length;
  const fresh = texts.filter((key) => staged(key) === 'fresh').length;
  return { rows: keys.length - fresh, absent, last };
}

/** So many pages without anything to delete are looked through before others may write. */
const mostPages = 50;

/** Deletes some of the absent rows. */
export async function remove(
  session: Session,
  read: StoredRead,
  after?: readonly Cell[],
  note?: Note,
): Promise<Walked<{ readonly deleted: number }>> {
  const { target: given, parts, ledger } = read;
  const before = await holdEntry(session, keyOfEntry(read), ledger.fence);
  const doing = { note, journal: read.journal ? { commit: commitId(read), before } : undefined };
  const target = readyTarget(given, await prepareTable(session, given));
  const table = (await session.dialect.findTable(session, given.name)) ?? new Map();
  const walk = { target, table, parts };
  let deleted = 0;
  let last = after;
  for (let pages = 0; pages < mostPages && deleted === 0 && (pages === 0 || last !== undefined); pages++) {
    const page = await removePage(session, walk, doing, last);
    deleted += page.deleted;
    last = page.last;
  }
  if (deleted > 0 && !(await hasRows(session, given.name))) await wroteNothing(session, given.name, parts);
  return { deleted, last };
}

export async function removePage(
  session: Session,
  {
    target,
    table,
    parts,
  }: { readonly target: ReadyTarget; readonly table: TableColumns; readonly parts: readonly string[] },
  doing: Doing,
  after: readonly Cell[] | undefined,
): Promise<Walked<{ readonly deleted: number }>> {
  const { keys, last } = await nextKeys(session, target, table, after);
  const staged = await lookUpStaged(session, target, parts, keys.map(keyOf));
  const absent = keys.filter((key) => staged(keyOf(key)) === undefined);
  const existing = await existingRows(session, target, { rows: absent.map((key) => rowOf(key, target)) });
  // In the order of the keys, whatever order they were found in.
  const changes = absent.map(keyOf).flatMap((key) => {
    const row = existing.get(key)?.row;
    return row === undefined ? [] : [deletionOf(key, row, target)];
  });
  await apply(session, target, changes, existing, doing);
  return { deleted: changes.length, last };
}

export async function apply(
  session: Session,
  target: ReadyTarget,
  changes: readonly Change[],
  existing: ReadonlyMap<string, Existing>,
  { journal, note }: Doing,
): Promise<void> {
  await applyChanges(session, target, changes, existing, journal);
  note?.(target, changes, existing);
}

/** A row of which only the key is known. */
function rowOf(key: readonly Cell[], { columns, primary_key }: Target): Row {
  return columns.map((_, place) => key[primary_key.indexOf(place)]);
}
