import { parseJson, printJson } from '../model/json.ts';
import type { Cell, ColumnType, Mode, Row, Target, Value } from '../model/types.ts';
import { canonicalText, parseJsonCell } from '../transform/json-values.ts';
import { effectiveStrategy } from '../transform/merge.ts';
import type { SqlValue } from './libsql.ts';

/**
 * One change as the journal keeps it, as an array so that it is short. Keys are cells in the order of the key. Cells of
 * an update are those that changed, and a stamp's old text; what Syncline could not write itself is kept as SQL.
 */
export type Entry =
  | readonly ['insert', key: readonly Cell[], hash: number]
  /** Of a target without keys that are looked up. */
  | readonly ['append', key: readonly Cell[], hash: number, rowid: Cell]
  | readonly [
      'update',
      key: readonly Cell[],
      places: readonly number[],
      before: readonly Kept[],
      after: readonly Cell[],
      stamps: readonly Cell[],
    ]
  /** The whole row, each value as SQL. */
  | readonly ['delete', key: readonly Cell[], values: { readonly [column: string]: string }];

/** A cell that was there; with SQL where writing it would not give back what was stored. */
export type Kept = Cell | { readonly sql: string; readonly cell: Cell };

/** What was last written to the tracked fields of a row, before the batch. */
export type RowMemory = readonly [row: string, fields: readonly (readonly [name: string, value: SqlValue])[]];

/** The target as it was, as far as its changes need it. */
export interface Shape {
  readonly columns: readonly {
    readonly name: string;
    readonly type: ColumnType;
    readonly strategy: string;
  }[];
  readonly key: readonly number[];
  readonly stamps: readonly string[];
  readonly mode: Mode;
  /** The place of the mark of what is deleted. */
  readonly deleted_at?: number;
}

export function shapeOf(target: Target): Shape {
  const { run_id, synced_at } = target.stamps;
  return {
    columns: target.columns.map((column) => {
      return { name: column.name, type: column.type, strategy: effectiveStrategy(column, target).type };
    }),
    key: target.primary_key,
    stamps: [run_id, synced_at].filter((name) => name !== undefined),
    mode: target.mode,
    deleted_at: target.deleted_at,
  };
}

export function printEntries(entries: readonly Entry[]): string {
  return printJson(entries as unknown as Value);
}

export function parseEntries(text: string, shape: Shape): Entry[] {
  const entries = parseJson(text) as unknown as Entry[];
  return entries.map((entry) => withExactTypes(entry, shape));
}

export function printMemory(memory: readonly RowMemory[]): string {
  return printJson(memory as unknown as Value);
}

export function parseMemory(text: string): readonly RowMemory[] {
  return parseJson(text) as unknown as readonly RowMemory[];
}

/** A large whole number of a column of doubles comes back from JSON as an integer of 64 bits or more. */
function withExactTypes(entry: Entry, { columns, key }: Shape): Entry {
  if (!columns.some(({ type }) => type === 'number')) return entry;
  const exact = <Some extends Kept>(cell: Some, place: number | undefined): Some =>
    typeof cell === 'bigint' && columns[place ?? -1]?.type === 'number' ? (Number(cell) as Some) : cell;
  const cells = entry[1].map((cell, index) => exact(cell, key[index]));
  if (entry[0] === 'insert') return ['insert', cells, entry[2]];
  if (entry[0] === 'append') return ['append', cells, entry[2], entry[3]];
  if (entry[0] === 'delete') return ['delete', cells, entry[2]];
  const [kind, , places, before, after, stamps] = entry;
  const each = <Some extends Kept>(values: readonly Some[]) =>
    values.map((value, index) => exact(value, places[index]));
  return [kind, cells, places, each(before), each(after), stamps];
}

/**
 * A number of 53 bits that tells rows apart, whatever a database makes of the text of json; only the cells of these
 * columns count, and one that is missing is null.
 */
export function hashRow(row: Row, columns: readonly { readonly type: ColumnType }[]): number {
  let high = 0x9e3779b9;
  let low = 0x85ebca6b;
  for (const [place, { type }] of columns.entries()) {
    const cell = row[place] ?? null;
    const isText = typeof cell === 'string';
    const text = isText && type === 'json' ? canonicalText(parseJsonCell(cell)) : String(cell);
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      high = Math.imul(high ^ unit, 0x9e3779b1);
      low = Math.imul(low ^ unit, 0x5f356495);
    }
    // Cells end somewhere, and text that looks like a number is none.
    high = Math.imul(high ^ (isText ? 0x10001 : 0x10002), 0x9e3779b1);
    low = Math.imul(low ^ 0x10003, 0x5f356495);
  }
  high ^= Math.imul(low ^ (low >>> 15), 0x735a2d97);
  low ^= Math.imul(high ^ (high >>> 15), 0xcaf649a9);
  return 4294967296 * (high & 0x1fffff) + (low >>> 0);
}
