import { SyncError } from '../model/errors.ts';
import type { ColumnType } from '../model/types.ts';
import { inChunks, placeholders } from './chunks.ts';
import type { SqlValue } from './libsql.ts';
import type { Session } from './session.ts';

/** The n-th entry takes the ledger from version n to n + 1. Entries are never changed once released, only added. */
const migrations: readonly (readonly string[])[] = [
  [
    'CREATE TABLE _syncline_ledger (version INTEGER NOT NULL)',
    'INSERT INTO _syncline_ledger VALUES (0)',
    // `type` is a column type, or `stamp` for a column the sink fills itself.
    `CREATE TABLE _syncline_columns (
      target TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, tracked INTEGER NOT NULL,
      PRIMARY KEY (target, name)) WITHOUT ROWID`,
    // What was last written to each tracked field: `row` is the key as JSON; `value` has no type, to keep any as it is.
    `CREATE TABLE _syncline_written (
      target TEXT NOT NULL, row TEXT NOT NULL, name TEXT NOT NULL, value,
      PRIMARY KEY (target, row, name)) WITHOUT ROWID`,
    // `committed` is what the batch did, for a commit whose outcome must be looked up; null when it was no commit.
    `CREATE TABLE _syncline_checkpoints (
      pipeline TEXT NOT NULL, target TEXT NOT NULL, checkpoint TEXT NOT NULL, fence INTEGER NOT NULL,
      run TEXT NOT NULL, batch INTEGER NOT NULL, basis TEXT NOT NULL, wrote INTEGER NOT NULL, committed TEXT,
      PRIMARY KEY (pipeline, target)) WITHOUT ROWID`,
  ],
];

/** Makes the ledger where there is none, and brings an older one to this version. Throws `ledger/newer`. */
export function prepareLedger(session: Session): void {
  const version = ledgerVersion(session);
  if (version === migrations.length) return;
  for (const sql of migrations.slice(version).flat()) session.run(sql);
  session.run('UPDATE _syncline_ledger SET version = ?', [migrations.length]);
}

/** Throws `ledger/newer`. */
export function hasLedger(session: Session): boolean {
  return ledgerVersion(session) > 0;
}

/** 0 is none. */
function ledgerVersion(session: Session): number {
  if (session.all("SELECT 1 FROM sqlite_schema WHERE name = '_syncline_ledger'").length === 0) return 0;
  const found = Number(session.all('SELECT max(version) FROM _syncline_ledger')[0]?.[0]);
  if (found <= migrations.length) return found;
  throw new SyncError(
    'ledger/newer',
    `the ledger in this database has version ${found}, and this Syncline knows version ${migrations.length}`,
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

/** The columns the ledger knows of a target; none where there is no ledger. Throws `ledger/newer`. */
export function readColumns(session: Session, target: string): LedgerColumns {
  if (!hasLedger(session)) return new Map();
  const rows = session.all('SELECT name, type, tracked FROM _syncline_columns WHERE target = ?', [target]);
  return new Map(
    rows.map(([name, type, tracked]) => [
      String(name),
      { name: String(name), type: type as LedgerColumn['type'], tracked: tracked === 1 },
    ]),
  );
}

/** Writes what there is to know of these columns. */
export function rememberColumns(session: Session, target: string, columns: readonly LedgerColumn[]): void {
  for (const { name, type, tracked } of columns) {
    session.run('INSERT OR REPLACE INTO _syncline_columns VALUES (?, ?, ?, ?)', [
      target,
      name,
      type,
      tracked,
    ]);
  }
}

/** Forgets the columns and edits of a target that is no longer there. Its checkpoint stays, for the run to judge. */
export function forgetTarget(session: Session, target: string): void {
  session.run('DELETE FROM _syncline_columns WHERE target = ?', [target]);
  session.run('DELETE FROM _syncline_written WHERE target = ?', [target]);
}

/** What was written to the tracked fields of these rows: by row, then by column. */
export function readWritten(
  session: Session,
  target: string,
  rows: readonly string[],
): ReadonlyMap<string, ReadonlyMap<string, SqlValue>> {
  const found = new Map<string, Map<string, SqlValue>>();
  for (const chunk of inChunks(rows, 1)) {
    const sql = `SELECT w.row, w.name, w.value FROM (VALUES ${placeholders(chunk.length, 1)}) AS v
      CROSS JOIN _syncline_written AS w ON w.row = v.column1 AND w.target = ?`;
    for (const [row, name, value = null] of session.all(sql, [...chunk, target])) {
      const fields = found.get(String(row)) ?? new Map<string, SqlValue>();
      found.set(String(row), fields.set(String(name), value));
    }
  }
  return found;
}

export interface WrittenField {
  readonly row: string;
  readonly name: string;
  readonly value: unknown;
}

export function rememberWritten(session: Session, target: string, fields: readonly WrittenField[]): void {
  for (const chunk of inChunks(fields, 4)) {
    const parameters = chunk.flatMap(({ row, name, value }) => [target, row, name, value]);
    session.run(
      `INSERT OR REPLACE INTO _syncline_written VALUES ${placeholders(chunk.length, 4)}`,
      parameters,
    );
  }
}

export function forgetRow(session: Session, target: string, row: string): void {
  session.run('DELETE FROM _syncline_written WHERE target = ? AND row = ?', [target, row]);
}
