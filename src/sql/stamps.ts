import type { Cell, Row } from '../model/types.ts';
import { keyOf, keyOfRow } from '../transform/cells.ts';
import type { Change } from '../transform/fold.ts';
import { isStorable } from '../transform/text.ts';
import type { ReadyTarget } from './dialect.ts';
import type { Shape } from './journal-entry.ts';
import { declaredAt, isExactly, nameAt, storedRows, tupleOf } from './lookup.ts';
import { plainTarget } from './plain-target.ts';
import type { Session } from './session.ts';

/** The stamps of the rows that are updated, by key, as they are before. */
export async function stampsBefore(
  session: Session,
  target: string,
  { columns, key, stamps }: Shape,
  changes: readonly Change[],
): Promise<ReadonlyMap<string, readonly Cell[]>> {
  const found = new Map<string, readonly Cell[]>();
  const tuples = changes.flatMap((change) => (change.kind === 'update' ? [tupleOf(change.before, key)] : []));
  if (stamps.length === 0 || tuples.length === 0) return found;
  const keys = key.flatMap((place) => columns[place] ?? []);
  const narrow = await plainTarget(session, target, {
    columns: keys,
    key: keys.map((_, index) => index),
    stamps,
  });
  if (narrow === undefined) return found;
  const stampsOf = (row: Row) => row.slice(keys.length).map((cell) => cell ?? null);
  const rowsOf = (some: readonly (readonly Cell[])[]) =>
    storedRows(session, narrow, narrow.primary_key, some);
  for (const chunk of session.dialect.inChunks(tuples, keys.length, stamps.length)) {
    const [first] = await rowsOf(chunk.slice(0, 1));
    const same = first && stampsOf(first);
    if (same && (await haveAll(session, narrow, same, chunk))) {
      for (const tuple of chunk) found.set(keyOf(tuple), same);
    } else {
      for (const row of await rowsOf(chunk)) found.set(keyOfRow(row, narrow.primary_key), stampsOf(row));
    }
  }
  return found;
}

/** Rows that were written together have the same stamps: then it is cheaper to count them than to read them. */
async function haveAll(
  session: Session,
  target: ReadyTarget,
  stamps: readonly Cell[],
  keys: readonly (readonly Cell[])[],
): Promise<boolean> {
  const { dialect } = session;
  const { name, primary_key } = target;
  if (!stamps.every((stamp) => typeof stamp === 'string' && isStorable(stamp))) return false;
  const tuples = dialect.tuples(keys, declaredAt(target, primary_key));
  const matches = [
    ...primary_key.map((place) => isExactly(session, target, place, `v.column${place + 1}`)),
    ...stamps.map((_, index) =>
      dialect.exactly(`t.${nameAt(session, target, primary_key.length + index)}`, '?'),
    ),
  ];
  const sql = `SELECT count(*) FROM (${tuples.sql}) AS v
    ${dialect.join} ${dialect.table(name)} AS t ON ${matches.join(' AND ')}`;
  const [row] = await session.all(sql, [...tuples.parameters, ...stamps]);
  return Number(row?.[0]) === keys.length;
}
