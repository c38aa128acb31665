import { SyncError } from '../model/errors.ts';
import { parseJson } from '../model/json.ts';
import type { Value } from '../model/types.ts';
import type { Headers, HttpResponse } from './message.ts';

export function createResponse(
  status: number,
  headers: Headers,
  url: string,
  body: Uint8Array,
): HttpResponse {
  let text: string | undefined;
  let json: { readonly value: Value } | undefined;
  const response: HttpResponse = {
    status,
    headers,
    url,
    body,
    text() {
      text ??= decode(body, headers['content-type'] ?? '');
      return text;
    },
    json() {
      json ??= { value: parseJson(response.text()) };
      return json.value;
    },
  };
  return response;
}

function decode(body: Uint8Array, contentType: string): string {
  const charset = /;\s*charset="?([^\s";]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset, { fatal: true }).decode(body);
  } catch (cause) {
    const hint = 'The server says one charset and sends another; nothing is guessed or replaced.';
    throw new SyncError('http/charset', `an answer is no text in ${charset}`, { hint, cause });
  }
}

/** A page for people, which a server sends where it wants somebody to log in, or is out of order. */
export function isWebPage({ headers, body }: HttpResponse): boolean {
  const type = headers['content-type'] ?? '';
  const start = Buffer.from(body.subarray(0, 200)).toString('latin1').trimStart().toLowerCase();
  return /^(text\/html|application\/xhtml)/i.test(type) || /^<(!doctype html|html)/.test(start);
}
