import { noCounts, type PipelineResult, type RunResult } from '../model/result.ts';
import type { Database, SqlValue, Statement } from '../sql/index.ts';
import { hasEnded, thisProcess } from './process.ts';
import { type Request, remember } from './requests.ts';

/** A run as the state has it. */
export interface KeptRun {
  readonly runId: string;
  readonly status: RunResult['status'] | 'running';
  /** Undefined while it runs, and when its process died. */
  readonly exitCode?: number;
  /** ISO 8601, UTC, as all times here. */
  readonly startedAt: string;
  readonly finishedAt?: string;
  /** True when another run took back what it did. */
  readonly undone?: boolean;
  /** In the order of the run; null until the pipeline has ended. */
  readonly pipelines: { readonly [name: string]: PipelineResult | null };
}

export interface RunFilter {
  readonly limit: number;
  readonly pipeline?: string;
  readonly status?: KeptRun['status'];
  /** Those whose ids begin so. */
  readonly prefix?: string;
  /** Those that began at this time or later: ISO 8601, UTC. */
  readonly since?: string;
}

/** Which runs to forget: all that have ended, but for the latest of each pipeline, or that began before a time. */
export type HistoryFilter =
  | { readonly type: 'all' }
  | { readonly type: 'keep_latest' }
  | { readonly type: 'older_than'; readonly milliseconds: number };

/** How many runs are kept, and for how many milliseconds. */
interface HistoryLimit {
  readonly keep: number;
  readonly keep_runs: number;
}

/** Which part of its stream a pipeline read: what was new, all of it, or some (a window, or no more than a number). */
export type ReadExtent = 'new' | 'whole' | 'part';

/** What Syncline remembers of its runs. */
export interface History {
  /** The request that asked for the run is remembered with it. */
  startRun(id: string, startedAt: string, pipelines: readonly string[], request?: Request): Promise<void>;
  finishPipeline(run: string, pipeline: string, result: PipelineResult, extent?: ReadExtent): Promise<void>;
  /** When a pipeline last read what was new, or all there is, to its end (`whole`: all there is). */
  lastSuccess(pipeline: string, whole: boolean): Promise<string | undefined>;
  finishRun(result: RunResult): Promise<void>;
  /** From then on it is as if its pipelines had not run: it is no success to `fresh_for` and `full_every`. */
  markUndone(run: string): Promise<void>;
  /** Marks the runs whose process died, and what had not ended of their pipelines, as `interrupted`; returns these runs. */
  markInterrupted(): Promise<string[]>;
  /** Newest first. */
  runs(filter: RunFilter): Promise<KeptRun[]>;
  run(id: string): Promise<KeptRun | undefined>;
  /**
   * Forgets runs beyond what is to be kept, but for those under way and the latest of each pipeline. Rejects stay: they
   * are rows that somebody may still want.
   */
  forgetRuns(limit: HistoryLimit): Promise<void>;
  /** Forgets runs that have ended, with their rejects and those of runs long forgotten; returns how many runs. */
  clearHistory(filter: HistoryFilter): Promise<number>;
}

/** Of each pipeline, the latest run that did something, and those that `fresh_for` and `full_every` go by. */
const latest = `(
  SELECT max(run_id) FROM run_pipelines WHERE status NOT IN ('skipped', 'busy') GROUP BY pipeline UNION
  SELECT max(run_id) FROM run_pipelines WHERE status IN ('succeeded', 'partial') GROUP BY pipeline, extent
)`;

