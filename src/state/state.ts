import { printJson } from '../model/json.ts';
import type { PipelineResult, RunResult } from '../model/result.ts';
import type { Reject } from '../model/types.ts';
import { type Database, openDatabase, type SqlValue } from '../sql/index.ts';
import { migrate } from './migrations.ts';

/** A reject with its place in the state. */
interface KeptReject {
  readonly id: number;
  readonly run: string;
  readonly pipeline: string;
  readonly batch: number;
  readonly field?: string;
  readonly code: string;
  readonly reason: string;
  /** The record as read, as JSON text. */
  readonly record: string;
  readonly rejected_at: string;
}

/** The rejects of one pipeline in one run. */
interface RejectSummary {
  readonly run: string;
  readonly pipeline: string;
  readonly rejected: number;
  /** Of the last of them. */
  readonly rejected_at: string;
  /** The most frequent reason's code, and one such reason. */
  readonly code: string;
  readonly example: string;
}

/** Which rejects: those of a run, of a pipeline, of both, or all there are. */
export interface RejectFilter {
  readonly run?: string;
  readonly pipeline?: string;
}

/** What Syncline remembers of its runs. */
export interface State {
  startRun(id: string, startedAt: string): Promise<void>;
  finishPipeline(run: string, pipeline: string, result: PipelineResult): Promise<void>;
  finishRun(result: RunResult): Promise<void>;
  /** Durable when it resolves, so that a reject is never lost once its batch is committed. */
  addRejects(run: string, pipeline: string, batch: number, rejects: readonly Reject[]): Promise<void>;
  /** Newest first. */
  rejectSummaries(filter: RejectFilter): Promise<RejectSummary[]>;
  /** In the order they were met, at most `limit`. */
  rejects(filter: RejectFilter, limit: number): Promise<KeptReject[]>;
  close(): Promise<void>;
}

/** Opens the state, makes it where there is none, and brings an older one to this version. */
export async function openState(file: string): Promise<State> {
  const database = await openDatabase({ path: file });
  try {
    await migrate(database, file);
  } catch (error) {
    await database.close();
    throw error;
  }
  return stateOf(database);
}

function stateOf(database: Database): State {
  return {
    async startRun(id, startedAt) {
      await database.write([
        { sql: 'INSERT INTO runs (id, started_at) VALUES (?, ?)', rows: [[id, startedAt]] },
      ]);
    },
    async finishPipeline(run, pipeline, result) {
      const row = [run, pipeline, JSON.stringify(result)];
      await database.write([{ sql: 'INSERT OR REPLACE INTO run_pipelines VALUES (?, ?, ?)', rows: [row] }]);
    },
    async finishRun({ runId, status, exitCode, finishedAt }) {
      const sql = 'UPDATE runs SET status = ?, exit_code = ?, finished_at = ? WHERE id = ?';
      await database.write([{ sql, rows: [[status, exitCode, finishedAt, runId]] }]);
    },
    async addRejects(run, pipeline, batch, rejects) {
      const now = new Date().toISOString();
      const rows = rejects.map(({ field, code, reason, record }): SqlValue[] => [
        run,
        pipeline,
        batch,
        field === undefined ? null : storable(field),
        code,
        storable(reason),
        printJson(record),
        now,
      ]);
      const sql = `INSERT INTO rejects (run_id, pipeline, batch, field, code, reason, record, rejected_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
      await database.write([{ sql, rows }]);
    },
    rejectSummaries: (filter) => rejectSummaries(database, filter),
    rejects: (filter, limit) => rejectsOf(database, filter, limit),
    close: () => database.close(),
  };
}

/** Text as the database can hold it: a refused text may be refused for just what it cannot hold. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\\0');
}

const chosen = '(?1 IS NULL OR run_id = ?1) AND (?2 IS NULL OR pipeline = ?2)';

async function rejectSummaries(database: Database, filter: RejectFilter): Promise<RejectSummary[]> {
  const sql = `
    SELECT run_id, pipeline, sum(n), max(last), code, example FROM (
      SELECT run_id, pipeline, code, count(*) AS n, max(rejected_at) AS last, min(reason) AS example
      FROM rejects WHERE ${chosen} GROUP BY run_id, pipeline, code ORDER BY n DESC
    ) GROUP BY run_id, pipeline ORDER BY run_id DESC, pipeline`;
  const rows = await database.all(sql, [filter.run ?? null, filter.pipeline ?? null]);
  return rows.map(([run, pipeline, rejected, rejected_at, code, example]) => ({
    run: String(run),
    pipeline: String(pipeline),
    rejected: Number(rejected),
    rejected_at: String(rejected_at),
    code: String(code),
    example: String(example),
  }));
}

async function rejectsOf(database: Database, filter: RejectFilter, limit: number): Promise<KeptReject[]> {
  const sql = `
    SELECT id, run_id, pipeline, batch, field, code, reason, record, rejected_at FROM rejects
    WHERE ${chosen} ORDER BY run_id, pipeline, id LIMIT ?3`;
  const rows = await database.all(sql, [filter.run ?? null, filter.pipeline ?? null, limit]);
  return rows.map(([id, run, pipeline, batch, field, code, reason, record, rejected_at]) => ({
    id: Number(id),
    run: String(run),
    pipeline: String(pipeline),
    batch: Number(batch),
    field: field === null ? undefined : String(field),
    code: String(code),
    reason: String(reason),
    record: String(record),
    rejected_at: String(rejected_at),
  }));
}
