import type { UndoneBatch } from '../model/changes.ts';
import type { Journal, UndoRequest } from '../plugin/history-contract.ts';
import { forgetRuns, journalBatch, journalRuns, outdatedRuns, rowHistory } from './journal-reads.ts';
import type { Postgres } from './postgres.ts';
import type { Session } from './session.ts';
import { undoBatch } from './undo.ts';

/** The journals of a database: one in each schema that has a ledger. */
export function postgresJournal(database: Postgres): Journal {
  const inEach = async <Result>(read: (session: Session) => Promise<readonly Result[]>) => {
    const schemas = await database.ledgerSchemas();
    return (await Promise.all(schemas.map((schema) => database.readLedger(schema, read)))).flat();
  };
  return {
    runs: () => inEach(journalRuns),
    async *changes(run) {
      for (const schema of await database.ledgerSchemas()) {
        for (let after = 0; ; ) {
          const from = after;
          const next = await database.readLedger(schema, (session) => journalBatch(session, run, from));
          if (next === undefined) break;
          after = next.id;
          yield next.batch;
        }
      }
    },
    history: (target, key) => database.read(target, (session) => rowHistory(session, target, key)),
    undo: (request) => (request.rehearse ? rehearse(database, request) : undo(database, request)),
    async prune(limit) {
      for (const schema of await database.ledgerSchemas()) {
        const runs = await database.readLedger(schema, (session) => outdatedRuns(session, limit));
        if (runs.length > 0) await database.in(schema).transaction((session) => forgetRuns(session, runs));
      }
    },
  };
}

async function* undo(database: Postgres, { run, fences, force }: UndoRequest): AsyncGenerator<UndoneBatch> {
  for (const schema of await database.ledgerSchemas()) {
    for (;;) {
      const undone = await database
        .in(schema)
        .transaction((session) => undoBatch(session, { run, fences, force }));
      if (undone === undefined) break;
      yield undone;
    }
  }
}

/** Undoes in a transaction that is never committed. */
async function* rehearse(database: Postgres, { run }: UndoRequest): AsyncGenerator<UndoneBatch> {
  for (const schema of await database.ledgerSchemas()) {
    const { session, end } = await database.trying(schema);
    try {
      for (;;) {
        const undone = await undoBatch(session, { run, force: true });
        if (undone === undefined) break;
        yield undone;
      }
    } catch (error) {
      throw database.toError(error);
    } finally {
      end();
    }
  }
}
