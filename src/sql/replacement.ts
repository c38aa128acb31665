/** The rows of a complete read, put in the place of those that are there. */

import type { Cell } from '../model/types.ts';
import type { Committed } from '../plugin/contract.ts';
import { type Change, fold } from '../transform/fold.ts';
import { apply, type Doing, keyOfEntry, type Note, removePage } from './absence.ts';
import { nothing, type StoredRead } from './absence-calls.ts';
import { appendRows, emptyTable } from './apply.ts';
import { commitId, findCommit, hasRows, holdEntry, writeEntry } from './checkpoints.ts';
import type { ReadyTarget, TableColumns } from './dialect.ts';
import { pageSize } from './key-pages.ts';
import { existingRows } from './lookup.ts';
import { readyTarget } from './ready-target.ts';
import type { Session, Transactions } from './session.ts';
import { countStaged, stagedRows } from './staged.ts';
import { prepareTable } from './table.ts';

/** Puts the rows that were kept aside in the place of those that are there. */
export function replace(database: Transactions, read: StoredRead): Promise<Committed> {
  return database.transaction(
    (session) => replaceIn(session, read),
    (session) => findCommit(session, commitId(read)),
  );
}

export async function replaceIn(session: Session, read: StoredRead, note?: Note): Promise<Committed> {
  const { target: given, number, ledger, parts } = read;
  const before = await holdEntry(session, keyOfEntry(read), ledger.fence);
  const doing = { note, journal: read.journal ? { commit: commitId(read), before } : undefined };
  let committed: Committed = nothing;
  const table = await session.dialect.findTable(session, given.name);
  if (table || (await countStaged(session, given)) > 0) {
    const prepared =
      given.columns.length > 0 && !given.primary_key.includes(-1)
        ? await prepareTable(session, given)
        : undefined;
    const target = prepared ? readyTarget(given, prepared) : { ...given, columns: [] };
    const counts =
      given.primary_key.length > 0
        ? await replaceByKey(session, target, table, parts, doing)
        : await replaceAll(session, target, table !== undefined, doing);
    committed = { ...nothing, ...counts, schema_changes: prepared?.schema_changes ?? [] };
  }
  const wrote = (await session.dialect.hasTable(session, given.name)) && (await hasRows(session, given.name));
  await writeEntry(
    session,
    keyOfEntry(read),
    { ...ledger, run: given.run.id, batch: number, wrote },
    committed,
  );
  return committed;
}

/** What is absent goes first: it may hold what is unique in a new row. */
async function replaceByKey(
  session: Session,
  target: ReadyTarget,
  table: TableColumns | undefined,
  parts: readonly string[],
  doing: Doing,
): Promise<Partial<Committed>> {
  let deleted = 0;
  for (
    let after: readonly Cell[] | undefined, more = table !== undefined;
    table && more;
    more = after !== undefined
  ) {
    const page = await removePage(session, { target, table, parts }, doing, after);
    deleted += page.deleted;
    after = page.last;
  }
  const sum = { inserted: 0, updated: 0, unchanged: 0, deleted };
  for (let chunk = await stagedRows(session, target, '', pageSize); chunk; ) {
    // The row is replaced as a whole: what is missing in the new one is not kept.
    const rows = chunk.rows.map((row) => row.map((cell) => cell ?? null));
    const existing = await existingRows(session, target, { rows });
    const { changes, counts } = fold({ target, rows }, existing);
    await apply(session, target, changes, existing, doing);
    for (const name of ['inserted', 'updated', 'unchanged'] as const) sum[name] += counts[name];
    chunk = await stagedRows(session, target, chunk.last, pageSize);
  }
  return sum;
}

/** Without a key no row is known again. */
async function replaceAll(
  session: Session,
  target: ReadyTarget,
  isThere: boolean,
  { journal, note }: Doing,
): Promise<Partial<Committed>> {
  const deleted = isThere ? await emptyTable(session, target, journal) : 0;
  for (let left = deleted; left > 0; left -= pageSize)
    note?.(target, Array.from({ length: Math.min(left, pageSize) }, nameless), new Map());
  let inserted = 0;
  for (let chunk = await stagedRows(session, target, '', pageSize); chunk; ) {
    await appendRows(session, target, chunk.rows, journal);
    note?.(
      target,
      chunk.rows.map((row) => ({ kind: 'insert', key: '', row })),
      new Map(),
    );
    inserted += chunk.rows.length;
    chunk = await stagedRows(session, target, chunk.last, pageSize);
  }
  return { inserted, deleted };
}

/** That a row goes of which there is no key. */
function nameless(): Change {
  return { kind: 'delete', key: '', before: [] };
}
