import { randomUUID } from 'node:crypto';
import { isJson, showJson } from '../model/json.ts';
import type { Redact } from '../model/redact.ts';
import type { Cell, Reject, SourceRecord } from '../model/types.ts';
import type { Database, SqlValue, Statement } from '../sql/index.ts';

/** A reject with its place in the state. */
export interface KeptReject {
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
  /** The run that wrote a later row of its key: it is not retried. */
  readonly superseded_by?: string;
}

/** The rejects of one pipeline in one run. */
interface RejectSummary {
  readonly run: string;
  readonly pipeline: string;
  readonly rejected: number;
  /** How many of them are superseded. */
  readonly superseded: number;
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

/** Those of one part of a pipeline: of one of its targets, and of one partition. */
export interface PartFilter extends RejectFilter {
  readonly pipeline: string;
  readonly part: string;
}

/** A batch that rejects came with. */
export interface RejectedBatch {
  readonly run: string;
  readonly pipeline: string;
  /** Which part of the pipeline it belongs to. */
  readonly part: string;
  /** The name its checkpoint is kept under, with the target: what `dropUncommitted` knows it by. */
  readonly checkpoint: string;
  readonly batch: number;
}

/** A reject to be kept. */
export interface NewReject extends Reject {
  /** A later row of its own batch has its key. */
  readonly superseded?: boolean;
  /** Of a reject that was retried: its order among all others. */
  readonly first_id?: number;
}

/** Keys that a batch writes. Rejects of them are superseded; with `before`, those that come before it in their order. */
export interface WrittenKeys {
  readonly keys: readonly (readonly Cell[])[];
  readonly before?: number;
}

/** Rows that were refused and kept. */
export interface Rejects {
  /**
   * Keeps the rejects of a batch, and marks those that its rows supersede. Durable when it resolves, so that a reject is
   * never lost once its batch is committed; redacted.
   */
  addRejects(
    batch: RejectedBatch,
    rejects: readonly NewReject[],
    redact?: Redact,
    written?: WrittenKeys,
  ): Promise<void>;
  /** Whether a part has rejects that a later row could supersede. */
  hasRejects(filter: PartFilter): Promise<boolean>;
  /** Newest first. */
  rejectSummaries(filter: RejectFilter): Promise<RejectSummary[]>;
  /** In the order they were met, at most `limit`. */
  rejects(filter: RejectFilter, limit: number): Promise<KeptReject[]>;
  /** Returns how many there were. */
  dropRejects(filter: RejectFilter): Promise<number>;
  /**
   * Undoes what came with batches that were never committed, for their rows are read again: those after `batch` of this
   * run, the last that was committed under the checkpoint's name, and with `later_runs` those of all runs after it.
   */
  dropUncommitted(last: RejectedBatch, of: 'run' | 'later_runs'): Promise<void>;
}

export function rejectsOf(database: Database): Rejects {
  return {
    async addRejects(batch, rejects, redact = (text) => text, written = { keys: [] }) {
      // Superseded first: of the batch's own rejects it is known already.
      await database.write([...superseding(batch, written), ...inserting(batch, rejects, redact)]);
    },
    async hasRejects({ pipeline, part }) {
      const sql = 'SELECT 1 FROM rejects WHERE pipeline = ? AND part = ? AND key IS NOT NULL LIMIT 1';
      return (await database.all(sql, [pipeline, part])).length > 0;
    },
    rejectSummaries: (filter) => summaries(database, filter),
    rejects: (filter, limit) => kept(database, filter, limit),
    dropRejects: ({ run = null, pipeline = null }) =>
      database.write([{ sql: `DELETE FROM rejects WHERE ${chosen}`, rows: [[run, pipeline]] }]),
    async dropUncommitted({ pipeline, checkpoint, run, batch }, of) {
      const rows = [[pipeline, checkpoint, run, batch, of === 'run' ? 0 : 1]];
      const after = (name: string, at: string) => `((${name} = ?3 AND ${at} > ?4) OR (?5 AND ${name} > ?3))`;
      await database.write([
        {
          sql: `DELETE FROM rejects WHERE pipeline = ?1 AND checkpoint = ?2 AND ${after('run_id', 'batch')}`,
          rows,
        },
        {
          sql: `UPDATE rejects SET superseded_by = NULL, superseded_batch = NULL, superseded_checkpoint = NULL
            WHERE pipeline = ?1 AND superseded_checkpoint = ?2 AND ${after('superseded_by', 'superseded_batch')}`,
          rows,
        },
      ]);
    },
  };
}

function superseding(
  { run, pipeline, part, checkpoint, batch }: RejectedBatch,
  { keys, before }: WrittenKeys,
): Statement[] {
  if (keys.length === 0) return [];
  const sql = `UPDATE rejects SET superseded_by = ?1, superseded_batch = ?2, superseded_checkpoint = ?3
    WHERE pipeline = ?4 AND part = ?7 AND superseded_by IS NULL AND key IN (SELECT value FROM json_each(?5))
      AND (?6 IS NULL OR coalesce(first_id, id) < ?6)`;
  const texts = JSON.stringify(keys.map(keyText));
  return [{ sql, rows: [[run, batch, checkpoint, pipeline, texts, before ?? null, part]] }];
}

function inserting(batch: RejectedBatch, rejects: readonly NewReject[], redact: Redact): Statement[] {
  const now = new Date().toISOString();
  const ids = new Map<SourceRecord, string>();
  for (const { of } of rejects) if (of && !ids.has(of.record)) ids.set(of.record, randomUUID());
  const records = new Map([...ids].map(([record, id]) => [record, { id, ...text(record, redact) }]));
  const { run, pipeline, part, checkpoint } = batch;
  const rows = rejects.map((reject): SqlValue[] => {
    const { field, code, reason, record, of, parent, key, superseded, first_id } = reject;
    const around = parent === undefined ? undefined : text(parent, redact);
    const whole = of && records.get(of.record);
    const own = text(record, redact);
    return [
      ...[run, pipeline, batch.batch],
      field === undefined ? null : storable(field),
      code,
      storable(redact(reason)),
      own.json,
      now,
      part,
      checkpoint,
      own.exact && (whole?.exact ?? true) && (around?.exact ?? true) && isRecord(of?.record ?? record)
        ? 1
        : 0,
      whole?.id ?? null,
      of?.element ?? null,
      first_id ?? null,
      key === undefined ? null : storable(keyText(key)),
      ...(superseded ? [run, batch.batch, checkpoint] : [null, null, null]),
      around?.json ?? null,
    ];
  });
  const sql = `INSERT INTO rejects (run_id, pipeline, batch, field, code, reason, record, rejected_at, part, checkpoint,
      exact, of_record, element, first_id, key, superseded_by, superseded_batch, superseded_checkpoint, parent)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
  const wholes = [...records.values()].map(({ id, json }) => [id, json]);
  const whole = { sql: 'INSERT INTO rejected_records (id, record) VALUES (?, ?)', rows: wholes };
  return [...(wholes.length > 0 ? [whole] : []), ...(rows.length > 0 ? [{ sql, rows }] : [])];
}

/** A source of one's own may give anything. */
function isRecord(record: unknown): boolean {
  return typeof record === 'object' && record !== null && !Array.isArray(record);
}

/** As JSON text, and whether that is all of it: a secret may have been left out, or something that is no data. */
function text(record: unknown, redact: Redact): { readonly json: string; readonly exact: boolean } {
  let exact = isJson(record);
  const json = showJson(record, (piece) => {
    const redacted = redact(piece);
    if (redacted !== piece) exact = false;
    return redacted;
  });
  return { json, exact };
}

/** A key as it is compared: whatever types its columns have now, and had then. */
function keyText(key: readonly Cell[]): string {
  return JSON.stringify(key.map((cell) => (cell === null ? null : String(cell))));
}

/** Text as the database can hold it: a refused text may be refused for just what it cannot hold. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\\0');
}

const chosen = '(?1 IS NULL OR run_id = ?1) AND (?2 IS NULL OR pipeline = ?2)';

async function summaries(database: Database, filter: RejectFilter): Promise<RejectSummary[]> {
  const sql = `
    SELECT run_id, pipeline, sum(n), sum(superseded), max(last), code, example FROM (
      SELECT run_id, pipeline, code, count(*) AS n, count(superseded_by) AS superseded,
        max(rejected_at) AS last, min(reason) AS example
      FROM rejects WHERE ${chosen} GROUP BY run_id, pipeline, code ORDER BY n DESC
    ) GROUP BY run_id, pipeline ORDER BY run_id DESC, pipeline`;
  const rows = await database.all(sql, [filter.run ?? null, filter.pipeline ?? null]);
  return rows.map(([run, pipeline, rejected, superseded, rejected_at, code, example]) => ({
    run: String(run),
    pipeline: String(pipeline),
    rejected: Number(rejected),
    superseded: Number(superseded),
    rejected_at: String(rejected_at),
    code: String(code),
    example: String(example),
  }));
}

async function kept(database: Database, filter: RejectFilter, limit: number): Promise<KeptReject[]> {
  const sql = `
    SELECT id, run_id, pipeline, batch, field, code, reason, record, rejected_at, superseded_by FROM rejects
    WHERE ${chosen} ORDER BY run_id, pipeline, id LIMIT ?3`;
  const rows = await database.all(sql, [filter.run ?? null, filter.pipeline ?? null, limit]);
  return rows.map(([id, run, pipeline, batch, field, code, reason, record, rejected_at, superseded_by]) => ({
    id: Number(id),
    run: String(run),
    pipeline: String(pipeline),
    batch: Number(batch),
    field: field === null ? undefined : String(field),
    code: String(code),
    reason: String(reason),
    record: String(record),
    rejected_at: String(rejected_at),
    superseded_by: superseded_by === null ? undefined : String(superseded_by),
  }));
}
