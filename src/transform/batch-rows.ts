import type { Cell, Row, Scope, Target } from '../model/types.ts';
import { keyOf, keyOfRow } from './cells.ts';
import type { Existing } from './fold.ts';
import type { ColumnMerge } from './merge.ts';
import { type Entry, insertRow, mergeRow } from './row-merge.ts';

/** The rows of a target as one batch changes them, key by key. */
export class BatchRows {
  /** The keys the batch has met, in that order. */
  readonly entries = new Map<string, Entry>();
  readonly #target: Target;
  readonly #columns: readonly ColumnMerge[];
  readonly #existing: ReadonlyMap<string, Existing>;
  /** Under `replace_within`: the keys of each parent that had a row at any time. */
  readonly #children = new Map<string, Set<string>>();

  constructor(target: Target, columns: readonly ColumnMerge[], existing: ReadonlyMap<string, Existing>) {
    this.#target = target;
    this.#columns = columns;
    this.#existing = existing;
    if (target.within === undefined) return;
    for (const [key, { row }] of existing) this.#adopt(key, row, target.within);
  }

  /** Folds a row in, and gives back its key. */
  add(row: Row): string {
    const key = keyOfRow(row, this.#target.primary_key);
    const entry = this.#entry(key);
    if (entry.row !== undefined) {
      mergeRow(entry, entry.row, row, this.#columns);
      return key;
    }
    insertRow(entry, row, this.#columns);
    if (this.#target.within !== undefined) this.#adopt(key, row, this.#target.within);
    return key;
  }

  /** Deletes the row of a key, if there is a living one: for good, or by its mark. */
  delete(key: string): void {
    const { deleted_at, run } = this.#target;
    const entry = this.#entry(key);
    if (entry.row === undefined || (entry.row[deleted_at ?? -1] ?? null) !== null) return;
    if (deleted_at === undefined) {
      this.#remove(entry);
      return;
    }
    entry.row = markedRow(entry.row, deleted_at, run);
    entry.steps++;
  }

  /** Folds the rows of a scope in, and removes the other rows of its parent. */
  addScope(rows: readonly Row[], { from, to, parent, seen, withhold, deleted }: Scope): void {
    if (deleted) for (const key of this.#childrenOf(parent)) this.delete(key);
    if (deleted) return;
    const keys = new Set(seen.map(keyOf));
    for (const row of rows.slice(from, to)) keys.add(this.add(row));
    if (!withhold) this.#removeOthers(parent, keys);
  }

  #removeOthers(parent: readonly Cell[], keys: ReadonlySet<string>): void {
    for (const key of this.#childrenOf(parent)) {
      if (!keys.has(key)) this.#remove(this.#entry(key));
    }
  }

  /** In the order of their keys: that in which they lie differs between a target and its plan. */
  #childrenOf(parent: readonly Cell[]): readonly string[] {
    return [...(this.#children.get(keyOf(parent)) ?? [])].sort();
  }

  #remove(entry: Entry): void {
    entry.row = undefined;
    entry.steps++;
    entry.kept = undefined;
  }

  #entry(key: string): Entry {
    const met = this.entries.get(key);
    if (met !== undefined) return met;
    const existing = this.#existing.get(key);
    const entry: Entry = { existing, row: existing?.row, steps: 0, memory: undefined, kept: undefined };
    this.entries.set(key, entry);
    return entry;
  }

  #adopt(key: string, row: Row, within: readonly number[]): void {
    const parent = keyOfRow(row, within);
    const children = this.#children.get(parent);
    if (children === undefined) this.#children.set(parent, new Set([key]));
    else children.add(key);
  }
}

/** The row as it is once it is deleted by its mark. */
export function markedRow(row: Row, deleted_at: number, { started_at }: Target['run']): Row {
  return row.with(deleted_at, markOf(started_at));
}

/** ISO 8601 in UTC as a cell of type timestamp. */
function markOf(started_at: string): Cell {
  return started_at.replace(/(?:\.([0-9]{1,6}))?Z$/, (_, fraction = '') => `.${fraction.padEnd(6, '0')}Z`);
}
