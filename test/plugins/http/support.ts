import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Batch, OpenSource, ReadRequest, SourceRecord } from 'syncline';
import { onTestFinished } from 'vitest';
import { source } from '../../../plugins/http/index.ts';
import { context } from '../../../src/testing/suite.ts';
import { fakeClock } from '../../http/support.ts';

/** A request as a server got it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: { readonly [name: string]: string };
  /** Text is sent as it is, all else as JSON. */
  readonly body?: unknown;
}

export interface Api {
  readonly url: string;
  readonly asked: readonly Asked[];
}

/** A server that answers as it is told, until the test ends. */
export async function startApi(answer: (asked: Asked, url: string) => Reply | Promise<Reply>): Promise<Api> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://any');
    const { method = '', headers } = request;
    const one = { method, path: pathname, query: searchParams, headers, body: await text(request) };
    asked.push(one);
    const { status = 200, headers: told = {}, body } = await answer(one, url);
    const type = typeof body === 'string' ? {} : { 'content-type': 'application/json' };
    const sent = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { ...type, ...told }).end(sent);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url, asked };
}

export interface Options {
  readonly [name: string]: unknown;
}

export interface Told {
  readonly notices: string[];
  readonly clock: ReturnType<typeof fakeClock>;
}

let keys = 0;

/** The source, open until the test ends, on a clock that does not wait. */
export async function open(
  options: Options,
  { secrets = [], clock = fakeClock() }: { secrets?: readonly string[]; clock?: Told['clock'] } = {},
): Promise<OpenSource & Told> {
  const notices: string[] = [];
  const logger = { info: (text: string) => notices.push(text), warn: (text: string) => notices.push(text) };
  keys += 1;
  const opened = await source.open(
    { pagination: 'auto', rate_limit: { key: `plugin test ${keys}` }, ...options },
    { ...context(), secrets, logger, ...{ clock, random: () => 0.5 } },
  );
  onTestFinished(() => opened.close());
  return { ...opened, notices, clock };
}

type Asking = Partial<Omit<ReadRequest, 'options'>>;

export function read(opened: OpenSource, stream: Options, more: Asking = {}): AsyncIterable<Batch> {
  return opened.read({
    stream: 'tested',
    options: { format: 'json', ...stream },
    batch: { rows: 1000, bytes: 4_000_000 },
    signal: new AbortController().signal,
    ...more,
  });
}

export async function batchesOf(opened: OpenSource, stream: Options, more: Asking = {}): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of read(opened, stream, more)) batches.push(batch);
  return batches;
}

export async function recordsOf(
  opened: OpenSource,
  stream: Options,
  more: Asking = {},
): Promise<SourceRecord[]> {
  return (await batchesOf(opened, stream, more)).flatMap(({ records }) => records);
}

/** `count` records, with ids from 1. */
export function rowsOf(count: number): { readonly id: number }[] {
  return Array.from({ length: count }, (_, index) => ({ id: index + 1 }));
}
