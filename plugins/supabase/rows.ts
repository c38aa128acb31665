import type { Row, Target, TargetColumn } from 'syncline';
import { printRows } from 'syncline/formats';
import type { Params } from 'syncline/http';
import { nameOf } from './filter.ts';
import { namesAt } from './lookup.ts';
import { columnsOf, type Table } from './table.ts';

/** More rows are not sent with one request. */
const mostRows = 1_000;

/** A row, and the places of its cells that are sent. */
export interface Sent {
  readonly row: Row;
  readonly places: readonly number[];
}

/** A request that writes rows. */
export interface Body {
  readonly body: string;
  readonly params: Params;
}

/**
 * The requests that write these rows. `apart`: rows of different cells go in requests of their own, since a cell that is
 * missing among others would be written as its default. `together`: in one request, defaults and all.
 */
export function bodiesOf(
  target: Target,
  table: Table,
  sent: readonly Sent[],
  how: 'apart' | 'together',
): readonly Body[] {
  if (sent.length === 0) return [];
  if (how === 'together') {
    const all = [...new Set(sent.flatMap(({ places }) => places))];
    return [bodyOf(target, table, sent, all)];
  }
  const on_conflict = namesAt(target, target.primary_key).map(nameOf).join(',');
  return groupsOf(sent).map((rows) => {
    const { body, params } = bodyOf(target, table, rows, rows[0]?.places ?? []);
    return { body, params: { ...params, on_conflict } };
  });
}

/** Rows of equal cells, not too many in one group. */
function groupsOf(sent: readonly Sent[]): Sent[][] {
  const groups: Sent[][] = [];
  const open = new Map<string, Sent[]>();
  for (const one of sent) {
    const cells = one.places.join();
    const group = open.get(cells);
    if (group !== undefined && group.length < mostRows) {
      group.push(one);
    } else {
      const begun = [one];
      open.set(cells, begun);
      groups.push(begun);
    }
  }
  return groups;
}

function bodyOf(target: Target, table: Table, sent: readonly Sent[], places: readonly number[]): Body {
  const narrow = { ...target, columns: places.flatMap((place) => asStored(target.columns[place], table)) };
  const printer = printRows('jsonl', narrow);
  const lines = sent.map(({ row }) => printer.print([places.map((place) => row[place])], 0).trimEnd());
  const columns = columnsOf(narrow).map(({ name }) => nameOf(name));
  return { body: `[${lines.join(',')}]`, params: { columns: columns.join(',') } };
}

/** JSON that is kept in a column of text is sent as a text. */
function asStored(column: TargetColumn | undefined, table: Table): TargetColumn[] {
  if (column === undefined) return [];
  const isText = column.type === 'json' && table.columns.get(column.name)?.type === 'string';
  return [isText ? { ...column, type: 'string' } : column];
}
