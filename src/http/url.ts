import { SyncError } from '../model/errors.ts';
import type { Params } from './message.ts';

/** The address all others are seen from. */
export function baseUrl(text: string): URL {
  const url = parsed(text);
  if (!/^https?:$/.test(url.protocol))
    throw unusable('is not an http or https URL', 'It begins with `https://`.');
  if (url.username !== '' || url.password !== '')
    throw unusable('holds a user or password', 'Put them into `auth: { type: basic, … }`.');
  return url;
}

/** A path below the base as it is written, or an absolute URL, with parameters added to its query. */
export function addressOf(base: URL, url: string, params: Params = {}): URL {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : below(base, url);
  return withParams(parsed(text), params);
}

/** Adds the parameters that the query does not have. */
export function withMissing(url: URL, params: { readonly [name: string]: string }): URL {
  const missing = Object.entries(params).filter(([name]) => !url.searchParams.has(name));
  return withParams(url, Object.fromEntries(missing));
}

function withParams(url: URL, params: Params): URL {
  const pairs = Object.entries(params).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`),
  );
  const added = new URL(url);
  // By hand: `searchParams` would write the rest of the query anew.
  added.search = [url.search.slice(1), ...pairs].filter((part) => part !== '').join('&');
  return added;
}

/** The address without its query, for messages. */
export function placeOf(url: URL): string {
  return url.origin + url.pathname;
}

function below(base: URL, path: string): string {
  if (path === '' || path.startsWith('?')) return placeOf(base) + (path || base.search);
  return `${placeOf(base).replace(/\/$/, '')}/${path.replace(/^\//, '')}`;
}

/** The text is not in the message, nor the error of `URL` in the cause: both would tell a secret in it. */
function parsed(text: string): URL {
  if (!URL.canParse(text)) throw unusable('is not a URL', 'It reads `https://host/path`.');
  return new URL(text);
}

function unusable(what: string, hint: string): SyncError {
  return new SyncError('http/request', `the address of a request ${what}`, { hint });
}
