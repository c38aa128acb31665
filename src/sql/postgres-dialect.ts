import { SyncError } from '../model/errors.ts';
import type { Dialect, LedgerTable } from './dialect.ts';
import { namesAt } from './indexes.ts';
import {
  declaredKey,
  findTable,
  hasPolicies,
  hasSchema,
  hasTable,
  hasTriggers,
  indexedColumns,
  markSql,
  quoteTable,
  refuseFoldedKey,
  refusesSecond,
  type TableName,
} from './postgres-catalog.ts';
import { copyText, fewestToCopy } from './postgres-copy.ts';
import { constraintOf } from './postgres-error.ts';
import type { TableNotes } from './postgres-notes.ts';
import { baseOf, declaredTypes, holds, typeOf } from './postgres-types.ts';
import { toArray, toCell } from './postgres-values.ts';
import { widen } from './postgres-widen.ts';
import { literal, quote as quoteAny } from './quote.ts';
import type { Session } from './session.ts';

export interface PostgresSchemas {
  /** Where tables lie whose targets name no schema. */
  readonly usual: string;
  /** Where the ledger lies; undefined: with the table of the target. */
  readonly ledger?: string;
}

/** `people`, or `sales.people`: at the first dot, so that a table with dots in its name is written with its schema. */
export function tableName(target: string, { usual }: PostgresSchemas): TableName {
  const dot = target.indexOf('.');
  return dot < 0
    ? { schema: usual, table: target }
    : { schema: target.slice(0, dot), table: target.slice(dot + 1) };
}

/** Names of more bytes PostgreSQL cuts off in silence. */
const longestName = 63;

function quote(name: string): string {
  const quoted = quoteAny(name);
  if (Buffer.byteLength(name) > longestName || name === '') {
    throw new SyncError(
      'schema/name',
      `the name ${quoted} has ${Buffer.byteLength(name)} bytes, and PostgreSQL takes 1 to ${longestName}`,
      { hint: 'Give the column a shorter name with `map`, or the table one in `to`.' },
    );
  }
  return quoted;
}

/** Throws `schema/name` for a name that is not for targets. */
export function checkTarget(target: string, schemas: PostgresSchemas = { usual: 'public' }): void {
  const { schema, table } = tableName(target, schemas);
  quote(schema);
  quote(table);
  if (!/^(_syncline_|pg_)/i.test(table) && !/^(pg_|information_schema$)/i.test(schema)) return;
  throw new SyncError(
    'schema/name',
    `the table ${quoteTable({ schema, table })} cannot be a target: such names belong to the database`,
    { hint: 'Choose a name that begins neither with `_syncline_` nor with `pg_`.' },
  );
}

/** The ledger that stands in a schema. Released migrations are never changed, only added. */
function migrations(schema: string): Dialect['migrations'] {
  const table = (name: LedgerTable) => quoteTable({ schema, table: `_syncline_${name}` });
  return [
    [
      `CREATE TABLE ${table('ledger')} (version INTEGER NOT NULL)`,
      `INSERT INTO ${table('ledger')} VALUES (0)`,
      // As in libSQL's ledger; a value that was written is kept as the text of its column's type.
      `CREATE TABLE ${table('columns')} (
        target TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, tracked INTEGER NOT NULL,
        PRIMARY KEY (target, name))`,
      `CREATE TABLE ${table('written')} (
        target TEXT NOT NULL, row TEXT NOT NULL, name TEXT NOT NULL, value TEXT,
        PRIMARY KEY (target, row, name))`,
      `CREATE TABLE ${table('checkpoints')} (
        pipeline TEXT NOT NULL, target TEXT NOT NULL, checkpoint TEXT NOT NULL, fence BIGINT NOT NULL,
        run TEXT NOT NULL, batch BIGINT NOT NULL, basis TEXT NOT NULL, wrote INTEGER NOT NULL, committed TEXT,
        PRIMARY KEY (pipeline, target))`,
    ],
    [
      // As in libSQL's ledger.
      `CREATE TABLE ${table('journal')} (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, pipeline TEXT NOT NULL, target TEXT NOT NULL,
        run TEXT NOT NULL, at TEXT NOT NULL, bytes BIGINT NOT NULL, before TEXT NOT NULL, shape TEXT NOT NULL,
        memory TEXT NOT NULL, changes TEXT NOT NULL)`,
      `CREATE INDEX ON ${table('journal')} (run)`,
    ],
    [
      `CREATE TABLE ${table('staged')} (
        target TEXT NOT NULL, key TEXT NOT NULL, part TEXT NOT NULL, row TEXT, fresh INTEGER NOT NULL,
        PRIMARY KEY (target, key, part))`,
    ],
  ];
}

/** What a transaction that writes a target holds since it began. */
export interface Held {
  /** Quoted, with its schema. */
  readonly table: string;
  readonly notes: TableNotes;
}

/**
 * What such a transaction begins with: others are kept from writing the target, and from what the ledger has of it. The
 * lock is one for each table, however a target spells it: also before there is any row that could be locked. The last
 * statement selects the mark of the notes.
 */
export function holdSql(target: string, schemas: PostgresSchemas, ledgerSchema: string): string {
  const table = quoteTable(tableName(target, schemas));
  const ledger = quoteTable(ledgerTable(ledgerSchema));
  return `${lockSql(literal(`syncline ${table}`))}; ${markSql(literal(table), literal(ledger))}`;
}

const lockSql = (key: string) => `SELECT pg_advisory_xact_lock(hashtextextended(${key}, 0))`;

