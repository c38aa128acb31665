import { existsSync } from 'node:fs';
import type { LedgerEntry, LedgerKey } from '../model/checkpoint.ts';
import type { Ledger } from '../plugin/contract.ts';
import { type Database, openDatabase } from '../sql/index.ts';
import { cancellationsOf } from './cancellations.ts';
import { checkpointsOf } from './checkpoints.ts';
import { columnsIn } from './columns.ts';
import { editMemoryOf } from './edit-memory.ts';
import { historyOf } from './history.ts';
import { logsIn } from './logs.ts';
import { isCurrent } from './migrations.ts';
import { notifiedIn } from './notified.ts';
import { pausesIn } from './pauses.ts';
import { rejectsOf } from './rejects.ts';
import { requestsIn } from './requests.ts';
import { retriesOf } from './retries.ts';
import { runEventsIn } from './run-events.ts';
import { schedulesOf } from './schedules.ts';
import type { State } from './state.ts';
import { statisticsOf } from './statistics.ts';
import { statusOf } from './status.ts';

/**
 * The state as it is, for work that writes nothing: what is told to it goes nowhere, but for checkpoints, which are
 * remembered as long as it is open. Every lease is given. A state that is not there is empty, and is not made.
 */
export async function readState(file: string): Promise<State> {
  const database = await openUnwritten(file);
  const ledgers = new Map<string, Ledger>();
  return {
    ...historyOf(database, new Set(), 0),
    ...cancellationsOf(database),
    ...rejectsOf(database),
    ...logsIn(database),
    ...retriesOf(database),
    ...schedulesOf(database),
    ...pausesIn(database),
    ...requestsIn(database),
    ...runEventsIn(database),
    ...statisticsOf(database),
    ...columnsIn(database),
    ...notifiedIn(database),
    markInterrupted: async () => [],
    acquire: async (_pipeline, _run, atLeast) => {
      const lost = new AbortController().signal;
      return { fence: atLeast + 1, lost, release: async () => undefined };
    },
    ledger(sink) {
      const known = ledgers.get(sink) ?? unwrittenLedger(checkpointsOf(database, sink));
      ledgers.set(sink, known);
      return known;
    },
    editMemory: (sink) => editMemoryOf(database, sink),
    status: () => statusOf(database),
    close: () => database.close(),
  };
}

/** A ledger that remembers what is written to it only itself. */
export function unwrittenLedger(ledger: Ledger): Ledger {
  const written = new Map<string, LedgerEntry | undefined>();
  const nameOf = ({ pipeline, target }: LedgerKey) => JSON.stringify([pipeline, target]);
  return {
    async read(key) {
      const state = await ledger.read(key);
      return written.has(nameOf(key)) ? { ...state, entry: written.get(nameOf(key)) } : state;
    },
    async write(key, entry) {
      written.set(nameOf(key), entry);
    },
    list: () => ledger.list(),
  };
}

async function openUnwritten(path: string): Promise<Database> {
  const nothing: Database = {
    write: async () => 0,
    all: async () => [],
    async *pages() {},
    close: async () => undefined,
  };
  if (!existsSync(path)) return nothing;
  const database = await openDatabase({ path, readonly: true });
  try {
    // What an older version remembered is brought up to date by the next run; until then there is no checkpoint in it.
    if (await isCurrent(database, path)) return { ...database, write: async () => 0 };
  } catch (error) {
    await database.close();
    throw error;
  }
  await database.close();
  return nothing;
}
