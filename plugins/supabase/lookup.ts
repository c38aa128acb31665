import {
  type Cell,
  keyOf,
  parseJson,
  type Row,
  type RowBatch,
  SyncError,
  storedCell,
  type Target,
  type TargetColumn,
  type Value,
} from 'syncline';
import type { Params } from 'syncline/http';
import { filtersOf, nameOf } from './filter.ts';
import type { PostgRest } from './postgrest.ts';
import type { StoredColumn, Table } from './table.ts';

/** So many requests are under way at once. */
const atOnce = 4;

/** The rows that folding a batch may touch, by key: those of its keys, and those of its scopes' parents. */
export async function storedRows(
  rest: PostgRest,
  batch: RowBatch,
  table: Table,
): Promise<ReadonlyMap<string, Row>> {
  const { target, rows, scopes = [] } = batch;
  const { primary_key, within } = target;
  const keys = rows.map((row) => tupleOf(row, primary_key));
  const parents = scopes.filter(({ withhold }) => !withhold).map(({ parent }) => parent);
  const filters = [
    ...filtersOf(namesAt(target, primary_key), keys),
    ...(within === undefined ? [] : filtersOf(namesAt(target, within), parents)),
  ];
  const found = new Map<string, Row>();
  for (let first = 0; first < filters.length; first += atOnce) {
    const some = filters.slice(first, first + atOnce);
    const read = await Promise.all(some.map((filter) => rowsWhere(rest, target, table, filter)));
    for (const row of read.flat()) found.set(keyOf(tupleOf(row, primary_key)), row);
  }
  return found;
}

export function tupleOf(row: Row, places: readonly number[]): Cell[] {
  return places.map((place) => row[place] ?? null);
}

export function namesAt({ columns }: Target, places: readonly number[]): string[] {
  return places.map((place) => columns[place]?.name ?? '');
}

/** All of them: a server gives no more at once than it is set to, however many there are. */
async function rowsWhere(rest: PostgRest, target: Target, table: Table, filter: Params): Promise<Row[]> {
  const select = target.columns.map(({ name }) => nameOf(name)).join(',');
  const order = namesAt(target, target.primary_key).map(nameOf).join(',');
  const found: Row[] = [];
  for (;;) {
    const params = { select, ...filter, order, offset: found.length === 0 ? undefined : found.length };
    const { rows, total } = await rest.read(target.name, params);
    for (const row of rows)
      found.push(target.columns.map((column) => cellOf(column, row[column.name], target, table)));
    if (found.length >= total) return found;
    // Rows may go while they are read; a server that gives none of those it counts would be asked for ever.
    if (rows.length === 0) throw cutShort(target, found.length, total);
  }
}

function cellOf({ name, type }: TargetColumn, value: Value | undefined, target: Target, table: Table): Cell {
  const cell = storedCell(type, asWritten(type, value ?? null, table.columns.get(name)));
  if (cell !== undefined) return cell;
  throw new SyncError(
    'schema/type',
    `column "${name}" of table "${target.name}" holds a value that is no ${type}`,
    {
      hint: 'Correct it there, or declare another `type` in `map`.',
    },
  );
}

/** A value in the form it was written in, where the database gives it back in another. */
function asWritten(type: TargetColumn['type'], value: Value, column: StoredColumn | undefined): Value {
  if (typeof value !== 'string' || column === undefined) return value;
  if (type === 'timestamp' && column.declared === 'timestamp without time zone') return `${value}Z`;
  return type === 'json' && column.type === 'string' ? parsed(value) : value;
}

/** A text that is no JSON stands for itself. */
function parsed(text: string): Value {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

function cutShort({ name }: Target, read: number, total: number): SyncError {
  return new SyncError(
    'http/cut_off',
    `table "${name}" has ${total} rows of these keys, and the server gave ${read} of them`,
    { hint: 'Was the table changed meanwhile? Run again. Nothing of this batch was written.' },
  );
}
