import type { JournaledChanges, JournaledRun, RowHistory, UndoneBatch } from '../model/changes.ts';
import type { LedgerKey } from '../model/checkpoint.ts';
import type { ErrorCode } from '../model/codes.ts';
import { type RefusedRow, RowsRefused, SyncError } from '../model/errors.ts';
import type { Cell, Column, Target } from '../model/types.ts';
import type { Committed } from '../plugin/contract.ts';
import type { JournalLimit, Planned, SavedBatch } from '../plugin/history-contract.ts';
import type { AbsenceCalls, StoredRead } from './absence-calls.ts';
import type { CommitId, ListedEntry, StoredBatch, StoredEntry, StoredState } from './checkpoints.ts';
import type { CountedSlice } from './counting.ts';
import type { SqlValue, Statement } from './libsql.ts';
import type { ConnectionOptions } from './libsql-connection.ts';
import type { Page, PageQuery } from './libsql-pages.ts';
import type { PlannedRows } from './plan.ts';
import type { UndoStep } from './undo.ts';

/** What any database's thread can be asked. Connections and page reads are known by a number the asker chose. */
export interface ConnectionCalls {
  connect(connection: number, options: ConnectionOptions): void;
  /** Opens the file now, making it where there is none. */
  touch(connection: number): void;
  all(connection: number, sql: string, parameters: readonly SqlValue[]): SqlValue[][];
  write(connection: number, statements: readonly Statement[]): number;
  disconnect(connection: number): void;
  openPages(pages: number, options: ConnectionOptions, query: PageQuery): void;
  nextPage(pages: number): Page | undefined;
  closePages(pages: number): void;
}

/** All that it can be asked where its tables are targets. */
export interface ThreadCalls extends ConnectionCalls {
  discover(connection: number, target: string): readonly Column[] | undefined;
  countSlice(
    connection: number,
    target: string,
    mark: string | undefined,
    after: SqlValue | undefined,
  ): CountedSlice | undefined;
  commit(connection: number, batch: StoredBatch): Committed;
  findCommit(connection: number, commit: CommitId): Committed | undefined;
  readState(connection: number, key: LedgerKey): StoredState;
  putEntry(connection: number, key: LedgerKey, entry: StoredEntry | undefined): void;
  listEntries(connection: number): readonly ListedEntry[];
  forgetStaged(connection: number, read: StoredRead, whose: 'own' | 'all', from?: string): string | undefined;
  surveyStaged(connection: number, read: StoredRead): Awaited<ReturnType<AbsenceCalls['survey']>>;
  countAbsent(
    connection: number,
    read: StoredRead,
    after?: readonly Cell[],
  ): Awaited<ReturnType<AbsenceCalls['count']>>;
  removeAbsent(
    connection: number,
    read: StoredRead,
    after?: readonly Cell[],
  ): Awaited<ReturnType<AbsenceCalls['remove']>>;
  replaceRows(connection: number, read: StoredRead): Committed;
  prune(connection: number, target: string, column: string, before: string): void;
  journalRuns(connection: number): readonly JournaledRun[];
  journalBatch(
    connection: number,
    run: string,
    after: number,
  ): { readonly id: number; readonly batch: JournaledChanges } | undefined;
  rowHistory(connection: number, target: string, key: readonly (readonly [string, string])[]): RowHistory;
  undoBatch(connection: number, step: UndoStep): UndoneBatch | undefined;
  pruneJournal(connection: number, limit: JournalLimit): void;
  openScratch(scratch: number, options: Pick<ConnectionOptions, 'path' | 'patience'>): void;
  planBatch(scratch: number, batch: PlannedRows, save: boolean): Planned;
  planForget(scratch: number, read: StoredRead, whose: 'own' | 'all', from?: string): string | undefined;
  planSurvey(scratch: number, read: StoredRead): Awaited<ReturnType<AbsenceCalls['survey']>>;
  planCount(
    scratch: number,
    read: StoredRead,
    after?: readonly Cell[],
  ): Awaited<ReturnType<AbsenceCalls['count']>>;
  planRemove(
    scratch: number,
    read: StoredRead,
    after: readonly Cell[] | undefined,
    save: boolean,
  ): Awaited<ReturnType<AbsenceCalls['remove']>>;
  planReplace(scratch: number, read: StoredRead): Awaited<ReturnType<AbsenceCalls['replace']>>;
  rehearseSteps(scratch: number, target: Target, steps: string): void;
  commitPlanned(connection: number, batch: StoredBatch, saved: SavedBatch): Committed;
  rehearseUndo(
    scratch: number,
    run: string,
    before: number,
  ): { readonly id: number; readonly undone: UndoneBatch } | undefined;
  closeScratch(scratch: number): void;
}

/** These calls, as the thread itself does them. */
export type Working<Calls> = {
  readonly [Name in keyof Calls]: Calls[Name] extends (...parameters: infer Parameters) => infer Result
    ? (...parameters: Parameters) => Result | Promise<Result>
    : never;
};

export interface Call {
  readonly id: number;
  readonly name: keyof ThreadCalls;
  readonly parameters: readonly unknown[];
}

export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: Failure };

/** An error as plain data: between threads an error object would lose its class and code. */
export interface Failure {
  readonly message: string;
  readonly stack?: string;
  readonly sync?: {
    readonly code: ErrorCode;
    readonly hint?: string;
    readonly rows?: readonly RefusedRow[];
    readonly cause?: Failure;
  };
}

export function toFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, stack } = error;
  if (!(error instanceof SyncError)) return { message, stack };
  const { code, hint, cause } = error;
  const rows = error instanceof RowsRefused ? error.rows : undefined;
  return { message, sync: { code, hint, rows, cause: cause === undefined ? undefined : toFailure(cause) } };
}

export function fromFailure({ message, stack, sync }: Failure): Error {
  if (!sync) return Object.assign(new Error(message), { stack });
  const { code, hint, rows, cause } = sync;
  const options = { hint, ...(cause && { cause: fromFailure(cause) }) };
  return rows ? new RowsRefused(message, rows, options) : new SyncError(code, message, options);
}
