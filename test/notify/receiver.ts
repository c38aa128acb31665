import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from '../kit/listen.ts';

/** A message as it came. */
interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What a server does with a message; without an answer it hangs. */
export type Answer = (response: ServerResponse) => void;

export const answer =
  (status: number, headers: { readonly [name: string]: string } = {}): Answer =>
  (response) =>
    response.writeHead(status, headers).end('ok');

export const hang: Answer = () => undefined;

/** A server that takes messages, and does with the next ones what it is told; with all others, it takes them. */
export async function startReceiver() {
  const received: Received[] = [];
  const next: Answer[] = [];
  let heard = () => {};
  const server = createServer(async (request, response) => {
    received.push({
      path: request.url ?? '',
      headers: request.headers,
      body: await text(request).catch(() => ''),
    });
    (next.shift() ?? answer(200))(response);
    heard();
  });
  const url = `http://${await listen(server)}`;
  return {
    url,
    received,
    /** The next requests are answered so. */
    answers: (...answers: readonly Answer[]) => next.push(...answers),
    /** Resolves when so many messages have come. */
    async came(number: number): Promise<void> {
      while (received.length < number)
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
    },
  };
}

export type Receiver = Awaited<ReturnType<typeof startReceiver>>;
