import type { Outcome } from '../model/result.ts';
import type { Database } from '../sql/index.ts';
import { hasEnded } from './process.ts';

/** How a pipeline stands. A pipeline that has never run has no last run. */
export interface PipelineStatus {
  readonly pipeline: string;
  readonly status: 'idle' | 'running' | 'failed' | 'never_run';
  /** The run that is under way. */
  readonly running?: { readonly runId: string; readonly since: string };
  /** The last run that did something: neither `skipped` nor `busy`. */
  readonly lastRun?: EndedPipeline;
  /** The last one that read to its end: `succeeded` or `partial`. */
  readonly lastSuccess?: EndedPipeline;
  /** Where the stream has partitions: how each ended when it was last read. */
  readonly partitions?: { readonly [partition: string]: EndedPipeline };
}

interface EndedPipeline {
  readonly runId: string;
  readonly status: Outcome;
  /** ISO 8601, UTC. */
  readonly finishedAt: string;
}

const failures: readonly (Outcome | undefined)[] = ['failed', 'rate_limited', 'interrupted'];

/** How each pipeline stands that ever ran, by name. */
export async function statusOf(database: Database): Promise<PipelineStatus[]> {
  const running = await runningPipelines(database);
  const lastRuns = await lastEnded(database, "status NOT IN ('skipped', 'busy')");
  const successes = await lastEnded(database, "status IN ('succeeded', 'partial')");
  const partitions = await lastPartitions(database);
  const names = new Set([...running.keys(), ...lastRuns.keys()]);
  return [...names].sort().map((pipeline) => {
    const lastRun = lastRuns.get(pipeline);
    const ended = failures.includes(lastRun?.status) ? 'failed' : 'idle';
    return {
      pipeline,
      status: running.has(pipeline) ? 'running' : ended,
      running: running.get(pipeline),
      lastRun,
      lastSuccess: successes.get(pipeline),
      partitions: partitions.get(pipeline),
    };
  });
}

async function runningPipelines(database: Database): Promise<Map<string, { runId: string; since: string }>> {
  const sql = `SELECT pipeline, run_id, acquired_at, leases.host, leases.pid, leases.started
    FROM leases JOIN runs ON id = run_id WHERE finished_at IS NULL AND expires_at > ?`;
  const rows = await database.all(sql, [Date.now()]);
  const alive = rows.filter(
    ([, , , host, pid, started]) =>
      !hasEnded({ host: String(host), pid: Number(pid), started: String(started) }),
  );
  return new Map(
    alive.map(([pipeline, run, since]) => [String(pipeline), { runId: String(run), since: String(since) }]),
  );
}

async function lastEnded(database: Database, condition: string): Promise<Map<string, EndedPipeline>> {
  const sql = `SELECT pipeline, run_id, status, finished_at FROM run_pipelines
    WHERE (pipeline, run_id) IN (SELECT pipeline, max(run_id) FROM run_pipelines WHERE ${condition} GROUP BY pipeline)`;
  const rows = await database.all(sql);
  return new Map(
    rows.map(([pipeline, run, status, finishedAt]) => [
      String(pipeline),
      { runId: String(run), status: status as Outcome, finishedAt: String(finishedAt) },
    ]),
  );
}

async function lastPartitions(
  database: Database,
): Promise<Map<string, { [partition: string]: EndedPipeline }>> {
  // Beside max(), the other columns come from the row that has it.
  const sql = `SELECT pipeline, part.key, max(run_id), json_extract(part.value, '$.status'), finished_at
    FROM run_pipelines, json_each(result, '$.partitions') AS part
    WHERE result LIKE '%"partitions"%' GROUP BY pipeline, part.key ORDER BY pipeline, part.key`;
  const found = new Map<string, { [partition: string]: EndedPipeline }>();
  for (const [pipeline, partition, run, status, finishedAt] of await database.all(sql)) {
    const known = found.get(String(pipeline)) ?? {};
    known[String(partition)] = {
      runId: String(run),
      status: status as Outcome,
      finishedAt: String(finishedAt),
    };
    found.set(String(pipeline), known);
  }
  return found;
}
