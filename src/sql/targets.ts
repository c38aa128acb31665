import type { LedgerEntry } from '../model/checkpoint.ts';
import { parseCheckpoint, printCheckpoint } from '../model/checkpoint-json.ts';
import type { RowBatch } from '../model/types.ts';
import type { Committed, Ledger, OpenSink, TargetRequest, Writer } from '../plugin/contract.ts';
import { commitId, type StoredEntry } from './checkpoints.ts';
import { quote } from './dialect.ts';
import { defaultPatience } from './libsql.ts';
import { checkTargetName } from './table.ts';
import { ThreadConnection } from './thread-connection.ts';

export interface TargetsOptions {
  /** The absolute path of the file. A missing one is made, with its folder, by the first commit. */
  readonly path: string;
  /** How long a lock held elsewhere is waited for, in milliseconds. */
  readonly patience?: number;
}

/**
 * The tables of a database file as targets. Each commit is one transaction in the database's thread: it makes the
 * table fit, looks up the rows of the batch, folds, writes what changed, and what the ledger is to remember.
 */
export async function openTargets({ path, patience = defaultPatience }: TargetsOptions): Promise<OpenSink> {
  const connection = new ThreadConnection({ path, readonly: false, patience });
  return {
    discover: (target) => connection.thread.call('discover', connection.id, target),
    async begin({ name }: TargetRequest): Promise<Writer> {
      checkTargetName(name);
      return { commit: (batch) => commit(connection, batch), close: async () => undefined };
    },
    ledger: ledgerOf(connection),
    prune: (target, column, before) => prune(connection, target, column, before),
    close: () => connection.close(),
  };
}

async function commit(connection: ThreadConnection, batch: RowBatch): Promise<Committed> {
  const { id, thread } = connection;
  try {
    return await thread.call('commit', id, { ...batch, ledger: stored(batch.ledger) });
  } catch (error) {
    // The thread looks up what a failed COMMIT came to; only when the thread itself ended, it is for us to do so.
    if (!thread.ended) throw error;
    const landed = await connection.thread.call('findCommit', id, commitId(batch));
    if (landed) return landed;
    throw error;
  }
}

async function prune(
  { id, thread }: ThreadConnection,
  target: string,
  column: string,
  before: string,
): Promise<void> {
  if ((await thread.call('discover', id, target)) === undefined) return;
  const sql = `DELETE FROM ${quote(target)} WHERE ${quote(column)} < ?`;
  await thread.call('write', id, [{ sql, rows: [[before]] }]);
}

function ledgerOf(connection: ThreadConnection): Ledger {
  return {
    async read(key) {
      const { entry, target } = await connection.thread.call('readState', connection.id, key);
      return { entry: entry && toEntry(entry), target };
    },
    write: (key, entry) => connection.thread.call('putEntry', connection.id, key, entry && stored(entry)),
    async list() {
      const entries = await connection.thread.call('listEntries', connection.id);
      return entries.map(({ entry, ...key }) => ({ ...key, entry: toEntry(entry) }));
    },
  };
}

function stored<Holder extends Pick<LedgerEntry, 'checkpoint'>>(holder: Holder) {
  return { ...holder, checkpoint: printCheckpoint(holder.checkpoint) };
}

function toEntry(entry: StoredEntry): LedgerEntry {
  return { ...entry, checkpoint: parseCheckpoint(entry.checkpoint) };
}
