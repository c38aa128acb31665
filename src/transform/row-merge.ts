import type { Cell, Row } from '../model/types.ts';
import { equalCells } from './cells.ts';
import type { Existing } from './fold.ts';
import type { ColumnMerge } from './merge.ts';

/** What a batch has made of one key so far. */
export interface Entry {
  /** As it was before the batch. */
  readonly existing: Existing | undefined;
  /** Undefined while there is no row of this key. */
  row: Row | undefined;
  /** How often the row was set: after the first time, cells that differ by `!==` are different values. */
  steps: number;
  /** What Syncline is now known to have written, once that moved. */
  memory: (Cell | undefined)[] | undefined;
  /** The places of cells that were left as a person edited them. */
  kept: Set<number> | undefined;
}

/** A row of a key that has none. */
export function insertRow(entry: Entry, row: Row, columns: readonly ColumnMerge[]): void {
  // Where a deleted row comes back, a missing cell must clear what the target still holds.
  entry.row = entry.existing === undefined ? row : row.map((cell) => cell ?? null);
  entry.steps++;
  for (const { place, tracked } of columns) {
    if (!tracked) continue;
    entry.memory ??= row.map(() => undefined);
    entry.memory[place] = row[place];
  }
}

/** A row of a key that has one: each cell meets the one before. */
export function mergeRow(entry: Entry, before: Row, row: Row, columns: readonly ColumnMerge[]): void {
  let after: (Cell | undefined)[] | undefined;
  for (const column of columns) {
    const { place } = column;
    const incoming = row[place];
    if (incoming === undefined) continue;
    const existing = before[place] ?? null;
    if (incoming === existing && !column.tracked && !column.restless) continue;
    if (column.keepsEdits && isEdited(entry, column, existing, incoming)) {
      entry.kept ??= new Set();
      entry.kept.add(place);
      continue;
    }
    const result = column.merge(existing, incoming, before, row);
    if (result !== existing) {
      after ??= before.slice();
      after[place] = result;
    }
    if (column.tracked && (result !== existing || equalCells(column.type, result, incoming))) {
      remember(entry, column, result);
    }
  }
  if (after === undefined) return;
  entry.row = after;
  entry.steps++;
}

/** A person's value: neither what Syncline wrote, nor what is coming in, nor blank. */
function isEdited(entry: Entry, { place, type }: ColumnMerge, existing: Cell, incoming: Cell): boolean {
  if (existing === null || equalCells(type, existing, incoming)) return false;
  const written = (entry.memory ?? entry.existing?.written)?.[place];
  return written === undefined || !equalCells(type, existing, written);
}

function remember(entry: Entry, { place, type }: ColumnMerge, cell: Cell): void {
  const written = entry.existing?.written;
  const known = (entry.memory ?? written)?.[place];
  if (known !== undefined && equalCells(type, known, cell)) return;
  entry.memory ??= entry.row?.map((_, place) => written?.[place]) ?? [];
  entry.memory[place] = cell;
}
