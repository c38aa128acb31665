import { SyncError } from '../model/errors.ts';
import type { MergeFunction, Target } from '../model/types.ts';
import type { Committed } from '../plugin/contract.ts';
import { importModule } from '../plugin/module.ts';
import type { BatchedRows } from '../transform/fold.ts';
import { commitId, findCommit, hasRows, holdEntry, type StoredBatch, writeEntry } from './checkpoints.ts';
import type { Connection } from './libsql-connection.ts';
import type { Session } from './session.ts';
import { prepareTable } from './table.ts';
import { type Functions, type WriteRows, writeOneByOne, writeTogether } from './write.ts';

/** Commits a batch in one transaction: the table, the lookup of its rows, the fold, the changes, the ledger. */
export async function commit(connection: Connection, batch: StoredBatch): Promise<Committed> {
  const functions = await loadFunctions(batch.target);
  const commitBy = (write: WriteRows) =>
    connection.transaction(
      (session) => commitIn(session, batch, functions, write),
      (session) => findCommit(session, commitId(batch)),
    );
  try {
    return await commitBy(writeTogether);
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'sql/constraint') throw error;
    return commitBy(writeOneByOne);
  }
}

function commitIn(session: Session, batch: StoredBatch, functions: Functions, write: WriteRows): Committed {
  const { pipeline, target, ...id } = commitId(batch);
  const before = holdEntry(session, { pipeline, target }, batch.ledger.fence);
  const committed = writeRows(session, batch, functions, write);
  const wrote = hasWritten(session, batch, committed, before?.wrote ?? false);
  writeEntry(session, { pipeline, target }, { ...batch.ledger, ...id, wrote }, committed);
  return committed;
}

/** Rows that we removed ourselves, the last ones too, were not lost to somebody else. */
function hasWritten(session: Session, batch: StoredBatch, { deleted }: Committed, before: boolean): boolean {
  if (batch.rows.length > 0) return true;
  return deleted > 0 ? hasRows(session, batch.target.name) : before;
}

const nothing: Committed = {
  schema_changes: [],
  inserted: 0,
  updated: 0,
  unchanged: 0,
  deleted: 0,
  kept: 0,
};

function writeRows(session: Session, batch: BatchedRows, functions: Functions, write: WriteRows): Committed {
  const { rows, target: given } = batch;
  // A read that brought nothing: there is nothing to make a table of.
  if (rows.length === 0 && given.columns.length === 0) return nothing;
  const { schema_changes, tracked } = prepareTable(session, given);
  const target = withTracked(given, tracked);
  return { schema_changes, ...write(session, { ...batch, target }, functions) };
}

/** By pipeline, what was last made for it: `fold` works a target and its functions out once, and knows them by identity. */
const targets = new Map<string, { readonly signature: string; readonly target: Target }>();
const loaded = new Map<string, { readonly signature: string; readonly functions: Functions }>();

/** The target with every column tracked that the ledger tracks: the memory belongs to the target, not to a pipeline. */
function withTracked(target: Target, tracked: ReadonlySet<string>): Target {
  const signature = JSON.stringify([target, [...tracked]]);
  const last = targets.get(target.pipeline);
  if (last?.signature === signature) return last.target;
  const columns = target.columns.map((column) => ({ ...column, tracked: tracked.has(column.name) }));
  const made = { signature, target: { ...target, columns } };
  targets.set(target.pipeline, made);
  return made.target;
}

async function loadFunctions(target: Target): Promise<Functions> {
  const paths = target.columns.flatMap(({ strategy }) =>
    strategy.type === 'function' ? [strategy.path] : [],
  );
  const signature = JSON.stringify(paths);
  const last = loaded.get(target.pipeline);
  if (last?.signature === signature) return last.functions;
  const functions = new Map<string, MergeFunction>();
  for (const path of paths) functions.set(path, await loadFunction(path));
  loaded.set(target.pipeline, { signature, functions });
  return functions;
}

async function loadFunction(path: string): Promise<MergeFunction> {
  const { default: exported } = await importModule(path);
  if (typeof exported === 'function') return exported as MergeFunction;
  throw new SyncError('merge/function', `${path} has no default export that is a function`, {
    hint: 'Export one: `export default (existing, incoming) => …`.',
  });
}
