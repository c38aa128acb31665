import type { Cell, Target } from '../model/types.ts';
import { isStorable } from '../transform/text.ts';
import type { TableColumns } from './dialect.ts';
import type { Session } from './session.ts';

/** So many keys are looked at together. */
export const pageSize = 1000;

export interface KeyPage {
  /** Cells in the order of `target.primary_key`. */
  readonly keys: readonly (readonly Cell[])[];
  /** After which the next page begins; undefined: this is the last one. */
  readonly last?: readonly Cell[];
}

/**
 * The next keys of a table's living rows, in an order that its index has. Rows with null in their key, or with what no
 * source can write, are somebody else's.
 */
export async function nextKeys(
  session: Session,
  target: Target,
  table: TableColumns,
  after: readonly Cell[] | undefined,
): Promise<KeyPage> {
  const { dialect } = session;
  const columns = target.primary_key.flatMap((place) => target.columns[place] ?? []);
  // Of a read that brought nothing, not even the key's type is known unless the table has it.
  if (columns.length < target.primary_key.length || !columns.every(({ name }) => table.has(name)))
    return { keys: [] };
  const names = columns.map(({ name }) => `t.${dialect.quote(name)}`);
  const ordered = names.map(dialect.ordered).join(', ');
  const mark = target.columns[target.deleted_at ?? -1]?.name;
  const conditions = [
    ...names.map((name) => `${name} IS NOT NULL`),
    ...(mark !== undefined && table.has(mark) ? [`t.${dialect.quote(mark)} IS NULL`] : []),
    ...(after ? [`(${names.join(', ')}) > (${after.map(() => dialect.ordered('?')).join(', ')})`] : []),
  ];
  const sql = `SELECT ${names.map(dialect.readable).join(', ')} FROM ${dialect.table(target.name)} AS t
    WHERE ${conditions.join(' AND ')} ORDER BY ${ordered} LIMIT ${pageSize}`;
  const found = (await session.all(sql, after)).map((row) =>
    columns.map(({ type }, index) => dialect.toCell(type, row[index] ?? null)),
  );
  const keys = found.filter((key) => key.every(isWritable));
  return { keys, last: found.length < pageSize ? undefined : keys.at(-1) };
}

function isWritable(cell: Cell): boolean {
  return typeof cell !== 'string' || isStorable(cell);
}
