import type { Sending } from './exchange.ts';
import { isWrittenOut, refusalOf } from './inward.ts';
import type { Headers, HttpResponse } from './message.ts';
import { Miss } from './miss.ts';
import { placeOf, withMissing } from './url.ts';

/** Where requests may go. */
export interface Territory {
  /** The origin of the `base_url`: credentials go nowhere else. */
  readonly home: string;
  /** Other hosts that addresses in answers may lead to, with the port where it is not the usual one. */
  readonly allow_hosts: readonly string[];
  /** Credentials that are sent in the query. */
  readonly params: { readonly [name: string]: string };
  /** A redirect is refused, wherever it leads. */
  readonly stays: boolean;
}

const mostHops = 10;
const statuses = new Set([301, 302, 303, 307, 308]);
/** What tells nobody anything about us. All else may be a credential, whatever its name. */
const harmless = new Set(['accept', 'accept-encoding', 'accept-language', 'content-type', 'user-agent']);

/** Sends a request and goes where its answers lead, to the last one. */
export async function follow(
  first: Sending,
  territory: Territory,
  send: (sending: Sending, isForeign: boolean) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  let sending = enter(first, territory);
  for (let hops = 0; ; hops += 1) {
    const response = await send(sending, isForeign(sending.url, territory));
    const { location } = response.headers;
    if (!statuses.has(response.status) || location === undefined) return response;
    if (territory.stays) throw refused('redirected it', 'Name the address it leads to, if that is meant.');
    if (hops === mostHops)
      throw refused(`led through more than ${mostHops} redirects`, 'It may be a circle.');
    sending = next(sending, response.status, location, territory);
  }
}

/** A request that begins away from home: an address found in an answer before. */
function enter(sending: Sending, territory: Territory): Sending {
  if (sending.url.origin === territory.home) return sending;
  if (!territory.allow_hosts.includes(sending.url.host)) {
    const hint = `If it is to be asked, without credentials, add "${sending.url.host}" to \`allow_hosts\`.`;
    throw new Miss('http/origin', `is not at ${territory.home}, where the source is`, 'no', { hint });
  }
  return abroad(sending, territory);
}

function next(before: Sending, status: number, location: string, territory: Territory): Sending {
  if (!URL.canParse(location, before.url.href)) throw refused('redirected to what is not a URL');
  const url = new URL(location, before.url.href);
  const sending = { ...before, ...(becomesGet(before.method, status) ? asGet(before) : {}), url };
  if (url.origin === before.url.origin) return { ...sending, url: kept(before.url, url, territory) };
  if (sending.body !== undefined && !territory.allow_hosts.includes(url.host)) {
    const hint = 'Set the `base_url` to where it leads, or add its host to `allow_hosts`.';
    throw refused(`redirected a request with a body to ${placeOf(url)}`, hint);
  }
  return abroad(sending, territory, before.url.protocol);
}

/** Servers leave credentials out of the addresses they make: those the request had go on with it. */
function kept(from: URL, to: URL, { params }: Territory): URL {
  const had = Object.entries(params).filter(([name]) => from.searchParams.has(name));
  return withMissing(to, Object.fromEntries(had));
}

/** The same request without anything that shows who we are. It stays so, even if it is led home again. */
function abroad(sending: Sending, territory: Territory, from = new URL(territory.home).protocol): Sending {
  const { protocol } = sending.url;
  if (protocol !== 'https:' && protocol !== 'http:') throw refused(`led to ${protocol} instead of http`);
  if (from === 'https:' && protocol === 'http:')
    throw refused('led from https to http, where anybody can read it');
  const url = new URL(sending.url);
  for (const [name, value] of Object.entries(territory.params))
    if (url.searchParams.get(name) === value) url.searchParams.delete(name);
  const refusal = isForeign(url, territory) ? refusalOf(url.hostname) : undefined;
  if (refusal !== undefined) throw refusal;
  const headers = Object.entries(sending.headers).filter(([name]) => harmless.has(name));
  return { ...sending, url, headers: Object.fromEntries(headers) };
}

/** Whether only the server vouches for the address. One that is written out in the config is meant. */
function isForeign(url: URL, { home, allow_hosts }: Territory): boolean {
  return url.origin !== home && !(isWrittenOut(url.hostname) && allow_hosts.includes(url.host));
}

function becomesGet(method: string, status: number): boolean {
  if (status === 303) return method !== 'GET' && method !== 'HEAD';
  return method === 'POST' && (status === 301 || status === 302);
}

function asGet({ headers }: Sending): { method: string; body: undefined; headers: Headers } {
  const kept = Object.entries(headers).filter(
    ([name]) => !name.startsWith('content-') && name !== 'idempotency-key',
  );
  return { method: 'GET', body: undefined, headers: Object.fromEntries(kept) };
}

function refused(what: string, hint?: string): Miss {
  return new Miss('http/redirect', what, 'no', { hint });
}
