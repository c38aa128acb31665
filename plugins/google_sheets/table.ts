import { type Cell, keyOf, type Row, SyncError, type Target, type TargetColumn } from 'syncline';
import { cellOf } from './cells.ts';
import { headOf, written } from './header.ts';
import type { SheetValue } from './spreadsheet.ts';

/** A row of a sheet, with its place among all. */
interface PlacedRow {
  readonly place: number;
  readonly row: Row;
}

/** A sheet as it was just read, as the table of a target. */
export class SheetTable {
  /** The place of the header's row; undefined where there is none yet. */
  readonly head: number | undefined;
  /** How many columns hold anything, header or not. */
  readonly width: number;
  readonly #rows: readonly (readonly SheetValue[])[];
  readonly #target: Target;
  /** The place of each column, by its name; of two columns of one name the first. */
  readonly #columns = new Map<string, number>();

  constructor(rows: readonly (readonly SheetValue[])[], target: Target) {
    const head = headOf(rows);
    this.head = head?.at;
    this.#rows = rows;
    this.#target = target;
    this.width = rows.reduce((widest, row) => Math.max(widest, row.length), 0);
    for (const [place, value] of head?.header.entries() ?? []) {
      const name = written(value);
      if (name !== '' && !this.#columns.has(name)) this.#columns.set(name, place);
    }
  }

  columnOf(name: string): number | undefined {
    return this.#columns.get(name);
  }

  /** The rows that have a key, by it; `keys` are those that matter. Throws `sink/duplicate_key`. */
  rowsByKey(matters: (key: string, row: Row) => boolean): Map<string, PlacedRow> {
    const { columns, primary_key } = this.#target;
    const places = columns.map(({ name }) => this.#columns.get(name));
    const found = new Map<string, PlacedRow>();
    for (const [index, values] of this.#rows.entries()) {
      if (index <= (this.head ?? -1)) continue;
      const row = columns.map((column, place) => cellAt(column, values, places[place]));
      const tuple = primary_key.map((place) => row[place] ?? null);
      // A note of somebody's, or a row that is being written.
      if (tuple.includes(null)) continue;
      const key = keyOf(tuple);
      if (!matters(key, row)) continue;
      const twin = found.get(key);
      if (twin !== undefined) throw duplicateKey(this.#target, tuple, [twin.place, index]);
      found.set(key, { place: index, row });
    }
    return found;
  }
}

function cellAt(column: TargetColumn, values: readonly SheetValue[], place: number | undefined): Cell {
  return place === undefined ? null : cellOf(column, values[place]);
}

function duplicateKey(
  { name, columns, primary_key }: Target,
  tuple: readonly Cell[],
  places: readonly number[],
): SyncError {
  const key = primary_key.map((place, index) => `${columns[place]?.name} = ${tuple[index]}`).join(', ');
  const rows = places.map((place) => place + 1).join(' and ');
  return new SyncError('sink/duplicate_key', `the sheet "${name}" has ${key} in rows ${rows}`, {
    hint: 'Remove one of them, or choose a `primary_key` that tells the rows apart.',
  });
}
