import { type RefusedRow, RowsRefused } from '../model/errors.ts';
import { plural } from '../model/plural.ts';
import type { MergeFunction, RowCounts, Scope } from '../model/types.ts';
import { type BatchedRows, fold } from '../transform/fold.ts';
import { insertRows, writeChanges } from './changes.ts';
import type { ReadyTarget } from './dialect.ts';
import { existingRows, tupleOf } from './lookup.ts';
import { rememberAppended, rememberChanges } from './memory.ts';
import type { Session } from './session.ts';

export type Functions = ReadonlyMap<string, MergeFunction>;

/** The rows of a batch, with a table that was made fit for them. */
type ReadyRows = BatchedRows & { readonly target: ReadyTarget };

export type WriteRows = (session: Session, batch: ReadyRows, functions: Functions) => Promise<RowCounts>;

const none: RowCounts = { inserted: 0, updated: 0, unchanged: 0, deleted: 0, kept: 0 };

/** All at once, as long as no constraint of the table refuses any of them. */
export async function writeTogether(
  session: Session,
  batch: ReadyRows,
  functions: Functions,
): Promise<RowCounts> {
  const { target, rows } = batch;
  const now = new Date().toISOString();
  if (target.mode === 'append') {
    await insertRows(session, target, rows, now);
    await rememberAppended(session, target, rows);
    return { ...none, inserted: rows.length };
  }
  const existing = await existingRows(session, target, batch);
  const { changes, counts } = fold(batch, existing, functions);
  await writeChanges(session, target, changes, now);
  await rememberChanges(session, target, changes, existing);
  return counts;
}

/**
 * One after the other, to find those that a constraint refuses: throws `RowsRefused` with them. Where there are none
 * the rows stay written so: in one statement they were in each other's way, as when two trade a unique value.
 */
export async function writeOneByOne(
  session: Session,
  batch: ReadyRows,
  functions: Functions,
): Promise<RowCounts> {
  const { rows, target, scopes } = batch;
  const counts =
    target.mode === 'append'
      ? { ...none, inserted: rows.length }
      : fold(batch, await existingRows(session, target, batch), functions).counts;
  const refused: RefusedRow[] = [];
  for (const scope of scopes ?? [{ from: 0, to: rows.length }]) {
    for (let row = scope.from; row < scope.to; row++) {
      const part = { target, rows: rows.slice(row, row + 1) };
      const write = () => writeTogether(session, part, functions);
      // A row that another writer put there after the lookup is found the second time.
      const problem = (await attempt(session, write)) && (await attempt(session, write));
      if (problem) refused.push({ row, ...problem });
    }
    if ('parent' in scope) await writeTogether(session, removalOf(batch, scope), functions);
  }
  if (refused.length === 0) return counts;
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
