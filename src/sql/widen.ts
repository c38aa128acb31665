import { SyncError } from '../model/errors.ts';
import type { Target } from '../model/types.ts';
import { isWider, widenCell } from '../transform/widening.ts';
import type { Dialect, TableColumn, TableColumns, Widening } from './dialect.ts';
import { namesAt } from './indexes.ts';
import { type LedgerColumn, type LedgerColumns, pageWritten, rememberWritten } from './ledger.ts';
import type { Session } from './session.ts';

/** Whether a column of the target may become as wide as that: all but its key, which tells the rows apart. */
export function mayWiden(target: Target, column: string, change: Pick<Widening, 'from' | 'to'>): boolean {
  return isWider(change.from, change.to) && !namesAt(target, target.primary_key).includes(column);
}

/**
 * The columns that take a wider type with this target, where that was accepted. What others put into a column that holds
 * the type already is of that type, as far as anyone knows.
 */
export function wideningsOf(
  { holds }: Dialect,
  target: Target,
  wanted: readonly LedgerColumn[],
  table: TableColumns,
  ledger: LedgerColumns,
  typeNow: (column: TableColumn) => LedgerColumn['type'],
): readonly Widening[] {
  if (!target.accept_schema) return [];
  return wanted.flatMap(({ name, type: to }) => {
    const column = table.get(name);
    if (column === undefined || column.generated) return [];
    const from = typeNow(column);
    if (from === 'stamp' || to === 'stamp' || !mayWiden(target, name, { from, to })) return [];
    if (!ledger.has(name) && holds(column, to)) return [];
    return [{ column, from, to }];
  });
}

/** The table as it is once these columns took their wider types, and what was done. */
export async function widenColumns(
  session: Session,
  { name }: Target,
  table: TableColumns,
  ledger: LedgerColumns,
  widenings: readonly Widening[],
): Promise<{ readonly table: TableColumns; readonly changes: readonly string[] }> {
  const columns = new Map(table);
  const changes: string[] = [];
  for (const change of widenings) {
    const { column, from, to } = change;
    if (from === 'integer' && to === 'number') await refuseLongIntegers(session, name, column.name);
    const declared = await session.dialect.widen(session, name, change);
    columns.set(column.name, { ...column, declared });
    if (ledger.get(column.name)?.tracked) await widenMemory(session, name, change);
    changes.push(`column ${session.dialect.quote(column.name)} widened (${from} to ${to})`);
  }
  return { table: columns, changes };
}

/** A double has every integer up to 2^53. */
async function refuseLongIntegers(session: Session, target: string, column: string): Promise<void> {
  const { quote, table } = session.dialect;
  const name = quote(column);
  const limit = Number.MAX_SAFE_INTEGER;
  const sql = `SELECT 1 FROM ${table(target)} WHERE ${name} > ${limit} OR ${name} < -${limit} LIMIT 1`;
  if ((await session.all(sql)).length === 0) return;
  throw new SyncError(
    'schema/type_changed',
    `the column ${name} of the table ${table(target)} holds integers beyond 2^53, which a number would round: it would have to become decimal`,
    { hint: 'Declare the column in map as { type: decimal }, and run with --accept-schema.' },
  );
}

/** What was last written to a tracked column is compared with what it holds: both change alike. */
async function widenMemory(session: Session, target: string, change: Widening): Promise<void> {
  const { column, from, to } = change;
  for await (const page of pageWritten(session, target, column.name)) {
    const fields = page.map(({ row, value }) => {
      const cell = session.dialect.toCell(from, value);
      return { row, name: column.name, value: widenCell(cell, from, to) };
    });
    await rememberWritten(session, target, fields);
  }
}
