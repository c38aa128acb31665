import type { IncomingMessage } from 'node:http';
import { type ErrorCode, errorCodes } from '../../model/codes.ts';
import { SyncError } from '../../model/errors.ts';
import { type Redact, redactor } from '../../model/redact.ts';
import { type Asking, openConnection } from './connection.ts';
import { type Message, messagesIn } from './stream.ts';

/** What can be asked of the API of a daemon. All reject with a `SyncError`, the API's own where it tells one. */
export interface Calls {
  /** The document that is answered. That it has this key is looked at, the rest of its shape is taken on trust. */
  json<Document>(asking: Asking, key: keyof Document & string): Promise<Document>;
  /** The messages of a stream; undefined where nothing is left to tell. */
  stream(asking: Asking): Promise<AsyncIterable<Message> | undefined>;
  close(): void;
}

export interface CallsOptions {
  /** As `daemonAddress` gives it. */
  readonly url: string;
  readonly token: string;
  /** A daemon that says nothing for so long is taken for gone; in milliseconds. */
  readonly patience?: number;
}

/** The codes of errors that pass: the daemon is away, or about to be. */
const passing: ReadonlySet<string> = new Set(['daemon/unreachable', 'daemon/stopping']);

/** Whether to ask again makes sense. */
export function isPassing(error: unknown): error is SyncError {
  return error instanceof SyncError && passing.has(error.code);
}

export function openCalls({ url, token }: CallsOptions): Calls {
  const connection = openConnection(url, token);
  const redact = redactor([token]);
  /** The answer, when it is one that was asked for. */
  async function ask(asking: Asking): Promise<IncomingMessage> {
    const answer = await connection.ask(asking);
    const { statusCode = 0 } = answer;
    if (statusCode >= 200 && statusCode < 300) return answer;
    throw refusalOf(statusCode, await connection.text(answer, asking.signal), { url, redact });
  }
  return {
    async json<Document>(asking: Asking, key: keyof Document & string) {
      const answer = await ask(asking);
      const text = await connection.text(answer, asking.signal);
      const document = documentOf(text);
      if (document === undefined || !Object.hasOwn(document, key)) throw strange(url, answer.statusCode ?? 0);
      return document as Document;
    },
    async stream(asking) {
      const answer = await ask(asking);
      if (answer.statusCode === 204) {
        answer.resume();
        return undefined;
      }
      if (!answer.headers['content-type']?.startsWith('text/event-stream')) {
        answer.destroy();
        throw strange(url, answer.statusCode ?? 0);
      }
      return messagesIn(piecesOf(answer));
    },
    close: () => connection.close(),
  };

  async function* piecesOf(answer: IncomingMessage): AsyncGenerator<string> {
    answer.setEncoding('utf8');
    try {
      for await (const piece of answer) yield String(piece);
    } catch (cause) {
      throw connection.lost(cause);
    }
  }
}

interface Told {
  readonly url: string;
  readonly redact: Redact;
}

/** The error that the API tells. What it is told by may be anything that has the address. */
function refusalOf(status: number, text: string, { url, redact }: Told): SyncError {
  const { error } = (documentOf(text) ?? {}) as { readonly error?: { readonly [key: string]: unknown } };
  const { code, message, hint } = error ?? {};
  if (typeof code !== 'string' || typeof message !== 'string') return strange(url, status);
  if (code === 'api/token') return wrongToken(url);
  // A daemon of a later version may have errors that this one does not know.
  const known = Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'daemon/answer';
  return new SyncError(known, redact(message), { hint: typeof hint === 'string' ? redact(hint) : undefined });
}

function wrongToken(url: string): SyncError {
  return new SyncError('api/token', `the daemon at ${url} has another token`, {
    hint: 'It is `daemon.token` of its config, or else in `.syncline/daemon.token` beside that: give it by `--token-file FILE`, or in SYNCLINE_TOKEN.',
  });
}

function strange(url: string, status: number): SyncError {
  return new SyncError(
    'daemon/answer',
    `what answers at ${url} is not a daemon: status ${status}, and not its API`,
    {
      hint: 'Another program may have that address, or something in front of the daemon asks for a login.',
    },
  );
}

/** Undefined for a text that is no JSON object. */
export function documentOf(text: string): object | undefined {
  try {
    const document: unknown = JSON.parse(text);
    return typeof document === 'object' && document !== null ? document : undefined;
  } catch {
    return undefined;
  }
}
