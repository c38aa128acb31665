import type { Database } from '../sql/index.ts';

/** Runs that somebody wants to end, whichever process has them. */
export interface Cancellations {
  /** Asks for the end of a run; false when it has ended already. */
  askToCancel(run: string): Promise<boolean>;
  /** Which of these runs somebody asked to end. */
  askedToCancel(runs: readonly string[]): Promise<readonly string[]>;
}

export function cancellationsOf(database: Database): Cancellations {
  return {
    async askToCancel(run) {
      const sql = 'UPDATE runs SET cancel_at = coalesce(cancel_at, ?) WHERE id = ? AND finished_at IS NULL';
      return (await database.write([{ sql, rows: [[new Date().toISOString(), run]] }])) === 1;
    },
    async askedToCancel(runs) {
      const sql = `SELECT id FROM runs WHERE id IN (SELECT value FROM json_each(?)) AND cancel_at IS NOT NULL`;
      return (await database.all(sql, [JSON.stringify(runs)])).map(([id]) => String(id));
    },
  };
}
