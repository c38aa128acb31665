import type { Database, SqlValue } from '../sql/index.ts';
import type { PartFilter } from './rejects.ts';

/** A reject that is to be mapped again. */
interface RetriedReject {
  readonly id: number;
  readonly run: string;
  /** Its order among all others: the id it had when its row was refused for the first time. */
  readonly first_id: number;
  /** The whole record, as JSON text. */
  readonly record: string;
  /** Which element of the record it is, where it is one. */
  readonly element?: number;
  /** The record of the parent stream that it was read for, as JSON text. */
  readonly parent?: string;
}

/** Rejects by their run: ids are given again, but not to rejects of the same run. */
export interface RejectIds {
  readonly [run: string]: readonly number[];
}

/** How many rejects a retry leaves out. */
interface LeftOut {
  /** A later row of their key was written. */
  readonly superseded: number;
  /** Their record could not be kept as it was read, such as for a secret in it. */
  readonly inexact: number;
}

/** What a retry of rejects asks of the state. */
export interface Retries {
  /**
   * The next rejects of a pipeline, in their order: those after `after`, not those of the run that retries them. At most
   * so many rows and, unless it is a single one, so many bytes.
   */
  rejectsToRetry(
    filter: PartFilter,
    from: { readonly after: RetriedReject | undefined; readonly retrying: string },
    limit: { readonly rows: number; readonly bytes: number },
  ): Promise<RetriedReject[]>;
  leftOut(filter: PartFilter): Promise<LeftOut>;
  removeRejects(pipeline: string, ids: RejectIds): Promise<void>;
}

export function retriesOf(database: Database): Retries {
  return {
    async rejectsToRetry({ pipeline, part, run = null }, { after, retrying }, { rows, bytes }) {
      const sql = `
        SELECT id, run_id, at, whole, element, parent FROM (
          SELECT *, sum(length(whole)) OVER (ORDER BY at, id) AS size, row_number() OVER (ORDER BY at, id) AS place
          FROM (
            SELECT rejects.id, run_id, coalesce(first_id, rejects.id) AS at, element, parent,
              coalesce(rejected_records.record, rejects.record) AS whole
            FROM rejects LEFT JOIN rejected_records ON rejected_records.id = of_record
            WHERE pipeline = ?1 AND part = ?8 AND (coalesce(first_id, rejects.id), rejects.id) > (?2, ?7) AND run_id <> ?3
              AND (?4 IS NULL OR run_id = ?4) AND superseded_by IS NULL AND exact = 1
            ORDER BY coalesce(first_id, rejects.id), rejects.id LIMIT ?5
          )
        ) WHERE size <= ?6 OR place = 1 ORDER BY at, id`;
      const { first_id: at = 0, id: last = 0 } = after ?? {};
      const found = await database.all(sql, [pipeline, at, retrying, run, rows, bytes, last, part]);
      return found.map(([id, from, first_id, record, element, parent]) => ({
        id: Number(id),
        run: String(from),
        first_id: Number(first_id),
        record: String(record),
        element: element === null ? undefined : Number(element),
        parent: parent === null ? undefined : String(parent),
      }));
    },
    async leftOut({ run = null, pipeline, part }) {
      const sql = `SELECT count(superseded_by), sum(superseded_by IS NULL AND exact = 0) FROM rejects
        WHERE (?1 IS NULL OR run_id = ?1) AND pipeline = ?2 AND part = ?3`;
      const [[superseded, inexact] = []] = await database.all(sql, [run, pipeline, part]);
      return { superseded: Number(superseded ?? 0), inexact: Number(inexact ?? 0) };
    },
    async removeRejects(pipeline, ids) {
      const rows = Object.entries(ids).flatMap(([run, numbers]) =>
        numbers.map((id): SqlValue[] => [pipeline, run, id]),
      );
      if (rows.length === 0) return;
      const sql = 'DELETE FROM rejects WHERE pipeline = ? AND run_id = ? AND id = ?';
      await database.write([{ sql, rows }]);
    },
  };
}
