import type { HttpRequest } from 'syncline/http';
import type { HttpStream } from './stream-options.ts';

/** What addresses of next pages have to do with, as the source is configured. */
export interface Home {
  readonly base_url: string;
  /** The parameter of the query that credentials are sent as, where they are. */
  readonly auth_param?: string;
  readonly secrets: readonly string[];
}

/**
 * An address found in an answer, fit to be remembered: short where it lies below the `base_url`, and without the secrets
 * of our own request, which servers repeat. They are sent again by {@link requestAt}.
 */
export function tidyAddress(address: URL, stream: HttpStream, home: Home): string {
  const url = new URL(address);
  const ours = [...secretParams(stream, home).keys(), home.auth_param ?? ''];
  for (const name of ours.filter((one) => url.searchParams.has(one))) {
    const isOurs = url.searchParams.getAll(name).some((value) => holdsSecret(value, home));
    if (isOurs || name === home.auth_param) url.searchParams.delete(name);
  }
  url.hash = '';
  const base = new URL(home.base_url);
  const below = (base.origin + base.pathname).replace(/\/$/, '');
  return url.href.startsWith(`${below}/`) || url.href.startsWith(`${below}?`)
    ? url.href.slice(below.length)
    : url.href;
}

/** The request for such an address: its query stands for the stream's, but for secrets that are not in it. */
export function requestAt(
  address: string,
  request: HttpRequest,
  stream: HttpStream,
  home: Home,
): HttpRequest {
  const url = new URL(address, home.base_url);
  const isHome = url.origin === new URL(home.base_url).origin;
  const missing = [...secretParams(stream, home)].filter(([name]) => isHome && !url.searchParams.has(name));
  return { ...request, url: address, params: Object.fromEntries(missing) };
}

/** The parameters of the stream's query that hold a secret. */
function secretParams({ path, params = {} }: HttpStream, home: Home): ReadonlyMap<string, string> {
  const written = new URL(path, 'http://any').searchParams;
  const texts = [
    ...written,
    ...Object.entries(params).map(([name, value]) => [name, String(value)] as const),
  ];
  return new Map(texts.filter(([, value]) => holdsSecret(value, home)));
}

function holdsSecret(text: string, { secrets }: Home): boolean {
  return secrets.some((secret) => secret.length > 0 && text.includes(secret));
}
