/**
 * The words of Syncline, and their shapes.
 *
 * - **source**: where records come from; it has **streams**, named sequences of records of one kind.
 * - **record**: one item as read, before any mapping.
 * - **row**: one item as mapped: a cell for each column of the target.
 * - **batch**: what is read, mapped and committed together. A batch is committed whole or not at all.
 * - **sink**: where rows go; it has **targets**: a table, a sheet, a file, an endpoint.
 * - **pipeline**: one stream, mapped and merged by **primary key** into one target.
 * - **mode**: how rows meet what is there: upsert, append, replace, mirror, snapshot.
 * - **merge strategy**: how one field of a row already there meets the incoming value.
 * - **cursor**: where the next run begins; **position**: where an interrupted read goes on; **checkpoint**: both.
 * - **run**: one execution of some pipelines.
 * - **lease**: the right to run a pipeline; each raises its **fence**, and an older one can no longer write.
 * - **reject**: a row that was refused and kept, with its reason.
 * - **log**: what happened in runs, line by line: in files, and in the state or a table of a sink.
 * - **state**: the database that remembers runs and rejects.
 * - **journal**: what runs changed, kept by the ledger, so that a run can be **undone**.
 * - **ledger**: what a SQL sink remembers beside its targets, in tables named `_syncline_*`: checkpoints, fences, edits.
 */

import type { Checkpoint } from './checkpoint.ts';
import type { ErrorCode } from './codes.ts';
import type { Decimal } from './decimal.ts';

/**
 * A value as read. Whole numbers beyond 2^53 are `bigint`; a number whose digits a double cannot hold is a
 * {@link Decimal}; everything else is plain JSON. Missing is `undefined`, and differs from `null`.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Decimal
  | readonly Value[]
  | { readonly [name: string]: Value };

/** One record as read. Own properties only: a record may well have a field named `__proto__`. */
export type SourceRecord = { readonly [field: string]: Value };

export const columnTypes = [
  'string',
  'integer',
  'number',
  'decimal',
  'boolean',
  'timestamp',
  'date',
  'json',
] as const;

/** The type of a column. What each accepts is told in `docs/reference.md`. */
export type ColumnType = (typeof columnTypes)[number];

/**
 * A value in its column's canonical form, so that two cells of a column (but json) are equal when `===` says so:
 *
 * | type      | cell                                                                          |
 * |-----------|-------------------------------------------------------------------------------|
 * | string    | `string`                                                                      |
 * | integer   | `number` when it is a safe integer, else `bigint` within int64                |
 * | number    | finite `number`, never -0                                                     |
 * | decimal   | canonical text: no exponent, no plus, no needless zeros (`-12.5`, `0`, `100`) |
 * | boolean   | `boolean`                                                                     |
 * | timestamp | `YYYY-MM-DDTHH:MM:SS.ffffffZ`                                                 |
 * | date      | `YYYY-MM-DD`                                                                  |
 * | json      | JSON text with exact numbers; equal by value, see `equalCells`                |
 */
export type Cell = string | number | bigint | boolean | null;

/** A cell for each column of the target, in their order; `undefined` where the record had no such field. */
export type Row = readonly (Cell | undefined)[];

/** One part of a stream that is read for itself: the values its placeholders stand for, by name. */
export interface Partition {
  readonly [name: string]: string | number;
}

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

export const modes = ['upsert', 'append', 'replace', 'mirror', 'snapshot'] as const;
export type Mode = (typeof modes)[number];

/** The strategies that are written as one word. */
export const strategyNames = [
  'overwrite',
  'first_value',
  'first_non_null_value',
  'last_non_null_value',
  'max',
  'min',
  'sum',
  'bool_or',
  'bool_and',
  'union',
  'shallow_merge',
  'deep_merge',
  'keep_edits',
] as const;

/** How a field of a row that is already there meets the incoming value. */
export type Strategy =
  | { readonly type: (typeof strategyNames)[number] }
  /** `by` is the name of the column that tells which of two rows is newer. */
  | { readonly type: 'newest'; readonly by: string }
  /** `path` is the absolute path of a module whose default export is a {@link MergeFunction}. */
  | { readonly type: 'function'; readonly path: string };

/** A merge strategy of the user's own: pure, given values in their natural form (json parsed). */
export type MergeFunction = (
  existing: Value,
  incoming: Value,
  context: { readonly field: string; readonly key: readonly Value[]; readonly run: string },
) => Value;

/** A column of a target, with what merging needs to know of it. */
export interface TargetColumn extends Column {
  readonly strategy: Strategy;
  /** True when some pipeline keeps a person's edits in this column: what Syncline writes is remembered. */
  readonly tracked: boolean;
}

