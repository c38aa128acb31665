import type { Cell } from './types.ts';

/** One cell of a row, before and after it was changed. */
export interface FieldChange {
  readonly column: string;
  /** Undefined where there was no row. */
  readonly before?: Cell;
  /** Undefined where there is no row any more, and where nobody remembers. */
  readonly after?: Cell;
  /** The merge strategy that decided; undefined where there was nothing to merge with. */
  readonly strategy?: string;
}

/** The primary key of a row: its columns with their values. Empty for a row that has none. */
export type RowKey = readonly (readonly [column: string, value: Cell])[];

/** What happens to one row, or happened to it. */
export interface RowChange {
  readonly kind: 'insert' | 'update' | 'delete';
  readonly key: RowKey;
  readonly fields: readonly FieldChange[];
}

/** Fields of a row that were left as a person edited them. */
export interface KeptFields {
  readonly key: RowKey;
  readonly columns: readonly string[];
}

/** What a run changed in one target for one pipeline, as a journal keeps it. */
export interface JournaledRun {
  readonly run: string;
  /** The name its checkpoint is kept under. */
  readonly pipeline: string;
  readonly target: string;
  /** Greater than that of every change before. */
  readonly last: number;
}

/** Some of the changes of a run, in the order they were made. */
export interface JournaledChanges {
  readonly run: string;
  readonly pipeline: string;
  readonly target: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly changes: readonly RowChange[];
}

/** What a journal and a target know of one row. */
export interface RowHistory {
  /** What is there now; undefined when there is no such row. */
  readonly row?: { readonly [column: string]: Cell };
  /** Its changes, the newest first. */
  readonly changes: readonly (Omit<JournaledChanges, 'changes'> & { readonly change: RowChange })[];
}

/** What undoing did to the rows of one batch. */
export interface UndoneBatch {
  readonly pipeline: string;
  readonly target: string;
  /** Rows that are there again. */
  readonly inserted: number;
  /** Rows that have their former values again. */
  readonly updated: number;
  /** Rows that are gone again. */
  readonly deleted: number;
  /** Rows that somebody changed since, as text for people: `id=1`. */
  readonly edited: readonly string[];
}
