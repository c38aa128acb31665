import type { ErrorCode } from '../model/codes.ts';
import { SyncError } from '../model/errors.ts';
import type { RowBatch, Target } from '../model/types.ts';
import type { Committed } from '../plugin/contract.ts';
import type { SavedBatch } from '../plugin/history-contract.ts';
import { type Functions, loadFunctions } from '../plugin/merge-functions.ts';
import type { BatchedRows } from '../transform/fold.ts';
import { commitId, findCommit, hasRows, holdEntry, type StoredBatch, writeEntry } from './checkpoints.ts';
import { type JournalPlace, keepBatch } from './journal.ts';
import { readyTarget } from './ready-target.ts';
import type { Session, Transactions } from './session.ts';
import { stageRows, stageSeen } from './staged.ts';
import { replaySteps } from './steps.ts';
import { prepareTable } from './table.ts';
import { type FoldedRows, type WriteRows, writeOneByOne, writeTogether } from './write.ts';

/** Commits a batch in one transaction: the table, the lookup of its rows, the fold, the changes, the ledger. */
export async function commit(database: Transactions, batch: StoredBatch): Promise<Committed> {
  const functions = await loadFunctions(batch.target);
  const commitBy = (write: WriteRows) =>
    database.transaction(
      (session) => commitIn(session, batch, functions, write),
      (session) => findCommit(session, commitId(batch)),
    );
  try {
    return await commitBy(writeTogether);
  } catch (error) {
    if (!(error instanceof SyncError) || !refusals.has(error.code)) throw error;
    return commitBy(writeOneByOne);
  }
}

/** Commits what was planned for a batch. Throws `plan/moved`. */
export function commitPlanned(
  database: Transactions,
  batch: StoredBatch,
  { steps, committed }: SavedBatch,
): Promise<Committed> {
  return database.transaction(
    (session) =>
      commitWith(session, batch, async (journal) => {
        await replaySteps(session, batch.target, steps, journal);
        return committed;
      }),
    (session) => findCommit(session, commitId(batch)),
  );
}

function commitIn(
  session: Session,
  batch: StoredBatch,
  functions: Functions,
  write: WriteRows,
): Promise<Committed> {
  return commitWith(session, batch, async (journal) => {
    const { committed } = await writeRows(session, batch, functions, write, journal);
    return committed;
  });
}

/** Does the work between the check of the fence and the entry of the ledger. */
async function commitWith(
  session: Session,
  batch: StoredBatch,
  work: (journal: JournalPlace | undefined) => Promise<Committed>,
): Promise<Committed> {
  const id = commitId(batch);
  const { pipeline, target, ...at } = id;
  const before = await holdEntry(session, { pipeline, target }, batch.ledger.fence);
  const committed = await work(batch.journal ? { commit: id, before } : undefined);
  const wrote = await hasWritten(session, batch, committed, before?.wrote ?? false);
  await writeEntry(session, { pipeline, target }, { ...batch.ledger, ...at, wrote }, committed);
  return committed;
}

/** Rows that we removed ourselves, the last ones too, were not lost to somebody else. */
async function hasWritten(
  session: Session,
  batch: StoredBatch,
  { inserted, updated, deleted }: Committed,
  before: boolean,
): Promise<boolean> {
  // What is to replace the rows has not been written yet.
  if (batch.target.mode === 'replace') return before;
  const living = batch.rows.length - (batch.tombstones?.length ?? 0);
  if (living + inserted + updated > 0) return true;
  return deleted > 0 ? hasRows(session, batch.target.name) : before;
}

/** What is about rows, so that the others can be written without them. */
const refusals: ReadonlySet<ErrorCode> = new Set(['sql/constraint', 'sql/value']);

const nothing: Committed = {
  schema_changes: [],
  inserted: 0,
  updated: 0,
  unchanged: 0,
  deleted: 0,
  kept: 0,
};

/** What writing the rows of a batch came to: the target as it is ready to take them, and what was done to each row. */
export interface Written extends Pick<FoldedRows, 'changes' | 'kept' | 'existing'> {
  readonly target: Target;
  readonly committed: Committed;
}

/** Makes the table fit, and writes the rows of a batch; with a place, what was there is kept in the journal. */
export async function writeRows(
  session: Session,
  batch: BatchedRows & Pick<RowBatch, 'number' | 'seen'>,
  functions: Functions,
  write: WriteRows,
  journal?: JournalPlace,
): Promise<Written> {
  const { rows, target: given } = batch;
  if (given.mode === 'replace') {
    await stageRows(session, batch);
    return { target: given, committed: nothing, changes: [], kept: [], existing: new Map() };
  }
  // A read that brought nothing: there is nothing to make a table of.
  if (rows.length === 0 && (given.columns.length === 0 || given.primary_key.includes(-1))) {
    await stageSeen(session, batch, []);
    if (journal) await keepBatch(session, journal, given, [], []);
    return { target: given, committed: nothing, changes: [], kept: [], existing: new Map() };
  }
  const prepared = await prepareTable(session, given);
  const target = readyTarget(given, prepared);
  const { counts, ...done } = await write(session, { ...batch, target }, functions, journal);
  return { ...done, target, committed: { schema_changes: prepared.schema_changes, ...counts } };
}
