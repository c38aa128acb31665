import { setImmediate } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { withDeadline } from './abort.ts';
import { unpack } from './body.ts';
import type { Connections } from './connections.ts';
import type { Headers, HttpResponse } from './message.ts';
import { Miss, missOf } from './miss.ts';
import { createResponse } from './response.ts';

/** One request as it goes over the wire. */
export interface Sending {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body?: string | Uint8Array;
  readonly signal: AbortSignal;
}

export interface ExchangeOptions {
  readonly connections: Connections;
  readonly dispatcher: Dispatcher;
  /** From the first byte sent to the last one received, in milliseconds. */
  readonly total: number;
  /** The most bytes a body may have. */
  readonly limit: number;
}

/**
 * Sends one request, follows nothing, and gives its answer, whatever its status, once it is here whole. Throws a
 * `Miss` where it did not come, or not whole; the signal's reason where that was aborted.
 */
export async function exchange(sending: Sending, options: ExchangeOptions): Promise<HttpResponse> {
  const { overruns } = options.connections;
  const { origin } = sending.url;
  const before = overruns.get(origin);
  let began = false;
  try {
    return await withDeadline(options.total, sending.signal, async (signal) => {
      const answer = await send({ ...sending, signal }, options.dispatcher);
      began = true;
      const packed = new Uint8Array(await answer.body.arrayBuffer());
      // Whether more came in the same breath is known when the connection was dropped for it: a turn of the event loop.
      await setImmediate();
      await setImmediate();
      if (overruns.get(origin) !== before) throw overrun;
      return await unpacked(answer, packed, sending.url, options.limit);
    });
  } catch (error) {
    sending.signal.throwIfAborted();
    throw missOf(error, began) ?? error;
  }
}

function send(sending: Sending, dispatcher: Dispatcher): Promise<Dispatcher.ResponseData> {
  const { url, method, headers, body, signal } = sending;
  return dispatcher.request({
    origin: url.origin,
    path: url.pathname + url.search,
    method,
    headers: { ...headers },
    body,
    signal,
  });
}

const overrun = new Miss('http/cut_off', 'sent more than the Content-Length of its answer', 'maybe');

async function unpacked(
  { statusCode, headers }: Dispatcher.ResponseData,
  packed: Uint8Array,
  url: URL,
  limit: number,
): Promise<HttpResponse> {
  const joined = joinedHeaders(headers);
  const bytes = await unpack(packed, joined['content-encoding'] ?? '', limit);
  return createResponse(statusCode, joined, url.href, bytes);
}

function joinedHeaders(headers: Dispatcher.ResponseData['headers']): Headers {
  const entries = Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]);
  return Object.fromEntries(entries);
}
