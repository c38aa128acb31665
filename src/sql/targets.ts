import type { OpenSink, TargetRequest, Writer } from '../plugin/contract.ts';
import { defaultPatience } from './libsql.ts';
import { checkTargetName } from './table.ts';
import { nextId, openThread } from './thread.ts';

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
  const thread = openThread(path);
  const connection = nextId();
  await thread.call('connect', connection, { path, readonly: false, patience });
  return {
    discover: (target) => thread.call('discover', connection, target),
    async begin({ name }: TargetRequest): Promise<Writer> {
      checkTargetName(name);
      return {
        commit: (batch) => thread.call('commit', connection, batch),
        close: async () => undefined,
      };
    },
    async close() {
      await thread.call('disconnect', connection).finally(() => thread.release());
    },
  };
}
