import { SyncError } from '../model/errors.ts';
import type { ColumnType } from '../model/types.ts';
import type { SqlValue } from './libsql.ts';
import type { Session } from './session.ts';

/** Makes the ledger where there is none, and brings an older one to this version. Throws `ledger/newer`. */
export async function prepareLedger(session: Session): Promise<void> {
  const { dialect } = session;
  const { migrations } = dialect;
  const version = await ledgerVersion(session);
  if (version === migrations.length) return;
  for (const sql of migrations.slice(version).flat()) await session.run(sql);
  await session.run(`UPDATE ${dialect.ledger('ledger')} SET version = ?`, [migrations.length]);
}

/** Throws `ledger/newer`. */
export async function hasLedger(session: Session): Promise<boolean> {
  return (await ledgerVersion(session)) > 0;
}

/** Throws `ledger/newer`. */
export async function hasJournal(session: Session): Promise<boolean> {
  return (await ledgerVersion(session)) > 1;
}

/** 0 is none. */
async function ledgerVersion(session: Session): Promise<number> {
  const { dialect } = session;
  if (!(await dialect.hasLedger(session))) return 0;
  const [row] = await session.all(`SELECT max(version) FROM ${dialect.ledger('ledger')}`);
  const found = Number(row?.[0]);
  if (found <= dialect.migrations.length) return found;
  throw new SyncError(
    'ledger/newer',
    `the ledger in this database has version ${found}, and this Syncline knows version ${dialect.migrations.length}`,
    { hint: 'Use the version of Syncline that wrote it. Nothing was changed.' },
  );
}

/** What the ledger knows of a target's columns. */
export interface LedgerColumn {
  readonly name: string;
  readonly type: ColumnType | 'stamp';
  /** True once any pipeline kept a person's edits in it: from then on all that is written to it is remembered. */
  readonly tracked: boolean;
}

export type LedgerColumns = ReadonlyMap<string, LedgerColumn>;

/** The columns the ledger knows of a target. There is a ledger: see `prepareLedger`. */
export async function readColumns(session: Session, target: string): Promise<LedgerColumns> {
  const { dialect } = session;
  const sql = `SELECT name, type, tracked FROM ${dialect.ledger('columns')} WHERE target = ?`;
  const rows = await session.all(sql, [dialect.nameOf(target)]);
  return new Map(
    rows.map(([name, type, tracked]) => [
      String(name),
      { name: String(name), type: type as LedgerColumn['type'], tracked: Number(tracked) === 1 },
    ]),
  );
}

/** Writes what there is to know of these columns. */
export async function rememberColumns(
  session: Session,
  target: string,
  columns: readonly LedgerColumn[],
): Promise<void> {
  const { dialect } = session;
  const sql = `INSERT INTO ${dialect.ledger('columns')} (target, name, type, tracked) VALUES (?, ?, ?, ?)
    ON CONFLICT (target, name) DO UPDATE SET type = excluded.type, tracked = excluded.tracked`;
  for (const { name, type, tracked } of columns)
    await session.run(sql, [dialect.nameOf(target), name, type, Number(tracked)]);
}

/** Forgets the columns and edits of a target that is no longer there. Its checkpoint stays, for the run to judge. */
export async function forgetTarget(session: Session, target: string): Promise<void> {
  const { dialect } = session;
  for (const table of ['columns', 'written'] as const)
    await session.run(`DELETE FROM ${dialect.ledger(table)} WHERE target = ?`, [dialect.nameOf(target)]);
}

/** What was written to the tracked fields of these rows: by row, then by column. */
export async function readWritten(
  session: Session,
  target: string,
  rows: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, SqlValue>>> {
  const { dialect } = session;
  const found = new Map<string, Map<string, SqlValue>>();
  for (const chunk of dialect.inChunks(rows, 1)) {
    const tuples = dialect.tuples(
      chunk.map((row) => [row]),
      ['text'],
    );
    const sql = `SELECT w.row, w.name, w.value FROM (${tuples.sql}) AS v
      ${dialect.join} ${dialect.ledger('written')} AS w ON w.row = v.column1 AND w.target = ?`;
    const stored = await session.all(sql, [...tuples.parameters, dialect.nameOf(target)]);
    for (const [row, name, value = null] of stored) {
      const fields = found.get(String(row)) ?? new Map<string, SqlValue>();
      found.set(String(row), fields.set(String(name), value));
    }
  }
  return found;
}

const pageSize = 1000;

/** What was written to one column, page by page. */
export async function* pageWritten(
  session: Session,
  target: string,
  column: string,
): AsyncGenerator<readonly { readonly row: string; readonly value: SqlValue }[]> {
  const { dialect } = session;
  const sql = `SELECT row, value FROM ${dialect.ledger('written')}
    WHERE target = ? AND name = ? AND row > ? ORDER BY row LIMIT ${pageSize}`;
  for (let after = ''; ; ) {
    const rows = await session.all(sql, [dialect.nameOf(target), column, after]);
    if (rows.length === 0) return;
    yield rows.map(([row, value = null]) => ({ row: String(row), value }));
    after = String(rows.at(-1)?.[0]);
  }
}

export interface WrittenField {
  readonly row: string;
  readonly name: string;
  readonly value: unknown;
}

/** Of two values of one field the later one counts. */
export async function rememberWritten(
  session: Session,
  target: string,
  fields: readonly WrittenField[],
): Promise<void> {
  const { dialect } = session;
  const latest = new Map(fields.map((field) => [JSON.stringify([field.row, field.name]), field]));
  for (const chunk of dialect.inChunks([...latest.values()], 4)) {
    const rows = chunk.map(({ row, name, value }) => [dialect.nameOf(target), row, name, value]);
    const { sql, parameters } = dialect.tuples(rows, ['text', 'text', 'text', 'text']);
    await session.run(
      `INSERT INTO ${dialect.ledger('written')} (target, row, name, value) ${sql}
      ON CONFLICT (target, row, name) DO UPDATE SET value = excluded.value`,
      parameters,
    );
  }
}

export async function forgetRow(session: Session, target: string, row: string): Promise<void> {
  const { dialect } = session;
  const sql = `DELETE FROM ${dialect.ledger('written')} WHERE target = ? AND row = ?`;
  await session.run(sql, [dialect.nameOf(target), row]);
}
