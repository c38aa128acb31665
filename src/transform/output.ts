import type { Cell, Reject, Scope } from '../model/types.ts';
import type { Cells } from './row.ts';

/** What a batch becomes, while it does. */
export interface Output {
  readonly rows: Cells[];
  /** Of each row: the place of its record in the batch and, under `each`, of its element in the record. */
  readonly records: number[];
  readonly elements: number[];
  /** The place of the record at hand; under `replace_within`, the key of its rows' parent. */
  record: number;
  parent: readonly Cell[] | undefined;
  readonly scopes: Scope[];
  readonly tombstones: number[];
  readonly rejects: Reject[];
  skipped: number;
  defaulted: number;
  missing_each: number;
}

export function newOutput(): Output {
  return {
    rows: [],
    records: [],
    elements: [],
    record: 0,
    parent: undefined,
    scopes: [],
    tombstones: [],
    rejects: [],
    skipped: 0,
    defaulted: 0,
    missing_each: 0,
  };
}

/** Gives the rows that were made before a column appeared their place for it. */
export function widenRows(rows: readonly Cells[], width: number): void {
  for (const row of rows) while (row.length < width) row.push(undefined);
}
