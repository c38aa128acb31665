import type { RowBatch } from '../model/types.ts';
import type {
  Committed,
  CountOptions,
  Ledger,
  OpenSink,
  RowsCounted,
  TargetRequest,
  Writer,
} from '../plugin/contract.ts';
import type { Planner, SavedBatch } from '../plugin/history-contract.ts';
import { type AbsenceCalls, absenceOf, plannedAbsence } from './absence-calls.ts';
import { type CommitId, commitId, fromStored, toStored } from './checkpoints.ts';
import { defaultPatience, type SqlValue } from './libsql.ts';
import { libsqlDialect } from './libsql-dialect.ts';
import { journalOf, type ScratchCall, scratchOf } from './libsql-journal.ts';
import type { Thread } from './thread.ts';
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
  const options = { path, patience };
  const connection = new ThreadConnection({ ...options, readonly: false });
  const scratch = scratchOf(connection, options);
  return {
    discover: (target) => connection.thread.call('discover', connection.id, target),
    async begin({ name }: TargetRequest): Promise<Writer> {
      libsqlDialect.checkTarget(name);
      return {
        commit: (batch) => commit(connection, batch),
        replay: (batch, saved) => replay(connection, batch, saved),
        close: async () => undefined,
      };
    },
    plan: async ({ name }) => {
      libsqlDialect.checkTarget(name);
      return planner(connection, scratch);
    },
    ledger: ledgerOf(connection),
    absence: absenceOf(callsOf(connection)),
    planAbsence: plannedAbsence(async (_, save) => plannedCallsOf(connection, await scratch.open(), save)),
    count: (target, options) => count(connection, target, options),
    prune: (target, column, before) => connection.thread.call('prune', connection.id, target, column, before),
    journal: journalOf(connection, options),
    async close() {
      await scratch.close();
      await connection.close();
    },
  };
}

/** In slices, between which the thread does what others ask for. */
async function count(
  connection: ThreadConnection,
  target: string,
  { deleted_at, signal }: CountOptions,
): Promise<RowsCounted | undefined> {
  const sum = { total: 0, deleted: 0 };
  for (let after: SqlValue | undefined; ; ) {
    signal.throwIfAborted();
    const slice = await connection.thread.call('countSlice', connection.id, target, deleted_at, after);
    if (slice === undefined) return undefined;
    sum.total += slice.total;
    sum.deleted += slice.deleted;
    after = slice.last;
    if (after === undefined) return sum;
  }
}

function planner(connection: ThreadConnection, scratch: ScratchCall): Planner {
  return {
    plan: async ({ ledger: _, ...batch }, save = false) =>
      connection.thread.call('planBatch', await scratch.open(), batch, save),
    replay: async ({ target }, { steps }) =>
      connection.thread.call('rehearseSteps', await scratch.open(), target, steps),
    close: async () => undefined,
  };
}

function commit(connection: ThreadConnection, batch: RowBatch): Promise<Committed> {
  const stored = { ...batch, ledger: toStored(batch.ledger) };
  return orLanded(connection, commitId(batch), (thread) => thread.call('commit', connection.id, stored));
}

function replay(connection: ThreadConnection, batch: RowBatch, saved: SavedBatch): Promise<Committed> {
  const stored = { ...batch, ledger: toStored(batch.ledger) };
  return orLanded(connection, commitId(batch), (thread) =>
    thread.call('commitPlanned', connection.id, stored, saved),
  );
}

async function orLanded(
  connection: ThreadConnection,
  sought: CommitId,
  work: (thread: Thread) => Promise<Committed>,
): Promise<Committed> {
  const { id, thread } = connection;
  try {
    return await work(thread);
  } catch (error) {
    // The thread looks up what a failed COMMIT came to; only when the thread itself ended, it is for us to do so.
    if (!thread.ended) throw error;
    const landed = await connection.thread.call('findCommit', id, sought);
    if (landed) return landed;
    throw error;
  }
}

function callsOf(connection: ThreadConnection): AbsenceCalls {
  const { id } = connection;
  return {
    forget: (read, whose, from) => connection.thread.call('forgetStaged', id, read, whose, from),
    survey: (read) => connection.thread.call('surveyStaged', id, read),
    count: (read, after) => connection.thread.call('countAbsent', id, read, after),
    remove: (read, after) => connection.thread.call('removeAbsent', id, read, after),
    replace: (read) => orLanded(connection, commitId(read), (thread) => thread.call('replaceRows', id, read)),
  };
}

function plannedCallsOf({ thread }: ThreadConnection, scratch: number, save: boolean): AbsenceCalls {
  return {
    forget: (read, whose, from) => thread.call('planForget', scratch, read, whose, from),
    survey: (read) => thread.call('planSurvey', scratch, read),
    count: (read, after) => thread.call('planCount', scratch, read, after),
    remove: (read, after) => thread.call('planRemove', scratch, read, after, save),
    replace: (read) => thread.call('planReplace', scratch, read),
  };
}

function ledgerOf(connection: ThreadConnection): Ledger {
  return {
    async read(key) {
      const { entry, target } = await connection.thread.call('readState', connection.id, key);
      return { entry: entry && fromStored(entry), target };
    },
    write: (key, entry) => connection.thread.call('putEntry', connection.id, key, entry && toStored(entry)),
    async list() {
      const entries = await connection.thread.call('listEntries', connection.id);
      return entries.map(({ entry, ...key }) => ({ ...key, entry: fromStored(entry) }));
    },
  };
}
