import type { Database } from '../sql/index.ts';
import { hasEnded } from './process.ts';

/** Which occurrences of schedules are dealt with. All times are milliseconds since 1970. */
export interface Schedules {
  /**
   * Begins to watch the schedule of a pipeline; resolves with the instant after which its occurrences are still to be
   * dealt with: the last one that was, or when this schedule, as `text` tells it, was first watched.
   */
  watchSchedule(pipeline: string, text: string, now: number): Promise<number>;
  /** Forgets the schedules of all other pipelines. */
  keepSchedules(pipelines: readonly string[]): Promise<void>;
  /**
   * Takes an occurrence, once and for all, before anything is done about it; false when it was taken before. `skipped`
   * is how many occurrences, up to this one, do not run: they are counted. With the fence of the lease to schedule,
   * nothing is taken once another has that lease.
   */
  takeOccurrence(pipeline: string, at: number, skipped: number, fence?: number): Promise<boolean>;
  /** Counts an occurrence that was taken, and does not run after all. */
  skipOccurrence(pipeline: string): Promise<void>;
  /** How many occurrences of each watched pipeline did not run. */
  skippedOccurrences(): Promise<ReadonlyMap<string, number>>;
  /** Whether some daemon schedules now. */
  isScheduled(): Promise<boolean>;
}

/** The name of the lease that gives the right to schedule; no pipeline can have it. */
export const schedulerLease = '@scheduler';

/** A clock that is set back brings occurrences again: those of the last day are known. */
const remembered = 86_400_000;

export function schedulesOf(database: Database): Schedules {
  return {
    async watchSchedule(pipeline, text, now) {
      const sql = `INSERT INTO schedules (pipeline, schedule, since) VALUES (?, ?, ?) ON CONFLICT (pipeline)
        DO UPDATE SET schedule = excluded.schedule, since = excluded.since WHERE schedule <> excluded.schedule`;
      await database.write([{ sql, rows: [[pipeline, text, now]] }]);
      const [row] = await database.all(
        `SELECT max(since, coalesce((SELECT max(at) FROM occurrences WHERE pipeline = ?1 AND at <= ?2), since))
          FROM schedules WHERE pipeline = ?1`,
        [pipeline, now],
      );
      return Math.min(Number(row?.[0] ?? now), now);
    },
    async keepSchedules(pipelines) {
      const gone = 'pipeline NOT IN (SELECT value FROM json_each(?))';
      const rows = [[JSON.stringify(pipelines)]];
      await database.write([
        { sql: `DELETE FROM schedules WHERE ${gone}`, rows },
        { sql: `DELETE FROM occurrences WHERE ${gone}`, rows },
      ]);
    },
    async takeOccurrence(pipeline, at, skipped, fence) {
      const free = `NOT EXISTS (SELECT 1 FROM occurrences WHERE pipeline = ?1 AND at = ?2) AND (?4 IS NULL
        OR ?4 = (SELECT fence FROM leases WHERE pipeline = '${schedulerLease}'))`;
      const rows = [[pipeline, at, skipped, fence ?? null]];
      const changed = await database.write([
        {
          sql: `UPDATE schedules SET skipped = skipped + ?3 WHERE pipeline = ?1 AND ${free}`,
          rows,
        },
        {
          sql: `DELETE FROM occurrences WHERE pipeline = ?1 AND at < ?2 - ${remembered} AND ${free}`,
          rows,
        },
        {
          sql: `INSERT INTO occurrences (pipeline, at) SELECT ?1, ?2 WHERE ${free}`,
          rows,
        },
      ]);
      return changed > 0;
    },
    async skipOccurrence(pipeline) {
      const sql = 'UPDATE schedules SET skipped = skipped + 1 WHERE pipeline = ?';
      await database.write([{ sql, rows: [[pipeline]] }]);
    },
    async skippedOccurrences() {
      const rows = await database.all('SELECT pipeline, skipped FROM schedules');
      return new Map(rows.map(([pipeline, skipped]) => [String(pipeline), Number(skipped)]));
    },
    async isScheduled() {
      const sql = 'SELECT host, pid, started FROM leases WHERE pipeline = ? AND expires_at > ?';
      const [row] = await database.all(sql, [schedulerLease, Date.now()]);
      if (row === undefined) return false;
      const [host, pid, started] = row;
      return !hasEnded({ host: String(host), pid: Number(pid), started: String(started) });
    },
  };
}
