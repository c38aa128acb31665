/** An API of pages on a real socket, which can be told to go wrong in every way APIs do, and remembers who asked. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import { listen } from './listen.ts';

export interface ChaosOptions {
  /** Default: 5 pages of 10 rows. */
  readonly pages?: number;
  readonly size?: number;
  /** The clock that requests are noted by. */
  readonly now?: () => number;
  /** Speaks https. */
  readonly tls?: ServerOptions;
}

/** A request as it came. */
interface Seen {
  readonly at: number;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface ChaosRow {
  readonly id: number;
}

/** One request that goes wrong. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What the page would have been. */
  readonly page: Page;
  /** The cursor this page was asked with, and the one before it; the first page has none. */
  readonly cursor?: string;
  readonly before?: string;
  /** All rows there are; may be changed. */
  readonly rows: ChaosRow[];
}

export interface Page {
  readonly items: readonly ChaosRow[] | null;
  /** The cursor of the next page. */
  readonly next: string | null;
}

export type Mishap = (exchange: Exchange) => void;

export interface Chaos {
  readonly url: string;
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** The model: what a client must have in the end. */
  readonly rows: readonly ChaosRow[];
  readonly requests: readonly Seen[];
  /**
   * The next requests for a page (from 1), or for a path, go wrong that way: the first so often, then the next one.
   * `/items` has pages by `?cursor=`, `/list` by `?page=`, which rows may move between.
   */
  disturb(where: number | string, mishap: Mishap, times?: number): void;
}

/** Starts a server that stops when the test ends. */
export async function startChaos(options: ChaosOptions = {}): Promise<Chaos> {
  const { pages = 5, size = 10, now = Date.now, tls } = options;
  const rows = Array.from({ length: pages * size }, (_, index) => ({ id: index + 1 }));
  const requests: Seen[] = [];
  const mishaps = new Map<string, Mishap[]>();
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const at = now();
    response.setHeader('date', new Date(at).toUTCString());
    const { method = '', url = '', headers } = request;
    requests.push({ at, method, url, headers, body: await text(request) });
    const { pathname, searchParams } = new URL(url, 'http://any');
    const cursor = searchParams.get('cursor') ?? undefined;
    const number = pathname === '/list' ? Number(searchParams.get('page') ?? 1) : numberOf(cursor);
    const mishap = mishaps.get(pathname)?.shift() ?? mishaps.get(String(number))?.shift() ?? fine;
    const before = number > 2 ? cursorOf(number - 1) : undefined;
    mishap({ request, response, page: pageOf(rows, number, size), cursor, before, rows });
  };
  // A connection that a mishap cut has nobody left to tell of it.
  const listener = (request: IncomingMessage, response: ServerResponse) =>
    void handle(request, response).catch(() => response.destroy());
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  const host = await listen(server);
  return {
    url: `http${tls === undefined ? '' : 's'}://${host}`,
    host,
    rows,
    requests,
    disturb(where, mishap, times = 1) {
      const waiting = mishaps.get(String(where)) ?? [];
      mishaps.set(String(where), [...waiting, ...Array.from({ length: times }, () => mishap)]);
    },
  };
}

function pageOf(rows: readonly ChaosRow[], number: number, size: number): Page {
  const end = number * size;
  return { items: rows.slice(end - size, end), next: end < rows.length ? cursorOf(number + 1) : null };
}

function cursorOf(number: number): string {
  return `c${number}`;
}

function numberOf(cursor: string | undefined): number {
  return cursor === undefined ? 1 : Number(cursor.slice(1));
}

function json(response: ServerResponse, page: Page): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page));
}

const fine: Mishap = ({ response, page }) => json(response, page);
