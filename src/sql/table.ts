import { SyncError } from '../model/errors.ts';
import type { Column, ColumnType, Target } from '../model/types.ts';
import { type Declaration, declaredTypes, holds, limits, quote, typeOf } from './dialect.ts';
import { ensureIndexes, refuseFoldedKey } from './indexes.ts';
import {
  forgetTarget,
  type LedgerColumn,
  type LedgerColumns,
  readColumns,
  rememberColumns,
} from './ledger.ts';
import type { Session } from './session.ts';

interface TableColumn extends Declaration {
  readonly name: string;
  readonly generated: boolean;
}

/** The columns a target has, with their types; undefined when there is no such table. */
export function discover(session: Session, name: string): readonly Column[] | undefined {
  const table = findTable(session, name);
  if (!table) return undefined;
  const ledger = readColumns(session, name);
  return [...table.values()].flatMap((column) => {
    const type = typeNow(column, ledger);
    return type === 'stamp' ? [] : [{ name: column.name, type }];
  });
}

/** What `prepareTable` found and did. */
interface Prepared {
  readonly schema_changes: readonly string[];
  /** The names of the columns whose writes are remembered. */
  readonly tracked: ReadonlySet<string>;
}

/** Makes the table able to hold the target's columns; refuses a table that would change or lose their values. */
export function prepareTable(session: Session, target: Target): Prepared {
  const wanted = wantedColumns(target);
  const table = findTable(session, target.name);
  if (!table) forgetTarget(session, target.name);
  const ledger = readColumns(session, target.name);
  const missing = wanted.filter((column) => !table?.has(column.name));
  refuseTooMany(target, (table?.size ?? 0) + missing.length);
  const others = new Set(table?.keys());
  for (const { name } of wanted) others.delete(name);
  refuseSameName(target, [...wanted.map(({ name }) => name), ...others]);
  for (const column of wanted) refuseUnfit(target, column, table?.get(column.name));
  if (table) refuseFoldedKey(session, target);

  const news = wanted
    .map((column) => ({ ...column, tracked: column.tracked || ledger.get(column.name)?.tracked === true }))
    .filter((column) => !isKnown(column, table?.get(column.name), ledger));
  const schemaChanges = table
    ? [...addColumns(session, target, missing), ...ensureIndexes(session, target)]
    : createTable(session, target, wanted);
  rememberColumns(session, target.name, news);
  const tracked = [...ledger.values(), ...news].filter((column) => column.tracked);
  return { schema_changes: schemaChanges, tracked: new Set(tracked.map(({ name }) => name)) };
}

/** Refuses a name that is not for targets. */
export function checkTargetName(name: string): void {
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

function findTable(session: Session, name: string): ReadonlyMap<string, TableColumn> | undefined {
  checkTargetName(name);
  const sql =
    "SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE";
  const [found] = session.all(sql, [name]);
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
  const columns = session.all(
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

/** The target's columns and its stamps, as the ledger is to know them. */
function wantedColumns(target: Target): LedgerColumn[] {
  const { run_id, synced_at } = target.stamps;
  const stamps = [run_id, synced_at].filter((name) => name !== undefined);
  return [
    ...target.columns.map(({ name, type, tracked }) => ({ name, type, tracked })),
    ...stamps.map((name) => ({ name, type: 'stamp' as const, tracked: false })),
  ];
}

/** The type a column has: the ledger's, as long as the table still holds it. */
function typeNow(column: TableColumn, ledger: LedgerColumns): ColumnType | 'stamp' {
  const remembered = ledger.get(column.name)?.type;
  return remembered && holds(column, storedAs(remembered)) ? remembered : typeOf(column);
}

function storedAs(type: LedgerColumn['type']): ColumnType {
  return type === 'stamp' ? 'string' : type;
}

/** True when the ledger need not be told of a column: it says the same, or the table itself does. */
function isKnown(column: LedgerColumn, existing: TableColumn | undefined, ledger: LedgerColumns): boolean {
  if (!existing || typeNow(existing, ledger) !== column.type) return false;
  return column.tracked === (ledger.get(column.name)?.tracked === true);
}

function createTable(session: Session, target: Target, columns: readonly LedgerColumn[]): string[] {
  const definitions = columns.map(({ name, type }) => `${quote(name)} ${declaredTypes[storedAs(type)]}`);
  const key = target.mode === 'upsert' ? keyColumns(target).map(quote) : [];
  if (key.length > 0) definitions.push(`PRIMARY KEY (${key.join(', ')})`);
  session.run(`CREATE TABLE ${quote(target.name)} (${definitions.join(', ')})`);
  return ['table created'];
}

/** The key's columns, those that tell the parent first, so that the rows of a parent are found by the same index. */
function keyColumns({ columns, primary_key, within = [] }: Target): string[] {
  const places = [...within, ...primary_key.filter((place) => !within.includes(place))];
  return places.flatMap((place) => columns[place]?.name ?? []);
}

function addColumns(session: Session, target: Target, columns: readonly LedgerColumn[]): string[] {
  return columns.map(({ name, type }) => {
    const stored = storedAs(type);
    session.run(`ALTER TABLE ${quote(target.name)} ADD COLUMN ${quote(name)} ${declaredTypes[stored]}`);
    return `column ${quote(name)} added (${stored})`;
  });
}

function refuseTooMany({ name }: Target, count: number): void {
  if (count <= limits.columns) return;
  throw new SyncError(
    'schema/limit',
    `the table ${quote(name)} would have ${count} columns; SQLite allows ${limits.columns}`,
    {
      hint: 'Name the fields that are needed with `map`, or keep the rest of the record in one json column.',
    },
  );
}

function refuseSameName(target: Target, names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    // SQLite folds the case of ASCII letters only.
    const folded = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    const other = seen.get(folded);
    if (other !== undefined) {
      throw new SyncError(
        'schema/case',
        `the table ${quote(target.name)} cannot have both ${quote(other)} and ${quote(name)}`,
        {
          hint: 'SQLite takes the two for one column. Rename one of them with `map`, or a stamp with `columns`.',
        },
      );
    }
    seen.set(folded, name);
  }
}

function refuseUnfit(target: Target, { name, type }: LedgerColumn, existing: TableColumn | undefined): void {
  if (!existing) return;
  const where = `the column ${quote(name)} of the table ${quote(target.name)}`;
  if (existing.generated) {
    throw new SyncError('schema/target', `${where} is generated by the database and cannot be written`, {
      hint: 'Leave it out with `map`.',
    });
  }
  const stored = storedAs(type);
  if (holds(existing, stored)) return;
  throw new SyncError(
    'schema/type',
    `${where} is declared ${existing.declared}, which would ${existing.strict ? 'refuse' : 'change'} values of type ${stored}`,
    {
      hint: `Declare it ${declaredTypes[stored]}, or map the field to another column or type.`,
    },
  );
}
