import type { LogLevel, LogLine } from '../model/log-line.ts';
import type { Database } from '../sql/index.ts';

/** Lines of the log, as far as the state keeps them. */
export interface KeptLogs {
  addLogs(lines: readonly LogLine[]): Promise<void>;
  /** In the order they were written. */
  logsOf(run: string): Promise<LogLine[]>;
  /** Drops those from before this time, in ISO 8601. */
  dropLogs(before: string): Promise<void>;
}

export function logsIn(database: Database): KeptLogs {
  return {
    async addLogs(lines) {
      const sql = `INSERT INTO logs (batch_id, level, step, message, meta, created_at) VALUES (?, ?, ?, ?, ?, ?)`;
      const rows = lines.map(({ run, level, event, message, time, ...meta }) => [
        run,
        level,
        event,
        message,
        JSON.stringify(meta),
        time,
      ]);
      await database.write([{ sql, rows }]);
    },
    async logsOf(run) {
      const sql = 'SELECT level, step, message, meta, created_at FROM logs WHERE batch_id = ? ORDER BY id';
      const rows = await database.all(sql, [run]);
      return rows.map(([level, event, message, meta, time]) => ({
        time: String(time),
        level: level as LogLevel,
        run,
        event: String(event),
        message: String(message),
        ...(JSON.parse(String(meta)) as Partial<LogLine>),
      }));
    },
    async dropLogs(before) {
      await database.write([{ sql: 'DELETE FROM logs WHERE created_at < ?', rows: [[before]] }]);
    },
  };
}
