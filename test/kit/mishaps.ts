/** The ways in which a page of the chaos server goes wrong. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { Mishap, Page } from './chaos-server.ts';

/** A mishap that any server may have: it asks for no page. */
type Blind = (exchange: { readonly request: IncomingMessage; readonly response: ServerResponse }) => void;

/** An answer with nothing of the page in it. */
export function answer(status: number, headers: { [name: string]: string } = {}, body = ''): Blind {
  return ({ response }) => response.writeHead(status, headers).end(body);
}

/** 429, with a `Retry-After` where one is said. */
export function limited(retryAfter?: string, headers: { [name: string]: string } = {}): Mishap {
  return answer(429, { ...headers, ...(retryAfter !== undefined && { 'retry-after': retryAfter }) });
}

/** 403 because a budget is used up until then, in seconds since 1970. */
export function forbiddenUntil(reset: number): Mishap {
  return answer(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) });
}

/** A good page, and no other for so many seconds. */
export function lastOfBudget(seconds: string): Mishap {
  return ({ response, page }) => {
    response.setHeader('ratelimit-remaining', '0').setHeader('ratelimit-reset', seconds);
    send(response, page);
  };
}

export const unavailable = answer(503);
export const unauthorized = answer(401, { 'content-type': 'application/json' }, '{"error":"token expired"}');
export const outagePage = answer(503, { 'content-type': 'text/html' }, '<html><h1>Back soon</h1></html>');
export const loginPage = answer(200, { 'content-type': 'text/html' }, '<!doctype html><form>Log in</form>');
export const emptyBody = answer(200, { 'content-type': 'application/json' });

export function redirect(status: number, location: string): Mishap {
  return answer(status, { location });
}

// What happens to the connection ------------------------------------------------------------------------------------

export const reset: Blind = ({ request }) => request.socket.resetAndDestroy();

/** Takes the request and never says a word. */
export const hang: Blind = () => undefined;

/** Sends spaces for ever, often enough to look alive. */
export const drip: Blind = ({ response }) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
};

/** Half a page, then silence. */
export const hangHalfway: Mishap = ({ response, page }) => {
  response.writeHead(200, { 'content-type': 'application/json' }).write(half(page));
};

/** Says more bytes than it sends. */
export const longLength: Mishap = ({ response, page }) => raw(response, length(page, 10), whole(page));

/** Says fewer bytes than it sends. */
export const shortLength: Mishap = ({ response, page }) => raw(response, length(page, -10), whole(page));

/** Ends between two chunks. */
export const cutChunks: Mishap = ({ response, page }) => {
  const chunk = half(page);
  raw(response, 'Transfer-Encoding: chunked', `${chunk.length.toString(16)}\r\n${chunk}\r\n`);
};

/** Ends where only the end of the connection ends a body: nothing but the JSON shows it. */
export const cutAtClose: Mishap = ({ response, page }) => raw(response, 'Connection: close', half(page));

/** The same, between the two bytes of a character. */
export const cutCharacter: Mishap = ({ response }) =>
  raw(response, 'Connection: close', Buffer.from('{"items":[{"name":"ö').subarray(0, -1));

/** Gzip without its last 8 bytes, which tell length and checksum. */
export const cutGzip: Mishap = ({ response, page }) =>
  packed(response, 'gzip', gzipSync(whole(page)).subarray(0, -8));

// Packed, and right ---------------------------------------------------------------------------------------------------

export const packers: { readonly [encoding: string]: Mishap } = {
  gzip: ({ response, page }) => packed(response, 'gzip', gzipSync(whole(page))),
  deflate: ({ response, page }) => packed(response, 'deflate', deflateSync(whole(page))),
  'deflate without header': ({ response, page }) => packed(response, 'deflate', deflateRawSync(whole(page))),
  br: ({ response, page }) => packed(response, 'br', brotliCompressSync(whole(page))),
  'gzip, br': ({ response, page }) => packed(response, 'gzip, br', brotliCompressSync(gzipSync(whole(page)))),
};

/** A hundred kilobytes that unpack to a hundred megabytes. */
export const bomb: Mishap = ({ response }) => packed(response, 'gzip', gzipSync(Buffer.alloc(100_000_000)));

// What is in the page -------------------------------------------------------------------------------------------------

/** The next page is this one again. */
export const repeatedCursor: Mishap = ({ response, page, cursor = 'c1' }) =>
  send(response, { ...page, next: cursor });

/** The next page is the one before. */
export const cursorBack: Mishap = ({ response, page, before = 'c1' }) =>
  send(response, { ...page, next: before });

export const nullItems: Mishap = ({ response, page }) => send(response, { ...page, items: null });

/** Somebody adds a row at the top after this page was made: all others move by one. */
export const movingRows: Mishap = ({ response, page, rows }) => {
  rows.unshift({ id: rows.length + 1 });
  send(response, page);
};

function send(response: ServerResponse, page: Page): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(whole(page));
}

function packed(response: ServerResponse, encoding: string, body: Uint8Array): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding }).end(body);
}

function raw(response: ServerResponse, header: string, body: string | Uint8Array): void {
  response.socket?.write(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${header}\r\n\r\n`);
  response.socket?.end(body);
}

function length(page: Page, more: number): string {
  return `Content-Length: ${whole(page).length + more}`;
}

function half(page: Page): string {
  return whole(page).slice(0, 40);
}

function whole(page: Page): string {
  return JSON.stringify(page);
}
