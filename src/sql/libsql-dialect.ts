import { SyncError } from '../model/errors.ts';
import type { Dialect, RowPlace, TableColumns } from './dialect.ts';
import { inChunks, limits, placeholders } from './libsql-chunks.ts';
import { constraintOf } from './libsql-error.ts';
import { createIndex, indexedColumns, refuseFoldedKey } from './libsql-indexes.ts';
import { declaredTypes, holds, typeOf } from './libsql-types.ts';
import { literal, readable, toCell } from './libsql-values.ts';
import { widen } from './libsql-widen.ts';
import { quote } from './quote.ts';
import type { Session } from './session.ts';

/** SQLite, which has one writer at a time: a transaction of ours holds the whole file. */
export const libsqlDialect: Dialect = {
  name: 'SQLite',
  mostColumns: limits.columns,
  declaredTypes,
  // Else the planner may read the whole table, and look each row up in the tuples.
  join: 'CROSS JOIN',
  deleteJoins: false,
  locking: '',

  quote,
  // SQLite folds the case of ASCII letters only.
  folded: (name) => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
  table: quote,
  nameOf: (target) => target,
  ledger: (table) => `_syncline_${table}`,
  /** Entries are never changed once released, only added. */
  migrations: [
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
    [
      // One row for a batch: `before` is the ledger's entry from before it, the other texts are told in journal-entry.ts.
      `CREATE TABLE _syncline_journal (
      id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, target TEXT NOT NULL, run TEXT NOT NULL, at TEXT NOT NULL,
      bytes INTEGER NOT NULL, before TEXT NOT NULL, shape TEXT NOT NULL, memory TEXT NOT NULL, changes TEXT NOT NULL)`,
      'CREATE INDEX _syncline_journal_by_run ON _syncline_journal (run)',
    ],
    [
      // What a read of a mirror (keys) or of a replacement (rows, as JSON) showed so far; `part` is its checkpoint's name.
      `CREATE TABLE _syncline_staged (
      target TEXT NOT NULL, key TEXT NOT NULL, part TEXT NOT NULL, row TEXT, fresh INTEGER NOT NULL,
      PRIMARY KEY (target, key, part)) WITHOUT ROWID`,
    ],
  ],
  checkTarget,

  holds,
  typeOf,
  readable,
  literal,
  overriding: '',
  toCell,
  ordered: (value) => `${value} COLLATE BINARY`,
  exactly: (column, value) => `${column} = ${value} COLLATE BINARY`,
  inChunks,
  tuples: (rows, declared) => ({
    sql: `VALUES ${placeholders(rows.length, declared.length)}`,
    parameters: rows.flat(),
  }),

  hold: async () => undefined,
  hasLedger: (session) => hasTable(session, '_syncline_ledger'),
  hasTable,
  findTable,
  refuseFoldedKey,
  indexedColumns,
  createIndex,
  declaredKey,
  rowsMove: false,
  rowPlace,
  widen,
  hasTriggers,

  constraintOf,
};

function checkTarget(name: string): void {
  quote(name);
  if (!/^(_syncline_|sqlite_)/i.test(name)) return;
  throw new SyncError(
    'schema/name',
    `the table ${quote(name)} cannot be a target: such names belong to the database`,
    {
      hint: 'Choose a name that begins neither with `_syncline_` nor with `sqlite_`.',
    },
  );
}

async function hasTriggers(session: Session, target: string): Promise<boolean> {
  const sql = "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE LIMIT 1";
  return (await session.all(sql, [target])).length > 0;
}

async function declaredKey(session: Session, target: string): Promise<string[]> {
  const sql = 'SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk';
  return (await session.all(sql, [target])).map(([name]) => String(name));
}

/** A name of the rowid that no column has taken. */
async function rowPlace(session: Session, target: string): Promise<RowPlace | undefined> {
  const ordinary = "SELECT 1 FROM pragma_table_list(?) WHERE schema = 'main' AND type = 'table' AND wr = 0";
  if ((await session.all(ordinary, [target])).length === 0) return undefined;
  const all = (await session.all('SELECT lower(name) FROM pragma_table_xinfo(?)', [target])).flat();
  const name = ['rowid', 'oid', '_rowid_'].find((each) => !all.includes(each));
  return name === undefined ? undefined : { name, declared: 'INTEGER' };
}

async function hasTable(session: Session, name: string): Promise<boolean> {
  const sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?";
  return (await session.all(sql, [name])).length > 0;
}

async function findTable(session: Session, name: string): Promise<TableColumns | undefined> {
  checkTarget(name);
  const sql =
    "SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE";
  const [found] = await session.all(sql, [name]);
  if (!found) return undefined;
  if (found[0] !== name) {
    throw new SyncError(
      'schema/case',
      `the target is ${quote(name)}, but the database has a table ${quote(String(found[0]))}`,
      {
        hint: 'SQLite takes the two for one. Write the name in `to` as the database has it.',
      },
    );
  }
  if (found[1] === 'view') {
    throw new SyncError(
      'schema/target',
      `the target ${quote(name)} is a view, and only tables can be written`,
    );
  }
  const columns = await session.all(
    `SELECT c.name, c.type, c.hidden, t.strict FROM pragma_table_xinfo(?1) AS c
     JOIN pragma_table_list(?1) AS t WHERE t.schema = 'main' ORDER BY c.cid`,
    [name],
  );
  return new Map(
    columns.map(([column, declared, hidden, strict]) => [
      String(column),
      { name: String(column), declared: String(declared), generated: hidden !== 0, strict: strict === 1 },
    ]),
  );
}