const ledgerTable = (schema: string): TableName => ({ schema, table: '_syncline_ledger' });

/**
 * PostgreSQL, with the ledger that one target has. The table of a target may lie elsewhere for the moment, as `nameOf`
 * tells.
 */
export function postgresDialect(
  schemas: PostgresSchemas,
  ledgerSchema: string,
  held?: Held,
  nameOf: (target: string) => TableName = (target) => tableName(target, schemas),
): Dialect {
  const isHeld = (target: string) => quoteTable(nameOf(target)) === held?.table;
  const noted = <Result>(target: string, what: string, read: () => Promise<Result>) =>
    held && isHeld(target) ? held.notes.of(what, read) : read();
  const hasOwnTriggers = (session: Session, target: string) =>
    noted(target, 'triggers', () => hasTriggers(session, nameOf(target)));
  // COPY passes rules by, and policies refuse it. It would fire triggers, but those are rare, and INSERT serves them.
  const takesCopies = async (session: Session, target: string) =>
    !(await hasOwnTriggers(session, target)) &&
    !(await noted(target, 'policies', () => hasPolicies(session, nameOf(target))));
  const ledger = ledgerTable(ledgerSchema);
  return {
    name: 'PostgreSQL',
    mostColumns: 1600,
    declaredTypes,
    join: 'JOIN',
    deleteJoins: true,
    // A foreign key may still point at a row that is locked so.
    locking: 'FOR NO KEY UPDATE OF t',

    quote,
    folded: (name) => name.toLowerCase(),
    table: (target) => quoteTable(nameOf(target)),
    nameOf: (target) => quoteTable(tableName(target, schemas)),
    ledger: (table) => quoteTable({ schema: ledgerSchema, table: `_syncline_${table}` }),
    migrations: migrations(ledgerSchema),
    checkTarget: (target) => checkTarget(target, schemas),

    holds,
    typeOf,
    readable: (column) => column,
    literal: (column) => `quote_nullable(${column}::text)`,
    overriding: 'OVERRIDING SYSTEM VALUE',
    toCell,
    ordered: (value) => value,
    exactly: (column, value) => `${column} = ${value}`,
    inChunks: (items) => (items.length === 0 ? [] : [items]),
    tuples,

    async insertMany(session, target, rows, stamps) {
      if (rows.length < fewestToCopy || !(await takesCopies(session, target.name))) return undefined;
      const names = [...target.columns.map(({ name }) => quote(name)), ...stamps.map(({ name }) => name)];
      const sql = `COPY ${quoteTable(nameOf(target.name))} (${names.join(', ')}) FROM STDIN`;
      const declared = target.columns.map((column) => column.declared);
      return session.copy?.(sql, copyText(rows, declared, stamps));
    },

    async expectsNew(session, target, rows) {
      if (rows < fewestToCopy || !isHeld(target.name) || !held?.notes.newRows) return false;
      const key = namesAt(target, target.primary_key);
      return noted(target.name, `unique ${key.map(quote)}`, () =>
        refusesSecond(session, nameOf(target.name), key),
      );
    },
    learnNew(target, isNew) {
      if (held && isHeld(target.name)) held.notes.newRows = isNew;
    },

    async hold(session, target) {
      if (!isHeld(target)) await session.all(lockSql('?'), [`syncline ${quoteTable(nameOf(target))}`]);
    },
    hasLedger(session) {
      const read = () => hasTable(session, ledger);
      return held ? held.notes.of('ledger', read) : read();
    },
    hasTable: (session, target) => hasTable(session, nameOf(target)),
    async findTable(session, target) {
      const name = nameOf(target);
      checkTarget(target, schemas);
      const found = await noted(target, 'columns', () => findTable(session, name));
      if (!found && !(await hasSchema(session, name.schema))) throw noSchema(name.schema);
      return found;
    },
    refuseFoldedKey: (session, target) =>
      noted(target.name, `key ${target.mode} ${namesAt(target, target.primary_key).map(quote)}`, () =>
        refuseFoldedKey(session, nameOf(target.name), target),
      ),
    indexedColumns: (session, target) =>
      noted(target, 'indexes', () => indexedColumns(session, nameOf(target))),
    widen: (session, target, change) => widen(session, nameOf(target), change),
    async createIndex(session, target, columns) {
      const table = quoteTable(nameOf(target));
      await session.run(`CREATE INDEX ON ${table} (${columns.map(quote).join(', ')})`);
    },
    declaredKey: (session, target) => declaredKey(session, nameOf(target)),
    rowsMove: true,
    // It changes with the row, and with `VACUUM FULL`.
    rowPlace: async () => ({ name: 'ctid', declared: 'tid' }),
    hasTriggers: hasOwnTriggers,

    constraintOf,
  };
}

/** One array for each column: the text of a statement is the same for any number of rows. */
function tuples(rows: readonly (readonly unknown[])[], declared: readonly string[]) {
  const arrays = declared.map((type) => `?::${baseOf(type)}[]`);
  const names = declared.map((_, place) => `column${place + 1}`);
  return {
    sql: `SELECT * FROM unnest(${arrays.join(', ')}) AS u(${names.join(', ')})`,
    parameters: declared.map((type, place) =>
      toArray(
        rows.map((row) => row[place]),
        type,
      ),
    ),
  };
}

function noSchema(schema: string): SyncError {
  return new SyncError('schema/target', `there is no schema ${quote(schema)} in the database`, {
    hint: `Create it (CREATE SCHEMA ${quote(schema)}), or name another in \`to\`.`,
  });
}
