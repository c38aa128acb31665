import type { RefusedRow } from '../model/errors.ts';
import type { Cell, ColumnType, Row, Target, TargetColumn } from '../model/types.ts';
import type { SqlValue } from './libsql.ts';
import type { Session } from './session.ts';

/** How a column is declared. */
export interface Declaration {
  readonly declared: string;
  /** It refuses what others would change. */
  readonly strict: boolean;
  /** It takes certain texts only. */
  readonly isEnum?: boolean;
}

export interface TableColumn extends Declaration {
  readonly name: string;
  /** Its value cannot be written, or only by force. */
  readonly generated: boolean;
  /** The database counts its values, and takes others by force. */
  readonly counted?: boolean;
}

export type TableColumns = ReadonlyMap<string, TableColumn>;

/** A column that is to take a wider type. */
export interface Widening {
  readonly column: TableColumn;
  readonly from: ColumnType;
  readonly to: ColumnType;
}

/** A target whose table is ready to take its rows: every column is known as it is declared there. */
export interface ReadyTarget extends Target {
  readonly columns: readonly (TargetColumn & { readonly declared: string })[];
}

/** Rows of parameters as a table: a SELECT or VALUES whose columns are `column1`, `column2`, …. */
interface Tuples {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** What is filled into a column of every row that is written; the name is quoted. */
export interface Stamp {
  readonly name: string;
  readonly value: string;
}

/** The tables of a ledger. */
export type LedgerTable = 'ledger' | 'columns' | 'written' | 'checkpoints' | 'journal' | 'staged';

/** What tells a row from others by where it lies, for as long as it stays there. */
export interface RowPlace {
  readonly name: string;
  readonly declared: string;
}

/** What differs between the databases whose tables are targets. All else is the same, and written once. */
export interface Dialect {
  /** As people call it. */
  readonly name: string;
  readonly mostColumns: number;
  /** How the columns Syncline creates are declared. */
  readonly declaredTypes: { readonly [type in ColumnType]: string };
  /** Joins a table by an index to the few rows before it. */
  readonly join: string;
  /** Whether a DELETE can be joined to rows of parameters. */
  readonly deleteJoins: boolean;
  /** What a SELECT of rows that are to be changed ends in, for the table `t`. */
  readonly locking: string;

  /** A name as SQL: always quoted, quotes doubled. Throws `schema/name` for one that would be cut or changed. */
  quote(name: string): string;
  /** The same text for names that are taken for one. */
  folded(name: string): string;
  /** The table of a target, as SQL. */
  table(target: string): string;
  /** By which the ledger remembers the table of a target, however the target spells it. */
  nameOf(target: string): string;
  ledger(table: LedgerTable): string;
  /** The statements that make the n-th version of the ledger out of the one before. */
  readonly migrations: readonly (readonly string[])[];
  /** Throws `schema/name` for a name that is not for targets. */
  checkTarget(target: string): void;

  /** Whether a column declared so gives back every value of the type as it was written, or refuses it. */
  holds(declaration: Declaration, type: ColumnType): boolean;
  /** The widest type a column holds that Syncline did not declare itself. */
  typeOf(declaration: Declaration): ColumnType;
  /** A column as an expression that can be read whatever it holds. */
  readable(column: string): string;
  /** A column as SQL text that gives its value back exactly, whatever it is. */
  literal(column: string): string;
  /** What an INSERT says that writes columns the database counts by itself. */
  readonly overriding: string;
  /** A stored value as a cell of its column. What a person put there and does not fit the type is carried as it is. */
  toCell(type: ColumnType, value: SqlValue): Cell;
  /** A column or a value as rows are put in order by: bytewise, or as their index has them. */
  ordered(value: string): string;
  /** True for the very same value only. */
  exactly(column: string, value: string): string;
  /** Cuts items of so many values each into what one statement takes. */
  inChunks<Item>(items: readonly Item[], width: number, fixed?: number): Iterable<readonly Item[]>;
  /** `declared` tells the columns as they are declared. */
  tuples(rows: readonly (readonly unknown[])[], declared: readonly string[]): Tuples;

  /**
   * Inserts rows by a way that the database has for many, and returns how many were written; undefined where there are
   * few, or the table is not for it.
   */
  insertMany?(
    session: Session,
    target: ReadyTarget,
    rows: readonly Row[],
    stamps: readonly Stamp[],
  ): Promise<number | undefined>;

  /**
   * Whether so many rows may be written without a lookup, as if none of their keys were there: most likely none is, and
   * where one is after all the table itself refuses it, and the transaction is done anew with a lookup.
   */
  expectsNew?(session: Session, target: ReadyTarget, rows: number): Promise<boolean>;
  /** Told of every lookup whether it found nothing. */
  learnNew?(target: Target, isNew: boolean): void;

  /** Keeps others from writing the target and what the ledger has of it, until the transaction ends. */
  hold(session: Session, target: string): Promise<void>;
  hasLedger(session: Session): Promise<boolean>;
  hasTable(session: Session, target: string): Promise<boolean>;
  /** Undefined where there is no such table. Throws when it cannot be a target. */
  findTable(session: Session, target: string): Promise<TableColumns | undefined>;
  /** Throws when the table takes two keys for one. */
  refuseFoldedKey(session: Session, target: Target): Promise<void>;
  /** The columns that each index of the table finds by their exact value, in order. */
  indexedColumns(session: Session, target: string): Promise<(string | undefined)[][]>;
  /** Gives a column a wider type, with all it holds. Returns how it is declared then; throws where that would lose something. */
  widen(session: Session, target: string, change: Widening): Promise<string>;
  createIndex(session: Session, target: string, columns: readonly string[]): Promise<void>;
  /** The columns of the key that the table itself declares, in order. */
  declaredKey(session: Session, target: string): Promise<readonly string[]>;
  /** Whether a row that is changed comes to lie elsewhere. */
  readonly rowsMove: boolean;
  /** Undefined for a table whose rows have no place but their key. */
  rowPlace(session: Session, target: string): Promise<RowPlace | undefined>;
  /** Whether something of the table's own may store other values than are written. */
  hasTriggers(session: Session, target: string): Promise<boolean>;

  /** What a constraint of a table refused; undefined for other errors. `error` is as the session threw it. */
  constraintOf(error: unknown): Omit<RefusedRow, 'row'> | undefined;
}
