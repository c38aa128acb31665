import { showJson } from '../model/json.ts';
import type { Redact } from '../model/redact.ts';
import type { Reject } from '../model/types.ts';
import type { Database, SqlValue } from '../sql/index.ts';

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

/** Rows that were refused and kept. */
export interface Rejects {
  /** Durable when it resolves, so that a reject is never lost once its batch is committed; redacted. */
  addRejects(
    run: string,
    pipeline: string,
    batch: number,
    rejects: readonly Reject[],
    redact?: Redact,
  ): Promise<void>;
  /** Newest first. */
  rejectSummaries(filter: RejectFilter): Promise<RejectSummary[]>;
  /** In the order they were met, at most `limit`. */
  rejects(filter: RejectFilter, limit: number): Promise<KeptReject[]>;
  /** Returns how many there were. */
  dropRejects(filter: RejectFilter): Promise<number>;
  /** Drops those of batches after this one, the last that the run committed: their rows are read again. */
  dropUncommitted(pipeline: string, run: string, afterBatch: number): Promise<void>;
}

export function rejectsOf(database: Database): Rejects {
  return {
    async addRejects(run, pipeline, batch, rejects, redact = (text) => text) {
      const now = new Date().toISOString();
      const rows = rejects.map(({ field, code, reason, record }): SqlValue[] => [
        run,
        pipeline,
        batch,
        field === undefined ? null : storable(field),
        code,
        storable(redact(reason)),
        showJson(record, redact),
        now,
      ]);
      const sql = `INSERT INTO rejects (run_id, pipeline, batch, field, code, reason, record, rejected_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
      await database.write([{ sql, rows }]);
    },
    rejectSummaries: (filter) => summaries(database, filter),
    rejects: (filter, limit) => kept(database, filter, limit),
    dropRejects: ({ run = null, pipeline = null }) =>
      database.write([{ sql: `DELETE FROM rejects WHERE ${chosen}`, rows: [[run, pipeline]] }]),
    async dropUncommitted(pipeline, run, afterBatch) {
      const sql = 'DELETE FROM rejects WHERE pipeline = ? AND run_id = ? AND batch > ?';
      await database.write([{ sql, rows: [[pipeline, run, afterBatch]] }]);
    },
  };
}

/** Text as the database can hold it: a refused text may be refused for just what it cannot hold. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\\0');
}

const chosen = '(?1 IS NULL OR run_id = ?1) AND (?2 IS NULL OR pipeline = ?2)';

async function summaries(database: Database, filter: RejectFilter): Promise<RejectSummary[]> {
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

async function kept(database: Database, filter: RejectFilter, limit: number): Promise<KeptReject[]> {
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
