import { SyncError } from '../model/errors.ts';
import type { MergeFunction, RowBatch, Target } from '../model/types.ts';
import type { Committed } from '../plugin/contract.ts';
import { importModule } from '../plugin/module.ts';
import { fold } from '../transform/fold.ts';
import { insertRows, writeChanges } from './changes.ts';
import type { Connection } from './libsql-connection.ts';
import { existingRows } from './lookup.ts';
import { rememberChanges } from './memory.ts';
import type { Session } from './session.ts';
import { prepareTable } from './table.ts';

type Functions = ReadonlyMap<string, MergeFunction>;

/** Commits a batch in one transaction: the table, the lookup of its rows, the fold, the changes, the ledger. */
export async function commit(connection: Connection, batch: RowBatch): Promise<Committed> {
  const functions = await loadFunctions(batch.target);
  return connection.transaction((session) => commitIn(session, batch, functions));
}

function commitIn(session: Session, { target: given, ...batch }: RowBatch, functions: Functions): Committed {
  const { schema_changes, tracked } = prepareTable(session, given);
  const target = withTracked(given, tracked);
  const now = new Date().toISOString();
  if (target.mode === 'append') {
    insertRows(session, target, batch.rows, now);
    return { schema_changes, inserted: batch.rows.length, updated: 0, unchanged: 0, deleted: 0, kept: 0 };
  }
  const existing = existingRows(session, { ...batch, target });
  const { changes, counts } = fold({ ...batch, target }, existing, functions);
  writeChanges(session, target, changes, now);
  rememberChanges(session, target, changes, existing);
  return { schema_changes, ...counts };
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
  throw new SyncError('merge/function', `${path} has no default export that is a function.`, {
    hint: 'Export one: `export default (existing, incoming) => …`.',
  });
}
