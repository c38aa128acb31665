import type { Client } from 'pg';
import type { PageSize } from './libsql-pages.ts';
import { asText } from './postgres-session.ts';

/** Rows as the server sent them, and how many bytes. */
export interface TextPage {
  readonly rows: (string | null)[][];
  readonly bytes: number;
}

/** The first time so few rows are asked for: how long they are, nobody knows yet. */
const firstPortion = 16;

/**
 * The rows of a query, through a cursor on the server: never more of them in memory than about two pages. No page
 * holds more rows than `size.rows`, nor more than about `size.bytes` unless it is a single row.
 */
export async function* readPages(
  client: Client,
  sql: string,
  parameters: readonly (string | null)[],
  size: PageSize,
): AsyncGenerator<TextPage> {
  const { default: Cursor } = await import('pg-cursor');
  const cursor = client.query(
    new Cursor<(string | null)[]>(sql, [...parameters], { rowMode: 'array', types: asText }),
  );
  let rows: (string | null)[][] = [];
  let bytes = 0;
  let portion = firstPortion;
  try {
    for (;;) {
      const read = await cursor.read(Math.min(portion, size.rows));
      if (read.length === 0) break;
      let longest = 1;
      for (const row of read) {
        const more = bytesOf(row);
        if (rows.length >= size.rows || (rows.length > 0 && bytes + more > size.bytes)) {
          yield { rows, bytes };
          rows = [];
          bytes = 0;
        }
        rows.push(row);
        bytes += more;
        longest = Math.max(longest, more);
      }
      portion = Math.max(1, Math.min(portion * 4, Math.floor(size.bytes / longest)));
    }
    if (rows.length > 0) yield { rows, bytes };
  } finally {
    await cursor.close().catch(() => undefined);
  }
}

function bytesOf(row: readonly (string | null)[]): number {
  let bytes = 0;
  for (const value of row) bytes += value === null ? 8 : value.length + 8;
  return bytes;
}
