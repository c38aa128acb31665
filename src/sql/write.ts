import { type RefusedRow, RowsRefused } from '../model/errors.ts';
import { plural } from '../model/plural.ts';
import type { MergeFunction, RowCounts, Scope } from '../model/types.ts';
import { type BatchedRows, fold } from '../transform/fold.ts';
import { insertRows, writeChanges } from './changes.ts';
import { quote } from './dialect.ts';
import { constraintOf } from './libsql-error.ts';
import { existingRows, tupleOf } from './lookup.ts';
import { rememberAppended, rememberChanges } from './memory.ts';
import type { Session } from './session.ts';

export type Functions = ReadonlyMap<string, MergeFunction>;

/** Writes the rows of a batch into a table that was made fit for them. */
export type WriteRows = (session: Session, batch: BatchedRows, functions: Functions) => RowCounts;

const none: RowCounts = { inserted: 0, updated: 0, unchanged: 0, deleted: 0, kept: 0 };

/** All at once, as long as no constraint of the table refuses any of them. */
export function writeTogether(session: Session, batch: BatchedRows, functions: Functions): RowCounts {
  const { target, rows } = batch;
  const now = new Date().toISOString();
  if (target.mode === 'append') {
    insertRows(session, target, rows, now);
    rememberAppended(session, target, rows);
    return { ...none, inserted: rows.length };
  }
  const existing = existingRows(session, batch);
  const { changes, counts } = fold(batch, existing, functions);
  writeChanges(session, target, changes, now);
  rememberChanges(session, target, changes, existing);
  return counts;
}

/**
 * One after the other, to find those that a constraint refuses: throws `RowsRefused` with them. Where there are none
 * the rows stay written so: in one statement they were in each other's way, as when two trade a unique value.
 */
export function writeOneByOne(session: Session, batch: BatchedRows, functions: Functions): RowCounts {
  const { rows, target, scopes } = batch;
  const counts =
    target.mode === 'append'
      ? { ...none, inserted: rows.length }
      : fold(batch, existingRows(session, batch), functions).counts;
  const refused: RefusedRow[] = [];
  for (const scope of scopes ?? [{ from: 0, to: rows.length }]) {
    for (let row = scope.from; row < scope.to; row++) {
      const part = { target, rows: rows.slice(row, row + 1) };
      const problem = attempt(session, () => writeTogether(session, part, functions));
      if (problem) refused.push({ row, ...problem });
    }
    if ('parent' in scope) writeTogether(session, removalOf(batch, scope), functions);
  }
  if (refused.length === 0) return counts;
  const message = `constraints of the table ${quote(target.name)} refuse ${plural(refused.length, 'row')}`;
  throw new RowsRefused(message, refused);
}

/** What a scope removes once its rows are written. */
function removalOf({ target, rows }: BatchedRows, scope: Scope): BatchedRows {
  const keys = rows.slice(scope.from, scope.to).map((row) => tupleOf(row, target.primary_key));
  return { target, rows: [], scopes: [{ ...scope, from: 0, to: 0, seen: [...scope.seen, ...keys] }] };
}

/** Does what a constraint may refuse: then all of it is undone, and it is told why. */
function attempt(session: Session, work: () => unknown): Omit<RefusedRow, 'row'> | undefined {
  session.run('SAVEPOINT row');
  try {
    work();
    session.run('RELEASE row');
    return undefined;
  } catch (error) {
    const problem = constraintOf(error);
    if (problem === undefined) throw error;
    session.run('ROLLBACK TO row');
    session.run('RELEASE row');
    return problem;
  }
}
