import type { OpenSink } from '../plugin/contract.ts';
import { fromStored, listEntries, putEntry, readState, toStored } from './checkpoints.ts';
import { commit } from './commit.ts';
import { Postgres, type PostgresOptions } from './postgres.ts';
import { checkTarget } from './postgres-dialect.ts';
import { discover, prune } from './table.ts';

/**
 * The tables of a PostgreSQL database as targets. Each commit is one transaction: it makes the table fit, looks up and
 * locks the rows of the batch, folds, writes what changed, and what the ledger is to remember.
 */
export async function openPostgresTargets(options: PostgresOptions): Promise<OpenSink> {
  const database = new Postgres(options);
  return {
    discover: (target) => database.read(target, (session) => discover(session, target)),
    async begin({ name }) {
      checkTarget(name);
      const transactions = database.at(name);
      return {
        commit: (batch) => commit(transactions, { ...batch, ledger: toStored(batch.ledger) }),
        close: async () => undefined,
      };
    },
    ledger: {
      async read(key) {
        const { entry, target } = await database.read(key.target, (session) => readState(session, key));
        return { entry: entry && fromStored(entry), target };
      },
      write: (key, entry) =>
        database.at(key.target).transaction((session) => putEntry(session, key, entry && toStored(entry))),
      async list() {
        const schemas = await database.ledgerSchemas();
        const entries = await Promise.all(schemas.map((schema) => database.readLedger(schema, listEntries)));
        return entries.flat().map(({ entry, ...key }) => ({ ...key, entry: fromStored(entry) }));
      },
    },
    prune: (target, column, before) =>
      database.at(target).transaction((session) => prune(session, target, column, before)),
    close: () => database.close(),
  };
}
