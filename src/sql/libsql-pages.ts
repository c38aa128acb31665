import type { SqlValue } from './libsql.ts';
import { Connection, type ConnectionOptions } from './libsql-connection.ts';
import { fromDriver } from './libsql-values.ts';
import type { Session } from './session.ts';

/** Rows read together. */
export interface Page {
  readonly columns: string[];
  readonly rows: SqlValue[][];
  /** About how much memory the rows take. */
  readonly bytes: number;
}

export interface PageSize {
  readonly rows: number;
  readonly bytes: number;
}

export interface PageQuery {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
  readonly size: PageSize;
}

/** The result of one query as it was when the query began, on a connection of its own, so that commits go on. */
export interface OpenPages {
  /** The next page. The first one comes even without rows, for the names of its columns; undefined after the last. */
  next(): Page | undefined;
  close(): void;
}

export async function openPages(options: ConnectionOptions, query: PageQuery): Promise<OpenPages> {
  const connection = new Connection({ ...options, readonly: true });
  const { columns, rows } = await connection.read(async (session) => {
    const [sql, parameters] = await spooled(session, query);
    return connection.iterate(sql, parameters);
  });
  const pages = paginate(columns, rows, query.size);
  return {
    next: () => connection.reporting(() => pages.next().value ?? undefined),
    close: () => connection.close(),
  };
}

/**
 * Outside of WAL mode an open read keeps every other program from writing, and ourselves when we write to the same
 * file. The result is then copied to a temporary table first, which SQLite keeps on disk.
 */
async function spooled(
  session: Session,
  { sql, parameters }: PageQuery,
): Promise<[sql: string, parameters: readonly SqlValue[]]> {
  if ((await session.all('PRAGMA journal_mode'))[0]?.[0] === 'wal') return [sql, parameters];
  await session.run('PRAGMA query_only = OFF');
  await session.run(`CREATE TEMP TABLE _syncline_pages AS ${sql}`, parameters);
  await session.run('PRAGMA query_only = ON');
  return ['SELECT * FROM temp._syncline_pages', []];
}

function* paginate(columns: string[], rows: Iterable<unknown[]>, size: PageSize): Generator<Page, undefined> {
  let page: SqlValue[][] = [];
  let bytes = 0;
  let pages = 0;
  for (const raw of rows) {
    const row = raw.map(fromDriver);
    const more = bytesOf(row);
    if (page.length >= size.rows || (page.length > 0 && bytes + more > size.bytes)) {
      yield { columns, rows: page, bytes };
      pages++;
      page = [];
      bytes = 0;
    }
    page.push(row);
    bytes += more;
  }
  if (page.length > 0 || pages === 0) yield { columns, rows: page, bytes };
  return undefined;
}

function bytesOf(row: readonly SqlValue[]): number {
  let bytes = 0;
  for (const value of row)
    bytes += typeof value === 'string' || value instanceof Uint8Array ? value.length : 8;
  return bytes;
}
