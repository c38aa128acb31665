import type { Failure, RunResult } from '../model/result.ts';
import type { Database } from '../sql/index.ts';

/** The last run of a pipeline that did not reach its end, and why. */
export interface LastError extends Failure {
  readonly runId: string;
  /** ISO 8601, UTC. */
  readonly finishedAt: string;
}

/** What the remembered runs come to. */
export interface KeptStatistics {
  /** How many runs ended so, or are under way. */
  runsByStatus(): Promise<{ readonly [status in RunResult['status'] | 'running']?: number }>;
  /** By pipeline. */
  lastErrors(): Promise<ReadonlyMap<string, LastError>>;
}

export function statisticsOf(database: Database): KeptStatistics {
  return {
    async runsByStatus() {
      const sql = `SELECT coalesce(status, 'running'), count(*) FROM runs GROUP BY 1 ORDER BY 2 DESC, 1`;
      const rows = await database.all(sql);
      return Object.fromEntries(rows.map(([status, runs]) => [String(status), Number(runs)]));
    },
    async lastErrors() {
      // Beside max(), the other columns come from the row that has it.
      const sql = `SELECT pipeline, max(run_id), finished_at, json_extract(result, '$.error') FROM run_pipelines
        WHERE status IN ('failed', 'rate_limited') AND json_extract(result, '$.error') IS NOT NULL GROUP BY pipeline`;
      const rows = await database.all(sql);
      return new Map(
        rows.map(([pipeline, run, finishedAt, error]) => [
          String(pipeline),
          { ...(JSON.parse(String(error)) as Failure), runId: String(run), finishedAt: String(finishedAt) },
        ]),
      );
    },
  };
}
