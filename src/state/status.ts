import type { Outcome } from '../model/result.ts';
import type { Database } from '../sql/index.ts';
import { hasEnded } from './process.ts';

/** How a pipeline, or one partition of it, stands. What has never run has no last run. */
interface Standing {
  /** The last run that did something: neither `skipped` nor `busy`. */
  readonly lastRun?: EndedPipeline;
  /** The last one that read to its end: `succeeded` or `partial`. */
  readonly lastSuccess?: EndedPipeline;
  /** Where the last read that came to its end will go on: a value of the cursor field, or a sync token. */
  readonly cursor?: string;
}

export interface PipelineStatus extends Standing {
  readonly pipeline: string;
  readonly status: 'idle' | 'running' | 'failed' | 'never_run';
  /** The run that is under way. */
  readonly running?: { readonly runId: string; readonly since: string };
  /** Where the stream has partitions. */
  readonly partitions?: { readonly [partition: string]: PartitionStatus };
}

interface PartitionStatus extends Standing {
  readonly status: 'idle' | 'failed';
}

export interface EndedPipeline {
  readonly runId: string;
  readonly status: Outcome;
  /** When its run did. ISO 8601, UTC, as all times here. */
  readonly startedAt: string;
  readonly finishedAt: string;
}

const failures: readonly (Outcome | undefined)[] = ['failed', 'rate_limited', 'interrupted'];

/** How each pipeline stands that ever ran, by name. */
export async function statusOf(database: Database): Promise<PipelineStatus[]> {
  const running = await runningPipelines(database);
  const whole = await standingsIn(database, "SELECT *, '' AS part, result AS ended FROM run_pipelines");
  const parted = await standingsIn(
    database,
    `SELECT run_pipelines.*, part.key AS part, part.value AS ended
      FROM run_pipelines, json_each(result, '$.partitions') AS part WHERE result LIKE '%"partitions"%'`,
  );
  const names = new Set([...running.keys(), ...whole.keys()]);
  return [...names].sort().map((pipeline) => {
    const standing = whole.get(pipeline)?.get('') ?? {};
    const partitions = parted.get(pipeline);
    return {
      pipeline,
      status: running.has(pipeline) ? 'running' : endedStatus(standing),
      running: running.get(pipeline),
      ...standing,
      partitions:
        partitions &&
        Object.fromEntries(
          [...partitions].map(([name, one]) => [name, { status: endedStatus(one), ...one }]),
        ),
    };
  });
}

function endedStatus({ lastRun }: Standing): 'idle' | 'failed' {
  return failures.includes(lastRun?.status) ? 'failed' : 'idle';
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

/** By pipeline and part. `ended` selects the results of parts: what stands in a result stands for its part. */
async function standingsIn(
  database: Database,
  ended: string,
): Promise<ReadonlyMap<string, ReadonlyMap<string, Standing>>> {
  // Beside max(), the other columns come from the row that has it.
  const sql = `SELECT pipeline, part, max(run_id), outcome, finished_at, cursor,
      (SELECT started_at FROM runs WHERE id = run_id)
    FROM (
      SELECT *, json_extract(ended, '$.status') AS outcome,
        CASE WHEN extent IN ('new', 'whole') THEN json_extract(ended, '$.cursor.to') END AS cursor
      FROM (${ended})
    )
    WHERE outcome NOT IN ('skipped', 'busy')
    GROUP BY pipeline, part, outcome, cursor IS NULL ORDER BY pipeline, part, max(run_id)`;
  const found = new Map<string, Map<string, Standing>>();
  for (const [pipeline, part, run, status, finishedAt, cursor, startedAt] of await database.all(sql)) {
    const parts = found.get(String(pipeline)) ?? new Map<string, Standing>();
    const last = {
      runId: String(run),
      status: status as Outcome,
      startedAt: String(startedAt),
      finishedAt: String(finishedAt),
    };
    // The oldest comes first, and what comes later takes its place.
    parts.set(String(part), {
      ...parts.get(String(part)),
      lastRun: last,
      ...(['succeeded', 'partial'].includes(last.status) && { lastSuccess: last }),
      ...(cursor !== null && { cursor: String(cursor) }),
    });
    found.set(String(pipeline), parts);
  }
  return found;
}
