import type { Database } from '../sql/index.ts';

/** What notifications told, so that each change is told once. */
export interface Notified {
  /** How pipelines stood when this notification last arrived, or would have told nothing. */
  notified(notification: string): Promise<ReadonlyMap<string, string>>;
  markNotified(notification: string, standings: ReadonlyMap<string, string>): Promise<void>;
  /** Forgets what is not about one of these pipelines, by notification. */
  keepNotified(about: ReadonlyMap<string, ReadonlySet<string>>): Promise<void>;
}

export function notifiedIn(database: Database): Notified {
  return {
    async notified(notification) {
      const sql = 'SELECT pipeline, status FROM notified WHERE notification = ?';
      const rows = await database.all(sql, [notification]);
      return new Map(rows.map(([pipeline, status]) => [String(pipeline), String(status)]));
    },
    async markNotified(notification, standings) {
      if (standings.size === 0) return;
      const sql = `INSERT INTO notified (notification, pipeline, status) VALUES (?, ?, ?)
        ON CONFLICT (notification, pipeline) DO UPDATE SET status = excluded.status`;
      await database.write([{ sql, rows: [...standings].map((standing) => [notification, ...standing]) }]);
    },
    async keepNotified(about) {
      const kept = [...about].flatMap(([notification, pipelines]) =>
        [...pipelines].map((pipeline) => [notification, pipeline]),
      );
      const sql = `DELETE FROM notified WHERE NOT EXISTS (
        SELECT 1 FROM json_each(?) WHERE value ->> 0 = notification AND value ->> 1 = pipeline)`;
      await database.write([{ sql, rows: [[JSON.stringify(kept)]] }]);
    },
  };
}
