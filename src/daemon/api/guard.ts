import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { SyncError } from '../../model/errors.ts';

export interface GuardOptions {
  readonly token: string;
  /** What the daemon listens on, as configured. */
  readonly host: string;
  /** The port that is bound. */
  readonly port: number;
}

export interface Knock {
  /** Without its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Whatever was given as `Host`: it is to be one. */
  readonly hosts: readonly string[];
}

const health: readonly string[] = ['/healthz', '/readyz'];
const everywhere: readonly string[] = ['0.0.0.0', '::'];

/**
 * Lets a request in, or throws `api/origin` or `api/token`. Everything that is asked passes here, whether there is such
 * a route or not.
 */
export function guard({ path, headers, hosts }: Knock, { token, host, port }: GuardOptions): void {
  if (hosts.length !== 1 || !isOurs(headers.host, host, port))
    throw refused('the Host of the request is not the address of this daemon');
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const foreign = origin !== undefined && origin !== `http://${headers.host}`;
  if (foreign || (site !== undefined && site !== 'same-origin' && site !== 'none'))
    throw refused('the request comes from a page of another origin');
  if (health.includes(path)) return;
  const [, given] = /^Bearer ([^\s]+)$/i.exec(headers.authorization ?? '') ?? [];
  if (given === undefined || !timingSafeEqual(digest(given), digest(token)))
    throw new SyncError('api/token', 'the request does not carry the token of this daemon', {
      hint: 'Send it as a header: `Authorization: Bearer TOKEN`.',
    });
}

/** A page may have its own name resolved to this machine: then `Host` has that name. */
function isOurs(given: string | undefined, host: string, port: number): boolean {
  const [, name = '', number = '80'] =
    /^(\[[^\]]+\]|[^:]+)(?::([0-9]+))?$/.exec(given?.toLowerCase() ?? '') ?? [];
  if (Number(number) !== port) return false;
  const bare = name.replace(/^\[|\]$/g, '');
  if (['localhost', '127.0.0.1', '::1', host.toLowerCase()].includes(bare)) return true;
  return everywhere.includes(host) && (isIP(bare) !== 0 || bare === hostname().toLowerCase());
}

function refused(message: string): SyncError {
  return new SyncError('api/origin', message, {
    hint: 'The API answers programs of this machine, at the address it listens on.',
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
