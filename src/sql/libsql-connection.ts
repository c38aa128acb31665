import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Driver from 'libsql';
import { SyncError } from '../model/errors.ts';
import { insideDriver } from './ending.ts';
import type { SqlValue } from './libsql.ts';
import { libsqlDialect } from './libsql-dialect.ts';
import { isBusy, toSyncError } from './libsql-error.ts';
import { fromDriver, toParameter } from './libsql-values.ts';
import type { Session, Transactions } from './session.ts';

export interface ConnectionOptions {
  readonly path: string;
  /** Nothing can be written, and a missing file is an error. */
  readonly readonly: boolean;
  /** How long a lock held elsewhere is waited for, in milliseconds. */
  readonly patience: number;
  /** Another database that can be read through this one, as `beside`. Then this one is for the moment, and not durable. */
  readonly beside?: string;
}

type Statement = Driver.Statement<unknown[]>;

/** In milliseconds. The driver waits for a lock by blocking its thread: short, so that the thread can be ended. */
const busyTimeout = 250;
const pause = 25;
const cachedStatements = 200;

/** A COMMIT failed, for a reason other than a lock: it may have landed or not. */
class CommitFailed extends Error {}

function commit(driver: Driver.Database): void {
  try {
    driver.exec('COMMIT');
  } catch (cause) {
    throw isBusy(cause) ? cause : new CommitFailed('COMMIT failed', { cause });
  }
}

/**
 * One connection to a database file, opened when it is first needed. After any error it is thrown away: the driver
 * does not reset a statement that met a lock, and every later commit on that connection would fail.
 */
export class Connection implements Session, Transactions {
  readonly dialect = libsqlDialect;
  readonly #options: ConnectionOptions;
  readonly #statements = new Map<string, Statement>();
  #driver: Driver.Database | undefined;
  #rows: Iterator<unknown[]> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get exists(): boolean {
    return existsSync(this.#options.path);
  }

