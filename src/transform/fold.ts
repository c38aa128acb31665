import type { Cell, ColumnType, MergeFunction, Row, RowBatch, RowCounts, Target } from '../model/types.ts';
import { BatchRows, markedRow } from './batch-rows.ts';
import { equalCells, keyOfRow } from './cells.ts';
import { type ColumnMerge, columnMerges } from './merge.ts';
import type { Entry } from './row-merge.ts';

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
  /** The rows, as they were, with the places of their cells that were left as a person edited them. */
  readonly kept: readonly { readonly row: Row; readonly places: readonly number[] }[];
}

/** As much of a batch as merging needs to know. */
export type BatchedRows = Pick<RowBatch, 'target' | 'rows' | 'scopes' | 'tombstones'>;

/**
 * Merges the rows of a batch, in order, into the rows that are there. Pure: it says what to do, and does nothing.
 *
 * `existing` holds, by `keyOf` of the primary key, the target's rows of all keys of the batch; under `replace_within`
 * also all rows of its parents. `functions` holds the users' own merge functions by path. A change carries `written`,
 * all of it, only where it moved. Throws a `SyncError` when a merge function fails or a strategy does not suit its column.
 */
export function fold(
  batch: BatchedRows,
  existing: ReadonlyMap<string, Existing>,
  functions: ReadonlyMap<string, MergeFunction> = noFunctions,
): Folded {
  const columns = mergesOf(batch.target, functions);
  const rows = new BatchRows(batch.target, columns, existing);
  if (batch.scopes === undefined) {
    const tombstones = new Set(batch.tombstones);
    for (const [place, row] of batch.rows.entries())
      if (tombstones.has(place)) rows.delete(keyOfRow(row, batch.target.primary_key));
      else rows.add(row);
  } else {
    for (const scope of batch.scopes) rows.addScope(batch.rows, scope);
  }
  return outcome(rows.entries, batch.target);
}

const noFunctions: ReadonlyMap<string, MergeFunction> = new Map();

/** The merges of a target are worked out once: it serves many batches. */
const mergesByTarget = new WeakMap<
  Target,
  { readonly functions: ReadonlyMap<string, MergeFunction>; readonly columns: readonly ColumnMerge[] }
>();

function mergesOf(target: Target, functions: ReadonlyMap<string, MergeFunction>): readonly ColumnMerge[] {
  const known = mergesByTarget.get(target);
  if (known?.functions === functions) return known.columns;
  const columns = columnMerges(target, functions);
  mergesByTarget.set(target, { functions, columns });
  return columns;
}

/** Judges each key from before the batch to after it. */
function outcome(entries: ReadonlyMap<string, Entry>, target: Target): Folded {
  const changes: Change[] = [];
  const kept: Folded['kept'][number][] = [];
  const counts = { inserted: 0, updated: 0, unchanged: 0, deleted: 0, kept: 0 };
  for (const [key, entry] of entries) {
    const { row, kept: places } = entry;
    if (row !== undefined && places !== undefined) {
      counts.kept += places.size;
      kept.push({ row, places: [...places] });
    }
    const change = changeOf(key, entry, target);
    if (change !== undefined) changes.push(change);
    if (change?.kind === 'insert') counts.inserted++;
    else if (change?.kind === 'delete' || (change && isMarked(change, target))) counts.deleted++;
    else if (change?.kind === 'update') counts.updated++;
    else if (entry.existing !== undefined) counts.unchanged++;
  }
  return { changes, counts, kept };
}

/** Whether a change marks a living row as deleted. */
export function isMarked(change: Change, { deleted_at }: Target): boolean {
  if (change.kind !== 'update' || deleted_at === undefined || !change.changed.includes(deleted_at))
    return false;
  return (change.before[deleted_at] ?? null) === null;
}

/** What deletes a living row of the target: for good, or by its mark. */
export function deletionOf(key: string, before: Row, { deleted_at, run }: Target): Change {
  if (deleted_at === undefined) return { kind: 'delete', key, before };
  return { kind: 'update', key, before, row: markedRow(before, deleted_at, run), changed: [deleted_at] };
}

function changeOf(key: string, entry: Entry, target: Target): Change | undefined {
  const { existing, row, memory } = entry;
  if (existing === undefined) return row && { kind: 'insert', key, row, written: memory };
  const before = existing.row;
  if (row === undefined) return { kind: 'delete', key, before };
  const changed = changedPlaces(before, entry.steps, row, target);
  if (changed.length > 0) return { kind: 'update', key, before, row, changed, written: memory };
  const moved = memory !== undefined && differingPlaces(existing.written ?? [], memory, target).length > 0;
  return moved ? { kind: 'remember', key, row: before, written: memory } : undefined;
}

/** After one step cells that equal are the same; only a further one may lead back by another text. */
function changedPlaces(before: Row, steps: number, row: Row, target: Target): readonly number[] {
  if (steps === 0) return [];
  if (steps > 1) return differingPlaces(before, row, target);
  return [...before.keys()].filter((place) => before[place] !== row[place]);
}

/** Where two rows of a target differ. A cell that is not known differs from null. */
function differingPlaces(before: Row, after: Row, target: Target): readonly number[] {
  return target.columns.flatMap(({ type }, place) =>
    sameCell(type, before[place], after[place]) ? [] : [place],
  );
}

function sameCell(type: ColumnType, before: Cell | undefined, after: Cell | undefined): boolean {
  if (before === after) return true;
  return before !== undefined && after !== undefined && equalCells(type, before, after);
}
