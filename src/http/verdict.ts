import { SyncError } from '../model/errors.ts';
import type { HttpRequest, HttpResponse } from './message.ts';
import { Miss, missOfStatus } from './miss.ts';
import { isWebPage } from './response.ts';
import { isExhausted, toldWait } from './told.ts';

/** The server surely did not act upon a request it answers so. */
const untouched = new Set([408, 425]);
const emptyByNature = new Set([204, 205]);

/** Judges an answer by what the caller says, else by the rules of HTTP. Undefined: it is good. */
export function missOfResponse(
  response: HttpResponse,
  request: HttpRequest,
  home: string,
  now: number,
): Miss | undefined {
  const told = toldWait(response.status, response.headers, now);
  switch (request.judge?.(response)) {
    case 'accept':
      return undefined;
    case 'retry':
      return missOfStatus(response, 'safely', { told });
    case 'refresh':
      return missOfStatus(response, 'renewed');
    case 'fail':
      return missOfStatus(response, 'no');
  }
  return byRules(response, request, home, told);
}

function byRules(
  response: HttpResponse,
  request: HttpRequest,
  home: string,
  told: number | undefined,
): Miss | undefined {
  const { status } = response;
  if (status >= 200 && status < 300) return request.expect === 'json' ? missOfJson(response) : undefined;
  if (status === 401 && new URL(response.url).origin !== home)
    return missOfStatus(response, 'no', { hint: redirected(response.url) });
  if (status === 401) return missOfStatus(response, 'renewed');
  if (status === 429 || (status === 403 && isLimit(response)))
    return missOfStatus(response, 'safely', { told, limited: true });
  if (untouched.has(status)) return missOfStatus(response, 'safely', { told });
  if (status >= 500) return missOfStatus(response, 'maybe', { told });
  return missOfStatus(response, 'no');
}

/** A 403 that tells when to come back forbids nothing. */
function isLimit({ headers }: HttpResponse): boolean {
  return headers['retry-after'] !== undefined || isExhausted(headers);
}

function missOfJson(response: HttpResponse): Miss | undefined {
  const { status, body } = response;
  if (emptyByNature.has(status)) return undefined;
  if (body.length === 0) return new Miss('http/cut_off', 'sent no body where JSON should be', 'maybe');
  if (isWebPage(response))
    return new Miss('http/not_json', 'sent a web page where JSON should be', 'no', { hint: login });
  try {
    response.json();
    return undefined;
  } catch (cause) {
    const miss = missOfParsing(cause);
    if (miss === undefined) throw cause;
    return miss;
  }
}

function missOfParsing(cause: unknown): Miss | undefined {
  if (cause instanceof SyntaxError)
    return new Miss('http/cut_off', 'sent a body that is cut off or not JSON', 'maybe');
  if (cause instanceof RangeError)
    return new Miss('http/not_json', 'sent JSON that is nested too deep', 'no');
  // A cut may go through a character.
  if (cause instanceof SyncError)
    return new Miss(cause.code, 'sent a body that is no text', 'maybe', { hint: cause.hint });
  return undefined;
}

const login = 'It may be a login page: check the URL and the credentials.';

function redirected(url: string): string {
  return `It redirected to ${new URL(url).origin}, which gets no credentials: if that is meant, make it the \`base_url\`.`;
}
