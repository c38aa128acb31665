import {
  type Change,
  type Committed,
  type Existing,
  type Folded,
  fold,
  loadFunctions,
  type RowBatch,
  type Target,
  type TargetRequest,
  type Writer,
} from 'syncline';
import { filtersOf } from './filter.ts';
import { namesAt, storedRows, tupleOf } from './lookup.ts';
import type { PostgRest } from './postgrest.ts';
import { bodiesOf, type Sent } from './rows.ts';
import { checkColumns, missingTable, type Table } from './table.ts';

/** Writes rows into one table. */
export async function openWriter(rest: PostgRest, request: TargetRequest): Promise<Writer> {
  const table = await rest.describe(request.name);
  let checked: Target | undefined;
  return {
    async commit(batch) {
      const { target } = batch;
      if (table === undefined)
        throw missingTable(target, (await rest.refusalOfReading(target.name)) ?? 'it was');
      if (checked !== target) checkColumns(target, table);
      checked = target;
      return target.mode === 'append'
        ? append(rest, batch, table)
        : merge(rest, batch, table, request.memory);
    },
    close: async () => undefined,
  };
}

/** All at once: of rows that may not come twice, no part is written without the others. */
async function append(rest: PostgRest, { target, rows }: RowBatch, table: Table): Promise<Committed> {
  const sent = rows.map(
    (row): Sent => ({ row, places: [...row.keys()].filter((place) => row[place] !== undefined) }),
  );
  for (const { body, params } of bodiesOf(target, table, sent, 'together'))
    await rest.insert(target.name, body, params, false);
  return { inserted: rows.length, updated: 0, unchanged: 0, deleted: 0, kept: 0, schema_changes: [] };
}

/** What is deleted goes first: it may stand in the way of what comes. */
async function merge(
  rest: PostgRest,
  batch: RowBatch,
  table: Table,
  memory: TargetRequest['memory'],
): Promise<Committed> {
  const { target } = batch;
  const { changes, counts } = await folded(rest, batch, table, memory);
  const gone = changes.flatMap((change) =>
    change.kind === 'delete' ? [tupleOf(change.before, target.primary_key)] : [],
  );
  const key = namesAt(target, target.primary_key);
  for (const filter of filtersOf(key, gone)) await rest.remove(target.name, filter);
  const sent = changes.flatMap((change) => sentOf(change, target, table));
  for (const { body, params } of bodiesOf(target, table, sent, 'apart'))
    await rest.insert(target.name, body, params, true);
  await memory?.remember(target, changes);
  return { ...counts, schema_changes: [] };
}

async function folded(
  rest: PostgRest,
  batch: RowBatch,
  table: Table,
  memory: TargetRequest['memory'],
): Promise<Folded> {
  const rows = await storedRows(rest, batch, table);
  const known = await memory?.read(batch.target, [...rows.keys()]);
  const existing = new Map(
    [...rows].map(([key, row]): [string, Existing] => [key, { row, written: known?.get(key) }]),
  );
  return fold(batch, existing, await loadFunctions(batch.target));
}

/**
 * Of a row that is there only what changed is sent: what somebody else writes to it meanwhile stays. The key tells which
 * row it is, and null is refused even where a column keeps its value.
 */
function sentOf(change: Change, { columns, primary_key }: Target, table: Table): Sent[] {
  if (change.kind !== 'insert' && change.kind !== 'update') return [];
  const { row } = change;
  const isSent = (place: number) =>
    change.kind === 'insert' ||
    change.changed.includes(place) ||
    primary_key.includes(place) ||
    (table.columns.get(columns[place]?.name ?? '')?.required ?? true);
  const places = [...row.keys()].filter((place) => row[place] !== undefined && isSent(place));
  return [{ row, places }];
}
