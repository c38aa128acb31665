import type { Database } from '../sql/index.ts';

/** What ended runs told while they were under way, for those who ask later. It goes with its run. */
export interface RunEvents {
  /** `events` is JSON. Of a run that is forgotten already, nothing is kept. */
  keepEvents(run: string, events: string): Promise<void>;
  keptEvents(run: string): Promise<string | undefined>;
}

export function runEventsIn(database: Database): RunEvents {
  return {
    async keepEvents(run, events) {
      const sql = `INSERT OR REPLACE INTO run_events (run_id, events)
        SELECT id, ?2 FROM runs WHERE id = ?1`;
      await database.write([{ sql, rows: [[run, events]] }]);
    },
    async keptEvents(run) {
      const [row] = await database.all('SELECT events FROM run_events WHERE run_id = ?', [run]);
      return row && String(row[0]);
    },
  };
}
