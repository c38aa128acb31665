import { Agent, type IncomingMessage, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { SyncError } from '../../model/errors.ts';

/** One request to a daemon. */
export interface Asking {
  readonly method?: 'GET' | 'POST';
  /** Below the address of the daemon, with its query. */
  readonly path: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: object;
  readonly signal: AbortSignal;
  /** A daemon that says nothing for so long is taken for gone, in milliseconds; without it, never. */
  readonly patience?: number;
}

export interface Connection {
  /** Resolves with the head of the answer; rejects with `Unreachable`, or with the signal's reason. */
  ask(asking: Asking): Promise<IncomingMessage>;
  /** Reads the rest of an answer, and rejects likewise. */
  text(answer: IncomingMessage, signal: AbortSignal): Promise<string>;
  /** What broke while an answer was read. */
  lost(cause: unknown): Unreachable;
  close(): void;
}

/** Nobody answers, or the connection was cut. */
export class Unreachable extends SyncError {
  /** Why, in a few words. */
  readonly reason: string;
  /** The request may have reached the daemon: it may have done what was asked. */
  readonly mayBeDone: boolean;

  constructor(url: string, cause: unknown) {
    const code = codeOf(cause);
    const reason = reasonOf(code, cause);
    super('daemon/unreachable', `no daemon answers at ${url}: ${reason}`, { hint: hintOf(code), cause });
    this.reason = reason;
    this.mayBeDone = !beforeSent.has(code) && !aboutTrust.test(code);
  }
}

/** The most characters of one answer. */
const limit = 64_000_000;

const reasons: { readonly [code: string]: string | undefined } = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ECONNABORTED: 'the connection was cut',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  ETIMEDOUT: 'it did not answer in time',
  EHOSTUNREACH: 'no way leads to the host',
  ENETUNREACH: 'no way leads to the host',
};

/** Nothing was sent yet. */
const beforeSent: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** The codes of certificates that are not trusted. */
const aboutTrust = /CERT|SELF_SIGNED|VERIFY/;

/** To a daemon whose address was checked. The token goes into the header of each request, and nowhere else. */
export function openConnection(url: string, token: string): Connection {
  const secure = url.startsWith('https:');
  // Idle connections are left to the daemon to close.
  const agent = secure ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  const send = (asking: Asking) => sent(asking, { url, token, agent, secure });
  const lost = (cause: unknown) => new Unreachable(url, cause);
  return {
    lost,
    async ask(asking) {
      try {
        return await send(asking);
      } catch (error) {
        asking.signal.throwIfAborted();
        throw lost(error);
      }
    },
    async text(answer, signal) {
      let text = '';
      try {
        answer.setEncoding('utf8');
        for await (const chunk of answer) {
          text += chunk;
          if (text.length > limit) throw new Error('its answer has no end');
        }
        return text;
      } catch (error) {
        signal.throwIfAborted();
        throw lost(error);
      }
    },
    close: () => agent.destroy(),
  };
}

interface Line {
  readonly url: string;
  readonly token: string;
  readonly agent: Agent;
  readonly secure: boolean;
}

function sent(asking: Asking, line: Line): Promise<IncomingMessage> {
  const { method = 'GET', path, headers, body, signal, patience } = asking;
  const text = body && JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const options = {
      method,
      agent: line.agent,
      signal,
      headers: {
        accept: 'application/json, text/event-stream',
        authorization: `Bearer ${line.token}`,
        ...(text !== undefined && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        }),
        ...headers,
      },
    };
    const asked = (line.secure ? secureRequest : request)(`${line.url}${path}`, options, resolve);
    if (patience !== undefined) asked.setTimeout(patience, () => asked.destroy(new Silence()));
    asked.on('error', (error) => {
      // The daemon closed an idle connection at the moment it was used again: nobody read what was sent.
      const isStale = asked.reusedSocket && codeOf(error) === 'ECONNRESET' && !signal.aborted;
      if (isStale && method === 'GET') sent(asking, line).then(resolve, reject);
      else reject(error);
    });
    asked.end(text);
  });
}

/** What a request ends with when nothing comes. */
class Silence extends Error {
  readonly code = 'ETIMEDOUT';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

function reasonOf(code: string, cause: unknown): string {
  if (/^(EPROTO|ERR_SSL)/.test(code)) return 'it does not speak TLS';
  if (code.startsWith('HPE_')) return 'what answers does not speak HTTP';
  return reasons[code] ?? (cause instanceof Error && cause.message ? cause.message : code);
}

function hintOf(code: string): string {
  if (aboutTrust.test(code))
    return 'Have Node trust its certificate: NODE_EXTRA_CA_CERTS=FILE, with certificates in PEM form.';
  return 'Does it run? `syncline daemon` starts it, and prints its address; `--url` names another.';
}