/** `own` collects the runs of this process that have not ended. */
export function historyOf(database: Database, own: Set<string>, expiry: number): History {
  return {
    async startRun(id, startedAt, pipelines, request) {
      const { host, pid, started } = thisProcess;
      await database.write([
        {
          sql: 'INSERT INTO runs (id, started_at, host, pid, started, alive_at) VALUES (?, ?, ?, ?, ?, ?)',
          rows: [[id, startedAt, host, pid, started, Date.now()]],
        },
        {
          sql: 'INSERT INTO run_pipelines (run_id, pipeline, step) VALUES (?, ?, ?)',
          rows: pipelines.map((pipeline, step) => [id, pipeline, step]),
        },
        ...(request === undefined ? [] : remember(request, id, Date.now())),
      ]);
      own.add(id);
    },
    async finishPipeline(run, pipeline, result, extent = 'new') {
      const sql = `UPDATE run_pipelines SET status = ?, result = ?, extent = ?, finished_at = ?
        WHERE run_id = ? AND pipeline = ?`;
      const row = [result.status, JSON.stringify(result), extent, new Date().toISOString(), run, pipeline];
      await database.write([{ sql, rows: [row] }]);
    },
    async lastSuccess(pipeline, whole) {
      const sql = `SELECT max(finished_at) FROM run_pipelines
        WHERE pipeline = ?1 AND status IN ('succeeded', 'partial') AND (extent = 'whole' OR (extent = 'new' AND NOT ?2))`;
      const at = (await database.all(sql, [pipeline, whole ? 1 : 0]))[0]?.[0] ?? null;
      return at === null ? undefined : String(at);
    },
    async finishRun({ runId, status, exitCode, finishedAt }) {
      const sql = 'UPDATE runs SET status = ?, exit_code = ?, finished_at = ? WHERE id = ?';
      await database.write([{ sql, rows: [[status, exitCode, finishedAt, runId]] }]);
      own.delete(runId);
    },
    async markUndone(run) {
      const sql = "UPDATE run_pipelines SET extent = 'undone' WHERE run_id = ?";
      await database.write([{ sql, rows: [[run]] }]);
    },
    markInterrupted: () => markInterrupted(database, expiry),
    runs: ({ limit, pipeline = null, status = null, prefix = '', since = '' }) => {
      const where = `(?2 IS NULL OR id IN (SELECT run_id FROM run_pipelines WHERE pipeline = ?2))
        AND (?3 IS NULL OR coalesce(status, 'running') = ?3) AND substr(id, 1, length(?4)) = ?4
        AND started_at >= ?5`;
      return readRuns(database, where, [limit, pipeline, status, prefix, since]);
    },
    run: async (id) => (await readRuns(database, 'id = ?2', [1, id]))[0],
    forgetRuns: (limit) => forgetRuns(database, limit),
    clearHistory: (filter) => clear(database, filter),
  };
}

/** Says that the runs of this process go on. */
export async function keepAlive(database: Database, own: ReadonlySet<string>): Promise<void> {
  if (own.size === 0) return;
  const rows = [...own].map((id) => [Date.now(), id]);
  await database.write([{ sql: 'UPDATE runs SET alive_at = ? WHERE id = ?', rows }]);
}

/** The runs that have not ended, and whose process died; with their last sign of life. */
export async function deadRuns(
  database: Database,
  expiry: number,
): Promise<readonly { readonly id: string; readonly aliveAt: string }[]> {
  const unfinished = await database.all(
    'SELECT id, host, pid, started, alive_at FROM runs WHERE finished_at IS NULL ORDER BY id',
  );
  const now = Date.now();
  const dead = unfinished.filter(([, host, pid, started, alive_at]) => {
    if (now - Number(alive_at) > expiry) return true;
    return hasEnded({ host: String(host), pid: Number(pid), started: String(started) });
  });
  return dead.map(([id, , , , alive_at]) => ({
    id: String(id),
    aliveAt: new Date(Number(alive_at) || now).toISOString(),
  }));
}

async function markInterrupted(database: Database, expiry: number): Promise<string[]> {
  const dead = await deadRuns(database, expiry);
  if (dead.length === 0) return [];
  const result: PipelineResult = { status: 'interrupted', ...noCounts, durationMs: 0 };
  const ended = dead.map(({ id, aliveAt }) => [aliveAt, id]);
  await database.write([
    {
      sql: `UPDATE run_pipelines SET status = 'interrupted', result = ?, finished_at = ?
        WHERE run_id = ? AND result IS NULL`,
      rows: ended.map((row) => [JSON.stringify(result), ...row]),
    },
    {
      sql: `UPDATE runs SET status = 'interrupted', finished_at = ? WHERE id = ? AND finished_at IS NULL`,
      rows: ended,
    },
  ]);
  return dead.map(({ id }) => id);
}

