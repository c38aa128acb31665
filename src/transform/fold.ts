import type { Cell, MergeFunction, Row, RowBatch, RowCounts, Target } from '../model/types.ts';

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
