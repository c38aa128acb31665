import { type RefusedRow, RowsRefused } from '../model/errors.ts';
import { plural } from '../model/plural.ts';
import type { Row, RowBatch, RowCounts, Scope } from '../model/types.ts';
import type { Functions } from '../plugin/merge-functions.ts';
import { type BatchedRows, type Existing, type Folded, fold } from '../transform/fold.ts';
import { appendRows, applyChanges } from './apply.ts';
import type { ReadyTarget } from './dialect.ts';
import type { JournalPlace } from './journal.ts';
import { existingRows, tupleOf } from './lookup.ts';
import type { Session } from './session.ts';
import { stageSeen } from './staged.ts';

/** The rows of a batch, with a table that was made fit for them. */
type ReadyRows = BatchedRows & Pick<RowBatch, 'seen'> & { readonly target: ReadyTarget };

/** What was done to the rows of a batch, and the rows of the target it was done to. */
export interface FoldedRows extends Folded {
  readonly existing: ReadonlyMap<string, Existing>;
}

/** Writes the rows of a batch; with a place, what was there is kept in the journal. */
export type WriteRows = (
  session: Session,
  batch: ReadyRows,
  functions: Functions,
  journal?: JournalPlace,
) => Promise<FoldedRows>;

const none: RowCounts = { inserted: 0, updated: 0, unchanged: 0, deleted: 0, kept: 0 };

/** All at once, as long as no constraint of the table refuses any of them. */
export async function writeTogether(
  session: Session,
  batch: ReadyRows,
  functions: Functions,
  journal?: JournalPlace,
): Promise<FoldedRows> {
  const { target, rows } = batch;
  if (target.mode === 'append') {
    await appendRows(session, target, rows, journal);
    return appended(rows);
  }
  const existing = (await areNew(session, batch)) ? noneThere : await lookUp(session, batch);
  const folded = fold(batch, existing, functions);
  await applyChanges(session, target, folded.changes, existing, journal);
  await stageSeen(session, batch, folded.changes);
  return { ...folded, existing };
}

function appended(rows: readonly Row[]): FoldedRows {
  const changes = rows.map((row) => ({ kind: 'insert', key: '', row }) as const);
  return { changes, counts: { ...none, inserted: rows.length }, kept: [], existing: new Map() };
}

const noneThere: ReadonlyMap<string, Existing> = new Map();

/** Whether a lookup is left out. What a scope removes has to be found first. */
async function areNew(session: Session, { target, rows, scopes }: ReadyRows): Promise<boolean> {
  return scopes === undefined && (await session.dialect.expectsNew?.(session, target, rows.length)) === true;
}

async function lookUp(session: Session, batch: ReadyRows): Promise<ReadonlyMap<string, Existing>> {
  const existing = await existingRows(session, batch.target, batch);
  session.dialect.learnNew?.(batch.target, existing.size === 0);
  return existing;
}

/**
 * One after the other, to find those that a constraint refuses: throws `RowsRefused` with them. Where there are none
 * the rows stay written so: in one statement they were in each other's way, as when two trade a unique value.
 */
export async function writeOneByOne(
  session: Session,
  batch: ReadyRows,
  functions: Functions,
  journal?: JournalPlace,
): Promise<FoldedRows> {
  const { rows, target, scopes } = batch;
  const existing =
    target.mode === 'append' ? new Map<string, Existing>() : await existingRows(session, target, batch);
  const folded = target.mode === 'append' ? appended(rows) : fold(batch, existing, functions);
  const refused: RefusedRow[] = [];
  const deleted = new Set(batch.tombstones);
  for (const scope of scopes ?? [{ from: 0, to: rows.length }]) {
    for (let row = scope.from; row < scope.to; row++) {
      const part = { target, rows: rows.slice(row, row + 1), tombstones: deleted.has(row) ? [0] : [] };
      const write = () => writeTogether(session, part, functions, journal);
      // A row that another writer put there after the lookup is found the second time.
      const problem = (await attempt(session, write)) && (await attempt(session, write));
      if (problem) refused.push({ row, ...problem });
    }
    if ('parent' in scope) await writeTogether(session, removalOf(batch, scope), functions, journal);
  }
  if (refused.length === 0) {
    await stageSeen(session, batch, folded.changes);
    return { ...folded, existing };
  }
  const table = session.dialect.table(target.name);
  const message = `constraints of the table ${table} refuse ${plural(refused.length, 'row')}`;
  throw new RowsRefused(message, refused);
}

/** What a scope removes once its rows are written. */
function removalOf({ target, rows }: ReadyRows, scope: Scope): ReadyRows {
  const keys = rows.slice(scope.from, scope.to).map((row) => tupleOf(row, target.primary_key));
  return { target, rows: [], scopes: [{ ...scope, from: 0, to: 0, seen: [...scope.seen, ...keys] }] };
}

/** Does what a constraint may refuse: then all of it is undone, and it is told why. */
async function attempt(
  session: Session,
  work: () => Promise<unknown>,
): Promise<Omit<RefusedRow, 'row'> | undefined> {
  await session.run('SAVEPOINT row');
  try {
    await work();
    await session.run('RELEASE row');
    return undefined;
  } catch (error) {
    const problem = session.dialect.constraintOf(error);
    if (problem === undefined) throw error;
    await session.run('ROLLBACK TO row');
    await session.run('RELEASE row');
    return problem;
  }
}
