import type { Cell, MergeFunction, Row, RowBatch, RowCounts, Scope, Target } from '../model/types.ts';
import { equalCells, keyOf, keyOfRow } from './cells.ts';
import { type ColumnMerge, columnMerges } from './merge.ts';
import { type Entry, insertRow, mergeRow } from './row-merge.ts';

/** A row that is already in the target. */
export interface Existing {
  /** A cell for each column of the target; null for a column the target's row has no value in. */
  readonly row: Row;
  /** For tracked columns, what Syncline last wrote there; undefined where it is not known to have written. */
  readonly written?: Row;
}

/** What is to be done to one key of the target. Nothing is to be done to the keys that are not named. */
export type Change =
  | { readonly kind: 'insert'; readonly key: string; readonly row: Row; readonly written?: Row }
  | {
      readonly kind: 'update';
      readonly key: string;
      readonly before: Row;
      readonly row: Row;
      /** The places in `target.columns` of the cells that differ. */
      readonly changed: readonly number[];
      readonly written?: Row;
    }
  | { readonly kind: 'delete'; readonly key: string; readonly before: Row }
  /** The row stays as it is, but what Syncline is known to have written there moves. */
  | { readonly kind: 'remember'; readonly key: string; readonly row: Row; readonly written: Row };

export interface Folded {
  /** At most one for each key, in the order the keys were first met. */
  readonly changes: readonly Change[];
  readonly counts: RowCounts;
}

/**
 * Merges the rows of a batch, in order, into the rows that are there. Pure: it says what to do, and does nothing.
 *
 * `existing` holds, by `keyOf` of their primary keys, the target's rows of all keys of the batch; under
 * `replace_within` also all rows of its parents. `functions` holds the merge functions of the target's columns, by path.
 * Changes carry `written` only where what Syncline is known to have written moved: it holds all tracked columns.
 */
export function fold(
  batch: RowBatch,
  existing: ReadonlyMap<string, Existing>,
  functions: ReadonlyMap<string, MergeFunction> = noFunctions,
): Folded {
  const folding = new Folding(batch.target, existing, functions);
  if (batch.scopes === undefined) {
    for (const row of batch.rows) folding.add(row);
  } else {
    for (const scope of batch.scopes) folding.addScope(batch.rows, scope);
  }
  return folding.outcome();
}

const noFunctions: ReadonlyMap<string, MergeFunction> = new Map();

