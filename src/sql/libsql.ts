import type { ConnectionOptions } from './libsql-connection.ts';
import type { Page, PageQuery, PageSize } from './libsql-pages.ts';
import { nextId, openThread, type Thread } from './thread.ts';

/** A value of a database. Integers are read as numbers where that is exact, else as bigint. */
export type SqlValue = null | string | number | bigint | Uint8Array;

/** One statement, executed once for each row of parameters; once when there are none. */
export interface Statement {
  readonly sql: string;
  readonly rows?: readonly (readonly SqlValue[])[];
}

/** A database file. Its driver runs in a thread of its own, shared by all who open the file in this process. */
export interface Database {
  /**
   * Runs all statements in one transaction, which is durable when this resolves; when it rejects, nothing was
   * written. A lock held elsewhere is waited for, at most 30 s, then it is a `sql/locked`. Returns how many rows were
   * changed.
   */
  write(statements: readonly Statement[]): Promise<number>;
  all(sql: string, parameters?: readonly SqlValue[]): Promise<SqlValue[][]>;
  /**
   * The rows of one query as they were when it began, page by page, at most one read ahead. No page holds
   * more rows than `size.rows`, nor more than about `size.bytes` unless it is a single row. The first one comes even
   * without rows, for its columns.
   */
  pages(sql: string, parameters: readonly SqlValue[], size: PageSize): AsyncIterable<Page>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** The absolute path of the file. A missing one is made, with its folder. */
  readonly path: string;
  /** Nothing can be written, and a missing file is an error. */
  readonly readonly?: boolean;
  /** How long a lock held elsewhere is waited for, in milliseconds. */
  readonly patience?: number;
}

export const defaultPatience = 30_000;

/** Opens a database file. Throws `sql/open`, or `sql/corrupt` when the file is something else. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { path, readonly = false, patience = defaultPatience } = options;
  const thread = openThread(path);
  const connection = nextId();
  const connectionOptions = { path, readonly, patience };
  const close = async (): Promise<void> => {
    await thread.call('disconnect', connection).finally(() => thread.release());
  };
  await thread.call('connect', connection, connectionOptions);
  try {
    await thread.call('touch', connection);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    write: (statements) => thread.call('write', connection, statements),
    all: (sql, parameters = []) => thread.call('all', connection, sql, parameters),
    pages: (sql, parameters, size) => readPages(thread, connectionOptions, { sql, parameters, size }),
    close,
  };
}

async function* readPages(
  thread: Thread,
  options: ConnectionOptions,
  query: PageQuery,
): AsyncGenerator<Page> {
  const pages = nextId();
  await thread.call('openPages', pages, options, query);
  let next = thread.call('nextPage', pages);
  try {
    for (let page = await next; page; page = await next) {
      // One page ahead: the thread reads while this one is worked on.
      next = thread.call('nextPage', pages);
      next.catch(() => undefined);
      yield page;
    }
  } finally {
    await thread.call('closePages', pages);
  }
}