  /** Makes sure that the file is there, with its folder, and is a database. */
  touch(): Promise<void> {
    return this.#untilUnlocked(async () => {
      if (!this.#options.readonly) this.#makeFolder();
      this.open();
      await this.all('PRAGMA schema_version');
    });
  }

  /** Reads, waiting for a lock held elsewhere. */
  read<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    return this.#untilUnlocked(async () => {
      this.open();
      return work(this);
    });
  }

  async transaction<Result>(
    work: (session: Session) => Promise<Result>,
    landed: (session: Session) => Promise<Result | undefined> = async () => undefined,
  ): Promise<Result> {
    try {
      return await this.#untilUnlocked(async () => {
        this.#refuseReadonly();
        this.#makeFolder();
        const driver = this.open();
        // Only on files we create: it changes a file for good, and fails on network disks.
        const { beside } = this.#options;
        if (beside === undefined && (await this.all('PRAGMA page_count'))[0]?.[0] === 0)
          driver.exec('PRAGMA journal_mode = WAL');
        // To begin at once would lock the database beside it, too.
        driver.exec(beside === undefined ? 'BEGIN IMMEDIATE' : 'BEGIN');
        const result = await work(this);
        commit(driver);
        return result;
      });
    } catch (error) {
      if (!(error instanceof CommitFailed)) throw error;
      const failure = toSyncError(error.cause, this.#options.path);
      const result = await this.#lookUp(landed, failure);
      if (result === undefined) throw failure;
      return result;
    }
  }

  async all(sql: string, parameters: readonly unknown[] = []): Promise<SqlValue[][]> {
    const rows = this.#statement(sql).all(parameters.map(toParameter)) as unknown[][];
    // In place: on the hot path of a lookup, copies are what costs.
    for (const row of rows)
      for (let index = 0; index < row.length; index++) row[index] = fromDriver(row[index]);
    return rows as SqlValue[][];
  }

  async run(sql: string, parameters: readonly unknown[] = []): Promise<number> {
    const statement = this.#statement(sql);
    const values = parameters.map(toParameter);
    // A statement that returns rows is only reset once they are all read.
    return statement.reader ? statement.all(values).length : statement.run(values).changes;
  }

  /** Rows one by one, read when they are asked for. */
  iterate(sql: string, parameters: readonly SqlValue[]): { columns: string[]; rows: Iterable<unknown[]> } {
    const statement = this.#statement(sql);
    const columns = statement.columns().map((column) => column.name);
    const rows = statement.iterate(parameters.map(toParameter)) as IterableIterator<unknown[]>;
    this.#rows = rows;
    return { columns, rows };
  }

  open(): Driver.Database {
    if (this.#driver) return this.#driver;
    const { path, readonly, beside } = this.#options;
    if (readonly && !this.exists) {
      throw new SyncError('sql/open', `there is no file ${path}`, { hint: 'Correct the path.' });
    }
    const driver = new Driver(path, { timeout: busyTimeout });
    this.#driver = driver;
    driver.defaultSafeIntegers(true);
    // In WAL mode anything less than FULL can lose the last commits with the power.
    driver.exec('PRAGMA synchronous = FULL; PRAGMA cache_size = -16000');
    if (readonly) driver.exec('PRAGMA query_only = ON');
    if (beside !== undefined) {
      driver.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF');
      driver.prepare('ATTACH ? AS beside').run(beside);
    }
    return driver;
  }

  close(): void {
    const driver = this.#driver;
    if (!driver) return;
    this.#endRows(driver);
    this.#driver = undefined;
    this.#statements.clear();
    try {
      if (driver.inTransaction) driver.exec('ROLLBACK');
    } catch {
      // Closed, it is rolled back as well.
    }
    driver.close();
  }

  /** A closed driver still holds the file while rows are left to read; interrupted, there are none after the next. */
  #endRows(driver: Driver.Database): void {
    const rows = this.#rows;
    this.#rows = undefined;
    if (!rows) return;
    try {
      (driver as Driver.Database & { interrupt(): void }).interrupt();
      while (!rows.next().done);
    } catch {
      // That is the interruption.
    }
  }

  /** Runs what goes on outside `read` and `transaction`: its errors are made ours. */
  reporting<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      this.close();
      throw toSyncError(error, this.#options.path);
    }
  }

  async #lookUp<Result>(look: (session: Session) => Promise<Result>, failure: unknown): Promise<Result> {
    try {
      return await this.read(look);
    } catch {
      throw new SyncError(
        'sql/outcome',
        `the database ${this.#options.path} failed during a commit, and cannot tell whether it landed`,
        { hint: 'Make sure that the file can be read and written, then run again.', cause: failure },
      );
    }
  }

  async #untilUnlocked<Result>(attempt: () => Promise<Result>): Promise<Result> {
    const deadline = performance.now() + this.#options.patience;
    for (;;) {
      try {
        return await insideDriver(attempt);
      } catch (error) {
        this.close();
        if (!isBusy(error) || performance.now() > deadline) throw toSyncError(error, this.#options.path);
      }
      await setTimeout(pause);
    }
  }

  #makeFolder(): void {
    const folder = dirname(this.#options.path);
    try {
      mkdirSync(folder, { recursive: true });
    } catch (cause) {
      throw new SyncError('sql/open', `the folder ${folder} of the database cannot be made`, {
        hint: 'Correct the path, or make the folder yourself.',
        cause,
      });
    }
  }

  #refuseReadonly(): void {
    if (!this.#options.readonly) return;
    throw new SyncError('sql/readonly', `the database ${this.#options.path} was opened for reading only`);
  }

  #statement(sql: string): Statement {
    const cached = this.#statements.get(sql);
    if (cached) return cached;
    const statement: Statement = this.open().prepare(sql);
    if (statement.reader) statement.raw();
    if (this.#statements.size >= cachedStatements) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }
}
