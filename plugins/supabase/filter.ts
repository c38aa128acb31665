import { type Cell, keyOf } from 'syncline';
import type { Params } from 'syncline/http';

/** Servers and proxies refuse addresses of more than 4 to 8 KB; so much of one the conditions may take. */
const longest = 3_000;

/**
 * The rows that have one of these tuples in these columns, as parameters of requests, each short enough. They are the
 * parameters `and` and `or`: a column may have a name that is a parameter of its own, such as `limit`.
 */
export function filtersOf(columns: readonly string[], tuples: readonly (readonly Cell[])[]): Params[] {
  const distinct = [...new Map(tuples.map((tuple) => [keyOf(tuple), tuple])).values()];
  const [column = ''] = columns;
  const listed = columns.length === 1 && distinct.every(([cell]) => cell !== null);
  if (listed) {
    const values = distinct.map(([cell = null]) => quoted(String(cell)));
    return chunksOf(values).map((chunk) => ({ and: `(${nameOf(column)}.in.(${chunk.join(',')}))` }));
  }
  const conditions = distinct.map((tuple) => {
    const parts = columns.map((name, index) => `${nameOf(name)}.${equalTo(tuple[index] ?? null)}`);
    return parts.length === 1 ? parts.join() : `and(${parts.join(',')})`;
  });
  return chunksOf(conditions).map((chunk) => ({ or: `(${chunk.join(',')})` }));
}

/** The name of a column in a parameter: a point or comma in it would mean something. */
export function nameOf(column: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(column) ? column : quoted(column);
}

function equalTo(cell: Cell): string {
  return cell === null ? 'is.null' : `eq.${quoted(String(cell))}`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function chunksOf(conditions: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let room = 0;
  for (const condition of conditions) {
    const size = encodeURIComponent(condition).length + encodeURIComponent(',').length;
    if (size > room) {
      chunks.push([]);
      room = longest;
    }
    chunks.at(-1)?.push(condition);
    room -= size;
  }
  return chunks;
}
