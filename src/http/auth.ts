import type { HttpRequest } from './message.ts';

/** What shows a server who is asking. It is sent to the origin of the `base_url` and nowhere else. */
export interface Credentials {
  readonly headers?: { readonly [name: string]: string };
  readonly params?: { readonly [name: string]: string };
  /** Texts among them that no message may show. */
  readonly secrets: readonly string[];
}

export interface Auth {
  /** Asked before every try. */
  apply(request: Pick<HttpRequest, 'method' | 'url'>): Credentials | Promise<Credentials>;
  /**
   * Gets new credentials because a server refused those there are (401). Called at most once per request, and never
   * while another call is under way. Left out where there is nothing to renew.
   */
  refresh?(): Promise<void>;
}

export type AuthOptions =
  | { readonly type: 'none' }
  | { readonly type: 'bearer'; readonly token: string }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | {
      readonly type: 'api_key';
      readonly in: 'header' | 'query' | 'cookie';
      readonly name: string;
      readonly key: string;
    };

/** The kinds of auth whose credentials never change. */
export function createAuth(options: AuthOptions): Auth {
  const credentials = credentialsOf(options);
  return { apply: () => credentials };
}

function credentialsOf(options: AuthOptions): Credentials {
  switch (options.type) {
    case 'none':
      return { secrets: [] };
    case 'bearer':
      return { headers: { authorization: `Bearer ${options.token}` }, secrets: [options.token] };
    case 'basic': {
      const pair = Buffer.from(`${options.username}:${options.password}`).toString('base64');
      return { headers: { authorization: `Basic ${pair}` }, secrets: [options.password, pair] };
    }
    case 'api_key':
      return { ...placed(options), secrets: [options.key] };
  }
}

function placed(options: Extract<AuthOptions, { type: 'api_key' }>): Pick<Credentials, 'headers' | 'params'> {
  const { name, key } = options;
  switch (options.in) {
    case 'header':
      return { headers: { [name.toLowerCase()]: key } };
    case 'query':
      return { params: { [name]: key } };
    case 'cookie':
      return { headers: { cookie: `${name}=${key}` } };
  }
}
