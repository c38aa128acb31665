import { STATUS_CODES } from 'node:http';
import type { ErrorCode } from '../model/codes.ts';
import { DeadlinePassed } from './abort.ts';
import { BodyTooLarge, BrokenBody } from './body.ts';
import { InwardAddress } from './inward.ts';
import type { HttpResponse } from './message.ts';
import { isWebPage } from './response.ts';

/**
 * Whether it may go well when tried again. `safely`: the server surely did not act upon it. `maybe`: it may have.
 * `renewed`: with other credentials.
 */
type Again = 'no' | 'maybe' | 'safely' | 'renewed';

/** Why a try did not bring what was asked for. */
export class Miss extends Error {
  override readonly name = 'Miss';
  readonly code: ErrorCode;
  /** What the server did, as the end of a sentence; may hold secrets. */
  readonly what: string;
  readonly hint?: string;
  readonly again: Again;
  /** So long the server asks to be left alone, in milliseconds. */
  readonly told?: number;
  /** The server asks for fewer requests. */
  readonly limited: boolean;

  constructor(code: ErrorCode, what: string, again: Again, more: MissOptions = {}) {
    super(what);
    this.code = code;
    this.what = what;
    this.again = again;
    this.hint = more.hint;
    this.told = more.told;
    this.limited = more.limited ?? false;
  }
}

interface MissOptions {
  readonly hint?: string;
  readonly told?: number;
  readonly limited?: boolean;
}

const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
/** Of Node and undici, among all that have a `code`. */
const ofConnections = /^(E[A-Z]+|UND_ERR_\w+|HPE_\w+|HTTPParserError|ERR_SSL_\w+)$/;
const untrusted = /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

/**
 * What an error of the connection means; undefined for one that is none. `began` says that the answer had begun, so
 * that what is missing is a part of it.
 */
export function missOf(error: unknown, began: boolean): Miss | undefined {
  if (error instanceof Miss) return error;
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : error.name;
  const known = (meaning: ErrorCode, what: string, again: Again, hint?: string) =>
    new Miss(meaning, what, again, { hint });
  if (error instanceof BodyTooLarge || code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE')
    return known('http/too_large', 'sent a body that is too large', 'no', smaller);
  if (error instanceof BrokenBody) return known('http/cut_off', `sent a body that ${error.message}`, 'maybe');
  if (error instanceof InwardAddress)
    return known('http/origin', `was led to ${error.message}, an address of this machine or its link`, 'no');
  if (error instanceof DeadlinePassed || /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/.test(code))
    return known(
      'http/timeout',
      began ? 'stopped in the middle of its answer' : 'did not answer in time',
      'maybe',
      moreTime,
    );
  if (code === 'UND_ERR_CONNECT_TIMEOUT')
    return known('http/timeout', 'could not be connected to in time', 'safely', reach);
  if (code === 'UND_ERR_INVALID_ARG')
    return known('http/request', `cannot be sent: ${error.message}`, 'no', noLineEnds);
  if (untrusted.test(code))
    return known('http/certificate', `has a certificate that is not trusted (${code})`, 'no', trust);
  if (unreachable.has(code)) return known('http/connection', `cannot be reached (${code})`, 'safely', reach);
  // The proxy's refusal to make a tunnel has the same code as a request that was aborted.
  if (/^Proxy /.test(error.message))
    return known('http/connection', `is kept away: ${error.message}`, 'safely', proxy);
  if (!ofConnections.test(code)) return undefined;
  if (code === 'UND_ERR_DESTROYED')
    return known('http/connection', 'was asked after the client was closed', 'no');
  if (began) return known('http/cut_off', 'broke off in the middle of its answer', 'maybe');
  return known('http/connection', `did not answer properly (${error.message})`, 'maybe');
}

const moreTime = 'Ask for less at once, or allow more time with `timeout`.';
const smaller = 'Ask for less at once: smaller pages, or a shorter window.';
const noLineEnds =
  'Headers hold neither line ends nor most other characters: see whether a token ends in one.';
const trust = 'If the authority is your own, name its certificate with `ca`.';
const reach = 'Check the host and port of the URL, the network, and the proxy variables.';
const proxy = 'Check HTTP_PROXY and HTTPS_PROXY; NO_PROXY names the hosts to reach without one.';

/** A miss by an answer that arrived whole. */
export function missOfStatus(response: HttpResponse, again: Again, more: MissOptions = {}): Miss {
  const { status } = response;
  const name = STATUS_CODES[status] === undefined ? '' : ` ${STATUS_CODES[status]}`;
  const excerpt = excerptOf(response);
  const what = `answered ${status}${name}${excerpt === '' ? '' : `: ${excerpt}`}`;
  const code = status === 401 ? 'http/unauthorized' : 'http/status';
  return new Miss(code, what, again, { hint: hints.get(status), ...more });
}

const hints: ReadonlyMap<number, string> = new Map([
  [401, 'Check the credentials, and whether they have expired.'],
  [403, 'The credentials are known, and may not do this: check what they are allowed.'],
  [404, 'Check the path and the `base_url`.'],
]);

/** What an API says of the error; a page for people says nothing that fits into a line. */
function excerptOf(response: HttpResponse): string {
  if (isWebPage(response)) return 'a web page';
  const text = Buffer.from(response.body.subarray(0, longestExcerpt)).toString('utf8');
  return text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .replace(/[. ]+$/, '')
    .trimStart();
}
const longestExcerpt = 2000;
