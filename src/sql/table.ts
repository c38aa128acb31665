import { SyncError } from '../model/errors.ts';
import { mergesByKey } from '../model/modes.ts';
import type { Column, ColumnType, Target } from '../model/types.ts';
import type { Dialect, TableColumn } from './dialect.ts';
import { ensureIndexes } from './indexes.ts';
import {
  forgetTarget,
  hasLedger,
  type LedgerColumn,
  type LedgerColumns,
  readColumns,
  rememberColumns,
} from './ledger.ts';
import type { Session } from './session.ts';
import { mayWiden, widenColumns, wideningsOf } from './widen.ts';

/** The columns a target has, with their types; undefined when there is no such table. */
export async function discover(session: Session, name: string): Promise<readonly Column[] | undefined> {
  const { dialect } = session;
  const table = await dialect.findTable(session, name);
  if (!table) return undefined;
  const ledger: LedgerColumns = (await hasLedger(session)) ? await readColumns(session, name) : new Map();
  return [...table.values()].flatMap((column) => {
    const type = typeNow(dialect, column, ledger);
    return type === 'stamp' ? [] : [{ name: column.name, type }];
  });
}

/** Removes the rows whose timestamp in this column is before that time, where there is such a table. */
export async function prune(session: Session, name: string, column: string, before: string): Promise<void> {
  const { dialect } = session;
  if ((await dialect.findTable(session, name)) === undefined) return;
  await session.run(`DELETE FROM ${dialect.table(name)} WHERE ${dialect.quote(column)} < ?`, [before]);
}

/** The columns of a table that a row is made of, by name: those the database works out are not among them. */
export async function storedColumns(session: Session, name: string): Promise<string[]> {
  const columns = (await session.dialect.findTable(session, name)) ?? new Map<string, TableColumn>();
  return [...columns.values()]
    .filter(({ generated, counted }) => !generated || counted)
    .map(({ name }) => name);
}

/** What `prepareTable` found and did. */
export interface Prepared {
  readonly schema_changes: readonly string[];
  /** The names of the columns whose writes are remembered. */
  readonly tracked: ReadonlySet<string>;
  /** How each column is declared. */
  readonly declared: ReadonlyMap<string, string>;
}

/** Makes the table able to hold the target's columns; refuses a table that would change or lose their values. */
export async function prepareTable(session: Session, target: Target): Promise<Prepared> {
  const { dialect } = session;
  const wanted = wantedColumns(target);
  const before = await dialect.findTable(session, target.name);
  if (!before) await forgetTarget(session, target.name);
  const ledger = await readColumns(session, target.name);
  const missing = wanted.filter((column) => !before?.has(column.name));
  refuseTooMany(dialect, target, (before?.size ?? 0) + missing.length);
  const others = new Set(before?.keys());
  for (const { name } of wanted) others.delete(name);
  refuseSameName(dialect, target, [...wanted.map(({ name }) => name), ...others]);
  const typeOf = (column: TableColumn) => typeNow(dialect, column, ledger);
  const widenings = before ? wideningsOf(dialect, target, wanted, before, ledger, typeOf) : [];
  const widening = new Set(widenings.map(({ column }) => column.name));
  for (const column of wanted)
    if (!widening.has(column.name)) refuseUnfit(dialect, target, column, before?.get(column.name), typeOf);
  if (before) await dialect.refuseFoldedKey(session, target);

  const news = wanted
    .map((column) => ({ ...column, tracked: column.tracked || ledger.get(column.name)?.tracked === true }))
    .filter((column) => !isKnown(dialect, column, before?.get(column.name), ledger));
  const { table, changes } = before
    ? await widenColumns(session, target, before, ledger, widenings)
    : { table: undefined, changes: [] };
  const schema_changes = before
    ? [...changes, ...(await addColumns(session, target, missing)), ...(await ensureIndexes(session, target))]
    : await createTable(session, target, wanted);
  await rememberColumns(session, target.name, news);
  const tracked = [...ledger.values(), ...news].filter((column) => column.tracked);
  return {
    schema_changes,
    tracked: new Set(tracked.map(({ name }) => name)),
    declared: new Map(
      wanted.map(({ name, type }) => [
        name,
        table?.get(name)?.declared ?? dialect.declaredTypes[storedAs(type)],
      ]),
    ),
  };
}

/** The target's columns and its stamps, as the ledger is to know them. */
function wantedColumns(target: Target): LedgerColumn[] {
  const { run_id, synced_at } = target.stamps;
  const stamps = [run_id, synced_at].filter((name) => name !== undefined);
  const columns = target.columns.map(({ name, type, tracked }) => ({ name, type, tracked }));
  const { deleted_at } = target;
  return [
    ...columns.filter((_, place) => place !== deleted_at),
    ...columns.filter((_, place) => place === deleted_at),
    ...stamps.map((name) => ({ name, type: 'stamp' as const, tracked: false })),
  ];
}

