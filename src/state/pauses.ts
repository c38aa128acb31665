import type { Database } from '../sql/index.ts';

/** Pipelines whose schedules start nothing for now. */
export interface Pauses {
  /** One that is paused stays so since when it was. */
  pause(pipeline: string): Promise<void>;
  resume(pipeline: string): Promise<void>;
  /** Since when each paused pipeline is: ISO 8601, UTC. */
  paused(): Promise<ReadonlyMap<string, string>>;
}

export function pausesIn(database: Database): Pauses {
  return {
    async pause(pipeline) {
      const sql = 'INSERT OR IGNORE INTO pauses (pipeline, since) VALUES (?, ?)';
      await database.write([{ sql, rows: [[pipeline, new Date().toISOString()]] }]);
    },
    async resume(pipeline) {
      await database.write([{ sql: 'DELETE FROM pauses WHERE pipeline = ?', rows: [[pipeline]] }]);
    },
    async paused() {
      const rows = await database.all('SELECT pipeline, since FROM pauses ORDER BY pipeline');
      return new Map(rows.map(([pipeline, since]) => [String(pipeline), String(since)]));
    },
  };
}
