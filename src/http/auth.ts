import type { HttpRequest } from './message.ts';
import { type OAuth2Options, oauth2Grant } from './oauth2.ts';
import { type ServiceAccountOptions, serviceAccountGrant } from './service-account.ts';
import { tokenAuth } from './token-auth.ts';
import type { LoginContext } from './token-request.ts';

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
  /** Resolves once nothing is under way that would be lost with the process. */
  close?(): Promise<void>;
}

export type AuthOptions = FixedAuthOptions | OAuth2Options | ServiceAccountOptions;

/** Those whose credentials never change. */
export type FixedAuthOptions =
  | { readonly type: 'none' }
  | { readonly type: 'bearer'; readonly token: string }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | {
      readonly type: 'api_key';
      readonly in: 'header' | 'query' | 'cookie';
      readonly name: string;
      readonly key: string;
    };

/** An auth of any kind. Asks nobody before it is used. */
export function openAuth(options: AuthOptions, context: LoginContext): Auth {
  switch (options.type) {
    case 'oauth2':
      return tokenAuth(oauth2Grant(options, context), context);
    case 'google_service_account':
      return tokenAuth(serviceAccountGrant(options, context), context);
    default:
      return createAuth(options);
  }
}

/** One whose credentials never change. */
export function createAuth(options: FixedAuthOptions): Auth {
  const credentials = credentialsOf(options);
  return { apply: () => credentials };
}

function credentialsOf(options: FixedAuthOptions): Credentials {
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

function placed(
  options: Extract<FixedAuthOptions, { type: 'api_key' }>,
): Pick<Credentials, 'headers' | 'params'> {
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
