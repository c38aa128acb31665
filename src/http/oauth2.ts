import { createHash } from 'node:crypto';
import { type ClientAuth, ClientSecretPost, None } from 'oauth4webapi';
import { SyncError } from '../model/errors.ts';
import type { Grant } from './token-auth.ts';
import { askForToken, type Issued, type LoginContext } from './token-request.ts';

interface OAuth2Client {
  readonly type: 'oauth2';
  readonly token_url: string;
  readonly client_id: string;
  readonly client_secret?: string;
  /** Default: basic. */
  readonly client_auth?: 'basic' | 'post';
  readonly scopes?: readonly string[];
  readonly params?: { readonly [name: string]: string };
}

/** Where a person logs in with a browser. */
export interface BrowserOptions extends OAuth2Client {
  readonly grant: 'authorization_code';
  readonly authorize_url: string;
  readonly redirect_port?: number;
}

export type OAuth2Options =
  | (OAuth2Client & { readonly grant: 'client_credentials' })
  | (OAuth2Client & { readonly grant: 'refresh_token'; readonly refresh_token: string })
  | (OAuth2Client & { readonly grant: 'password'; readonly username: string; readonly password: string })
  | BrowserOptions;

export function oauth2Grant(options: OAuth2Options, context: LoginContext): Grant {
  return {
    ...loginOf(options),
    ask: async (kept) => {
      const { grant, params, secret } = requestOf(options, kept, context.name);
      return askAsClient(
        options,
        { grant, params, secrets: [secret ?? []].flat(), repeatable: true },
        context,
      );
    },
  };
}

/** What tells one login, and what it asks for, from another; without what is secret and easily guessed. */
export function loginOf(options: OAuth2Options): Pick<Grant, 'login' | 'access'> {
  const { grant, token_url, client_id, scopes = [], params = {} } = options;
  const client = [grant, token_url, client_id];
  const asked = [...client, scopes, Object.entries(params).sort()];
  switch (options.grant) {
    case 'refresh_token':
      return {
        login: digest([...client, options.refresh_token]),
        access: digest([asked, options.refresh_token]),
      };
    case 'password':
      return { login: digest([client, options.username]), access: digest([asked, options.username]) };
    case 'authorization_code':
      return {
        login: digest([asked, options.authorize_url]),
        access: digest([asked, options.authorize_url]),
      };
    case 'client_credentials':
      return { login: digest(client), access: digest(asked) };
  }
}

/** Asks for a token as the application that the options name. */
export function askAsClient(
  options: OAuth2Options,
  request: {
    readonly grant: string;
    readonly params: { readonly [name: string]: string };
    readonly secrets: readonly string[];
    readonly repeatable: boolean;
  },
  context: LoginContext,
): Promise<Issued> {
  const { token_url, client_id, client_secret } = options;
  const secrets = [...request.secrets, client_secret ?? []].flat();
  const hint = (error: string) => hintFor(error, options, context.name);
  const authenticate = clientAuth(options);
  return askForToken({ ...request, url: token_url, client_id, authenticate, secrets, hint }, context);
}

export function scopeOf({ scopes }: Pick<OAuth2Client, 'scopes'>): { readonly [name: string]: string } {
  return scopes === undefined ? {} : { scope: scopes.join(' ') };
}

function clientAuth({ client_secret, client_auth = 'basic' }: OAuth2Client): ClientAuth {
  if (client_secret === undefined) return None();
  return client_auth === 'basic' ? basic(client_secret) : ClientSecretPost(client_secret);
}

/** As forms spell them, and no more: many servers take what is in there as it is. */
function basic(secret: string): ClientAuth {
  const spelt = (text: string) => new URLSearchParams([['', text]]).toString().slice(1);
  return (_, { client_id }, _body, headers) => {
    const pair = `${spelt(client_id)}:${spelt(secret)}`;
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
  };
}

interface Asked {
  readonly grant: string;
  readonly params: { readonly [name: string]: string };
  readonly secret?: string;
}

/** `kept` is the refresh token that was given last. */
function requestOf(options: OAuth2Options, kept: string | undefined, name: string | undefined): Asked {
  const { grant } = options;
  const more = { ...scopeOf(options), ...options.params };
  switch (grant) {
    case 'client_credentials':
      return { grant, params: more };
    case 'password': {
      const { username, password } = options;
      return { grant, params: { ...more, username, password }, secret: password };
    }
    case 'refresh_token': {
      const refresh_token = kept ?? options.refresh_token;
      return { grant, params: { ...more, refresh_token }, secret: refresh_token };
    }
    case 'authorization_code':
      if (kept === undefined) throw notLoggedIn(name);
      // Its scopes and parameters are those of the page where the person logged in.
      return { grant: 'refresh_token', params: { refresh_token: kept }, secret: kept };
  }
}

function notLoggedIn(name = 'NAME'): SyncError {
  return new SyncError('http/login', 'there is no login that a token could be asked for with', {
    hint: `Log in with a browser: syncline auth ${name}`,
  });
}

function hintFor(error: string, { grant }: OAuth2Options, name = 'NAME'): string | undefined {
  if (error === 'invalid_client' || error === 'unauthorized_client')
    return 'Check `auth.client_id`, `auth.client_secret` and `auth.client_auth`.';
  if (error === 'invalid_scope') return 'Check `auth.scopes`.';
  if (error !== 'invalid_grant') return undefined;
  if (grant === 'authorization_code') return `The login has ended. Log in again: syncline auth ${name}`;
  if (grant === 'password') return 'Check `auth.username` and `auth.password`.';
  return 'The login has ended. Get a new refresh token, and put it into `auth.refresh_token`.';
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
