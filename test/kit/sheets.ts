/** A Google Sheets API with one spreadsheet in it, which remembers what it was asked and can be told to go wrong. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { ApiError, Book, type Grid, type SheetValue } from './sheets-book.ts';

export interface SheetsServer {
  readonly url: string;
  readonly id: string;
  readonly token: string;
  readonly requests: readonly { readonly method: string; readonly url: string; readonly body: string }[];
  /** The cells of a sheet, as their plain values; undefined where there is none. */
  cells(title: string): readonly (readonly SheetValue[])[] | undefined;
  /** Makes a sheet of plain values, `wide` columns wide. */
  fill(title: string, rows: readonly (readonly SheetValue[])[], wide?: number): void;
  /** Types into a cell (`B2`) as a person would. */
  type(title: string, cell: string, typed: string): void;
  /** The next request of this method gets this status, after it was done where `done` says so. */
  fail(method: string, status: number, done?: boolean): void;
  /** Nobody may see the spreadsheet any more. */
  unshare(): void;
}

interface Failure {
  readonly method: string;
  readonly status: number;
  readonly done: boolean;
}

const id = 'spread-sheet_1';
const token = 'good-token';

/** Starts one that stops when the test ends. */
export async function startSheets(): Promise<SheetsServer> {
  const book = new Book();
  const requests: { method: string; url: string; body: string }[] = [];
  const failures: Failure[] = [];
  let isShared = true;
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers } = request;
    const body = await text(request);
    requests.push({ method, url, body });
    const send = (status: number, answer: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    const refuse = ({ status, message, kind }: ApiError) =>
      send(status, { error: { code: status, message, status: kind } });
    const failure = failures.find((one) => one.method === method);
    if (failure) failures.splice(failures.indexOf(failure), 1);
    try {
      if (headers.authorization !== `Bearer ${token}`)
        throw new ApiError(401, 'Request had invalid authentication credentials.', 'UNAUTHENTICATED');
      const answer = failure && !failure.done ? {} : answerOf(book, method, url, body, isShared);
      if (failure) throw new ApiError(failure.status, 'The service is currently unavailable.', 'UNAVAILABLE');
      send(200, answer);
    } catch (error) {
      if (error instanceof ApiError) refuse(error);
      else throw error;
    }
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    id,
    token,
    requests,
    cells: (title) => {
      const grid = book.grids.find((one) => one.title === title);
      return grid && book.values(grid, 'UNFORMATTED_VALUE');
    },
    fill(title, rows, wide = 26) {
      const grid = book.add(title, wide);
      book.put(grid, 0, 0, rows, 'RAW');
    },
    type: (title, cell, typed) =>
      void book.write(`'${title.replaceAll("'", "''")}'!${cell}`, [[typed]], 'USER_ENTERED'),
    fail: (method, status, done = false) => void failures.push({ method, status, done }),
    unshare() {
      isShared = false;
    },
  };
}

function answerOf(book: Book, method: string, url: string, body: string, isShared: boolean): object {
  const { pathname, searchParams } = new URL(url, 'http://any');
  const [, asked, rest = ''] = /^\/v4\/spreadsheets\/([^/:]+)(.*)$/.exec(pathname) ?? [];
  if (asked !== id) throw new ApiError(404, 'Requested entity was not found.', 'NOT_FOUND');
  if (!isShared) throw new ApiError(403, 'The caller does not have permission', 'PERMISSION_DENIED');
  const [, range] = /^\/values\/(.+?)(:append)?$/.exec(rest) ?? [];
  const given = body === '' ? {} : JSON.parse(body);
  if (method === 'GET' && rest === '')
    return { spreadsheetId: id, properties: { title: 'Book' }, sheets: book.grids.map(described) };
  if (method === 'POST' && rest === ':batchUpdate')
    return { spreadsheetId: id, replies: book.change(given.requests) };
  if (range === undefined) throw new ApiError(404, 'Not Found', 'NOT_FOUND');
  const place = decodeURIComponent(range);
  if (method === 'PUT') return book.write(place, given.values, searchParams.get('valueInputOption'));
  const values = book.read(place, searchParams.get('valueRenderOption') ?? 'FORMATTED_VALUE');
  return { range: place, majorDimension: 'ROWS', ...(values.length === 0 ? {} : { values }) };
}

function described({ id: sheetId, title, wide, high }: Grid): object {
  return { properties: { sheetId, title, gridProperties: { rowCount: high, columnCount: wide } } };
}
