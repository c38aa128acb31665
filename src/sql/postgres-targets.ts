import type { OpenSink } from '../plugin/contract.ts';
import type { Planner } from '../plugin/history-contract.ts';
import { count, forget, remove, survey } from './absence.ts';
import { absenceOf, plannedAbsence, type StoredRead } from './absence-calls.ts';
import { fromStored, listEntries, putEntry, readState, toStored } from './checkpoints.ts';
import { commit, commitPlanned } from './commit.ts';
import { planBatch, rehearseSteps } from './plan.ts';
import { plannedCalls } from './plan-absence.ts';
import { Postgres, type PostgresOptions } from './postgres.ts';
import { countTarget } from './postgres-count.ts';
import { checkTarget } from './postgres-dialect.ts';
import { postgresJournal } from './postgres-journal.ts';
import { postgresScratch } from './postgres-scratch.ts';
import { replace } from './replacement.ts';
import { Scratch } from './scratch.ts';
import type { Session } from './session.ts';
import { discover, prune } from './table.ts';

/**
 * The tables of a PostgreSQL database as targets. Each commit is one transaction: it makes the table fit, looks up and
 * locks the rows of the batch, folds, writes what changed, and what the ledger is to remember.
 */
export async function openPostgresTargets(options: PostgresOptions): Promise<OpenSink> {
  const database = new Postgres(options);
  const scratches = new Map<string, Promise<Scratch>>();
  const scratchAt = (ledger: string, target: string): Promise<Scratch> => {
    const made = scratches.get(ledger) ?? postgresScratch(database, target).then((one) => new Scratch(one));
    scratches.set(ledger, made);
    return made;
  };
  const writing = <Result>({ target }: StoredRead, work: (session: Session) => Promise<Result>) =>
    database.at(target.name).transaction(work);
  return {
    discover: (target) => database.read(target, (session) => discover(session, target)),
    async begin({ name }) {
      checkTarget(name);
      const transactions = database.at(name);
      return {
        commit: (batch) => commit(transactions, { ...batch, ledger: toStored(batch.ledger) }),
        replay: (batch, saved) =>
          commitPlanned(transactions, { ...batch, ledger: toStored(batch.ledger) }, saved),
        close: async () => undefined,
      };
    },
    async plan({ name }): Promise<Planner> {
      checkTarget(name);
      const scratch = await scratchAt(await database.ledgerOf(name), name);
      return {
        plan: (batch, save) => planBatch(scratch, batch, save),
        replay: ({ target }, { steps }) => rehearseSteps(scratch, target, steps),
        close: async () => undefined,
      };
    },
    journal: postgresJournal(database),
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
    absence: absenceOf({
      forget: (read, whose, from) => writing(read, (session) => forget(session, read, whose, from)),
      survey: (read) => database.read(read.target.name, (session) => survey(session, read)),
      // Not as one reads else: the planner is kept from reading the whole of what was staged for every page.
      count: (read, after) => writing(read, (session) => count(session, read, after)),
      remove: (read, after) => writing(read, (session) => remove(session, read, after)),
      replace: (read) => replace(database.at(read.target.name), read),
    }),
    planAbsence: plannedAbsence(async ({ target }, save) =>
      plannedCalls(await scratchAt(await database.ledgerOf(target.name), target.name), save),
    ),
    count: (target, { deleted_at, signal }) => countTarget(database, target, deleted_at, signal),
    prune: (target, column, before) =>
      database.at(target).transaction((session) => prune(session, target, column, before)),
    async close() {
      for (const scratch of scratches.values())
        await scratch.then((one) => one.close()).catch(() => undefined);
      await database.close();
    },
  };
}