/**
 * What a pipeline writes to, as plain data: it crosses threads. Immutable; when a column is added the engine makes a
 * new one, so `===` tells whether anything changed.
 */
export interface Target {
  /** The name its checkpoint is kept under: the pipeline's, or that of a read beside the live one. */
  readonly pipeline: string;
  /** What follows the dot in `to`. */
  readonly name: string;
  readonly mode: Mode;
  readonly columns: readonly TargetColumn[];
  /** The places of the primary key's columns in `columns`; empty when there is no key. */
  readonly primary_key: readonly number[];
  /** The places of those key columns that tell the parent record (`replace_within`); else undefined. */
  readonly within?: readonly number[];
  /** Where the sink declares the capability `widen`: its columns may take the wider types that `columns` have. */
  readonly accept_schema?: boolean;
  /**
   * The place of the timestamp that marks a row as deleted (`deletes: soft`): null in a living one. Undefined: what is
   * deleted is removed.
   */
  readonly deleted_at?: number;
  /** Columns the sink fills on every insert and update; undefined where left out. */
  readonly stamps: { readonly run_id?: string; readonly synced_at?: string };
  readonly run: { readonly id: string /** ISO 8601, UTC. */; readonly started_at: string };
}

/** The rows of one parent record under `replace_within`: rows of that parent with other keys are removed. */
export interface Scope {
  /** Its rows are `rows[from]` up to, not including, `rows[to]`. */
  readonly from: number;
  readonly to: number;
  /** The cells of the columns `target.within`, in that order. */
  readonly parent: readonly Cell[];
  /** Keys of its rejected rows: they count as seen. Cells in the order of `target.primary_key`. */
  readonly seen: readonly (readonly Cell[])[];
  /** What the record holds is not known for sure (a key or the parent could not be computed): nothing is removed. */
  readonly withhold?: true;
  /** The source says that the record is deleted: its rows are as tombstones. */
  readonly deleted?: true;
}

/** Rows to be committed together, as plain data. */
export interface RowBatch {
  readonly target: Target;
  /** Counts from 1 within a pipeline and run. */
  readonly number: number;
  readonly rows: readonly Row[];
  /** Under `replace_within`, in order; they cover `rows` without gaps. */
  readonly scopes?: readonly Scope[];
  /** The places in `rows` of tombstones, ascending: of these only the key is known, and the row that has it is deleted. */
  readonly tombstones?: readonly number[];
  /**
   * Where what a complete read does not show is deleted (mirror, and upsert after a sync token has expired): rejects count as seen as well as rows. To be remembered in
   * the same transaction, for {@link Absence}.
   */
  readonly seen?: Seen;
  /**
   * What the sink's ledger holds once this batch is committed, in the same transaction. A ledger with a higher fence
   * refuses the batch (`lease/lost`).
   */
  readonly ledger: { readonly fence: number; readonly basis: string; readonly checkpoint: Checkpoint };
  /** Keep what it changes, so that it can be undone; for sinks that can. */
  readonly journal?: boolean;
}

/** What a batch showed of the source besides its rows. */
export interface Seen {
  /** Of rejected rows: cells in the order of `target.primary_key`. */
  readonly keys: readonly (readonly Cell[])[];
  /** The key of a reject is not known, so it might be any: nothing is deleted for being absent. */
  readonly withhold: boolean;
}

/** What a commit did. A key counts once per batch. */
export interface RowCounts {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly deleted: number;
  /** Fields left as a person edited them. */
  readonly kept: number;
}

/** One element of a record, by its place in the array that `each` points to. */
export interface ElementPlace {
  readonly record: SourceRecord;
  readonly element: number;
}

/** A row that was refused, before it got its place in the state. */
export interface Reject {
  /** The record as read (under `each`, the element). */
  readonly record: Value;
  /** Under `each`: the whole record, and which element of it this is. */
  readonly of?: ElementPlace;
  /** The record of the parent stream that it was read for, where there is one. */
  readonly parent?: Value;
  /**
   * What a later row has as well that stands in its place: its primary key, or under `replace_within` the key of its
   * parent record. Undefined where it could not be computed.
   */
  readonly key?: readonly Cell[];
  /** How many rows of its batch (under `replace_within`, scopes) are not later than it. */
  readonly after: number;
  /** The field that did not fit, where one can be named. */
  readonly field?: string;
  /** Such as `row/type`. */
  readonly code: ErrorCode;
  /** One sentence without a final stop: `"n/a" is not an integer`. */
  readonly reason: string;
}