const undone = "EXISTS (SELECT 1 FROM run_pipelines WHERE run_id = id AND extent = 'undone')";

async function readRuns(
  database: Database,
  where: string,
  parameters: readonly SqlValue[],
): Promise<KeptRun[]> {
  const rows = await database.all(
    `SELECT id, status, exit_code, started_at, finished_at, ${undone} FROM runs WHERE ${where} ORDER BY id DESC LIMIT ?1`,
    parameters,
  );
  const results = new Map(rows.map(([id]) => [String(id), new Map<string, PipelineResult | null>()]));
  const sql = `SELECT run_id, pipeline, result FROM run_pipelines
    WHERE run_id IN (SELECT value FROM json_each(?)) ORDER BY run_id, step, pipeline`;
  for (const [run, pipeline, result] of await database.all(sql, [JSON.stringify([...results.keys()])]))
    results
      .get(String(run))
      ?.set(String(pipeline), result === null ? null : (JSON.parse(String(result)) as PipelineResult));
  return rows.map(([id, status, exitCode, startedAt, finishedAt, undone]) => ({
    runId: String(id),
    status: status === null ? 'running' : (status as KeptRun['status']),
    exitCode: exitCode === null ? undefined : Number(exitCode),
    startedAt: String(startedAt),
    finishedAt: finishedAt === null ? undefined : String(finishedAt),
    undone: undone === 1 || undefined,
    pipelines: Object.fromEntries(results.get(String(id)) ?? []),
  }));
}

async function clear(database: Database, filter: HistoryFilter): Promise<number> {
  const before = filter.type === 'older_than' ? timeBefore(filter.milliseconds) : null;
  const where =
    filter.type === 'keep_latest' ? `?1 IS NULL AND id NOT IN ${latest}` : '(?1 IS NULL OR started_at < ?1)';
  const runs = await endedRuns(database, where, [before]);
  await forget(database, runs, [
    ...(runs.length > 0 ? [{ sql: 'DELETE FROM rejects WHERE run_id = ?', rows: runs }] : []),
    {
      sql: `DELETE FROM rejects WHERE run_id NOT IN (SELECT id FROM runs) AND (?1 IS NULL OR rejected_at < ?1)`,
      rows: [[before]],
    },
  ]);
  return runs.length;
}

/** The subquery comes last: most often no run is so old that it need be asked. */
async function forgetRuns(database: Database, { keep, keep_runs }: HistoryLimit): Promise<void> {
  const where = `(started_at < ?1 OR id <= (SELECT id FROM runs ORDER BY id DESC LIMIT 1 OFFSET ?2))
    AND id NOT IN ${latest}`;
  const runs = await endedRuns(database, where, [timeBefore(keep), keep_runs]);
  if (runs.length > 0) await forget(database, runs, []);
}

function endedRuns(
  database: Database,
  where: string,
  parameters: readonly SqlValue[],
): Promise<readonly SqlValue[][]> {
  return database.all(`SELECT id FROM runs WHERE finished_at IS NOT NULL AND ${where}`, parameters);
}

async function forget(
  database: Database,
  runs: readonly SqlValue[][],
  rejects: readonly Statement[],
): Promise<void> {
  const rows = (sql: string): Statement[] => (runs.length > 0 ? [{ sql, rows: runs }] : []);
  await database.write([
    ...rows('DELETE FROM run_pipelines WHERE run_id = ?'),
    ...rows('DELETE FROM run_events WHERE run_id = ?'),
    ...rows('DELETE FROM runs WHERE id = ?'),
    ...rejects,
  ]);
}

function timeBefore(milliseconds: number): string {
  return new Date(Date.now() - milliseconds).toISOString();
}
