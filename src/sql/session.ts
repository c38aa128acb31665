import type { Dialect } from './dialect.ts';
import type { SqlValue } from './libsql.ts';

/** An open transaction, or a connection that only reads. Parameters may be cells, and stand where the SQL has a `?`. */
export interface Session {
  readonly dialect: Dialect;
  all(sql: string, parameters?: readonly unknown[]): Promise<SqlValue[][]>;
  /** Runs one statement and returns how many rows it changed. */
  run(sql: string, parameters?: readonly unknown[]): Promise<number>;
  /** Runs a COPY … FROM STDIN with this text, where the database has one, and returns how many rows it wrote. */
  copy?(sql: string, text: string): Promise<number>;
}

/** A database that ledgers and targets are kept in. */
export interface Transactions {
  /**
   * Does the work in one transaction, which is durable when this resolves; a lock met anywhere starts it anew. A COMMIT
   * that fails may have landed all the same: then `landed` tells what the work resulted in, or undefined when it did
   * not land. Throws `sql/outcome` when that cannot be read either.
   */
  transaction<Result>(
    work: (session: Session) => Promise<Result>,
    landed?: (session: Session) => Promise<Result | undefined>,
  ): Promise<Result>;
}