/** The type a column has: the ledger's, as long as the table still holds it. */
function typeNow(dialect: Dialect, column: TableColumn, ledger: LedgerColumns): ColumnType | 'stamp' {
  const remembered = ledger.get(column.name)?.type;
  return remembered && dialect.holds(column, storedAs(remembered)) ? remembered : dialect.typeOf(column);
}

function storedAs(type: LedgerColumn['type']): ColumnType {
  return type === 'stamp' ? 'string' : type;
}

/** True when the ledger need not be told of a column: it says the same, or the table itself does. */
function isKnown(
  dialect: Dialect,
  column: LedgerColumn,
  existing: TableColumn | undefined,
  ledger: LedgerColumns,
): boolean {
  if (!existing || typeNow(dialect, existing, ledger) !== column.type) return false;
  return column.tracked === (ledger.get(column.name)?.tracked === true);
}

async function createTable(
  session: Session,
  target: Target,
  columns: readonly LedgerColumn[],
): Promise<string[]> {
  const { quote, declaredTypes, table } = session.dialect;
  const definitions = columns.map(({ name, type }) => `${quote(name)} ${declaredTypes[storedAs(type)]}`);
  const key = mergesByKey(target) ? keyColumns(target).map(quote) : [];
  if (key.length > 0) definitions.push(`PRIMARY KEY (${key.join(', ')})`);
  await session.run(`CREATE TABLE ${table(target.name)} (${definitions.join(', ')})`);
  return ['table created'];
}

/** The key's columns, those that tell the parent first, so that the rows of a parent are found by the same index. */
function keyColumns({ columns, primary_key, within = [] }: Target): string[] {
  const places = [...within, ...primary_key.filter((place) => !within.includes(place))];
  return places.flatMap((place) => columns[place]?.name ?? []);
}

async function addColumns(
  session: Session,
  target: Target,
  columns: readonly LedgerColumn[],
): Promise<string[]> {
  const { quote, declaredTypes, table } = session.dialect;
  const changes: string[] = [];
  for (const { name, type } of columns) {
    const stored = storedAs(type);
    await session.run(`ALTER TABLE ${table(target.name)} ADD COLUMN ${quote(name)} ${declaredTypes[stored]}`);
    changes.push(`column ${quote(name)} added (${stored})`);
  }
  return changes;
}

function refuseTooMany({ name, table, mostColumns }: Dialect, target: Target, count: number): void {
  if (count <= mostColumns) return;
  throw new SyncError(
    'schema/limit',
    `the table ${table(target.name)} would have ${count} columns; ${name} allows ${mostColumns}`,
    {
      hint: 'Name the fields that are needed with `map`, or keep the rest of the record in one json column.',
    },
  );
}

function refuseSameName(
  { name: database, table, quote, folded }: Dialect,
  target: Target,
  names: readonly string[],
): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(folded(name));
    if (other !== undefined) {
      throw new SyncError(
        'schema/case',
        `the table ${table(target.name)} cannot have both ${quote(other)} and ${quote(name)}`,
        {
          hint: `${database} takes the two for one column. Rename one of them with \`map\`, or a stamp with \`columns\`.`,
        },
      );
    }
    seen.set(folded(name), name);
  }
}

function refuseUnfit(
  { quote, table, holds, declaredTypes }: Dialect,
  target: Target,
  { name, type }: LedgerColumn,
  existing: TableColumn | undefined,
  typeOf: (column: TableColumn) => LedgerColumn['type'],
): void {
  if (!existing) return;
  const where = `the column ${quote(name)} of the table ${table(target.name)}`;
  if (existing.generated) {
    throw new SyncError('schema/target', `${where} is generated by the database and cannot be written`, {
      hint: 'Leave it out with `map`.',
    });
  }
  const stored = storedAs(type);
  if (holds(existing, stored)) return;
  const from = typeOf(existing);
  const wider = from !== 'stamp' && type !== 'stamp' && mayWiden(target, name, { from, to: type });
  throw new SyncError(
    'schema/type',
    `${where} is declared ${existing.declared}, which would ${existing.strict ? 'refuse' : 'change'} values of type ${stored}`,
    {
      hint: `${wider ? 'To make it wider, keeping what it holds, run once with --accept-schema. Else declare' : 'Declare'} it ${declaredTypes[stored]}, or map the field to another column or type.`,
    },
  );
}
