/** OAuth2 at Google: a refresh token gives access tokens of one hour. */

import { type Answer, type Asked, Refused, type Route } from '../../kit/fake-api.ts';
import { required, text } from '../../kit/parameters.ts';
import { unauthenticated } from './words.ts';

export const googleClient = {
  client_id: 'client.apps.example.com',
  client_secret: 'client-secret-for-tests',
};
export const googleRefreshToken = 'refresh-token-for-tests';

const hour = 3_600_000;

export interface Tokens {
  /** Refresh tokens that are let in; one taken out is answered `invalid_grant`. */
  readonly refreshTokens: Set<string>;
  /** An access token for a client that does not refresh. */
  issue(): string;
  /** All access tokens are expired from now on. */
  expire(): void;
}

export class GoogleTokens implements Tokens {
  readonly refreshTokens = new Set([googleRefreshToken]);
  readonly #ends = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  issue(): string {
    const token = `ya29.token-${this.#ends.size + 1}`;
    this.#ends.set(token, this.#now() + hour);
    return token;
  }

  expire(): void {
    for (const token of this.#ends.keys()) this.#ends.set(token, 0);
  }

  admit({ headers }: Asked): void {
    const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
    if (token === undefined) throw new Refused(unauthenticated('CREDENTIALS_MISSING'));
    const end = this.#ends.get(token);
    if (end === undefined) throw new Refused(unauthenticated('ACCESS_TOKEN_TYPE_UNSUPPORTED'));
    if (end <= this.#now()) throw new Refused(unauthenticated('ACCESS_TOKEN_EXPIRED'));
  }

  get route(): Route {
    return {
      form: {
        grant_type: required(text),
        refresh_token: required(text),
        client_id: text,
        client_secret: text,
      },
      answer: (asked) => this.#grant(asked),
    };
  }

  #grant({ headers, fields }: Asked): Answer {
    const { client_id, client_secret } = googleClient;
    const basic = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`;
    const known = fields.client_id === client_id && fields.client_secret === client_secret;
    if (!known && headers.authorization !== basic) return oauthError(401, 'invalid_client', 'Unauthorized');
    if (fields.grant_type !== 'refresh_token')
      return oauthError(400, 'unsupported_grant_type', `Invalid grant_type: ${String(fields.grant_type)}`);
    if (!this.refreshTokens.has(String(fields.refresh_token)))
      return oauthError(400, 'invalid_grant', 'Token has been expired or revoked.');
    const scope = 'https://www.googleapis.com/auth/contacts.readonly';
    return { body: { access_token: this.issue(), expires_in: hour / 1000 - 1, scope, token_type: 'Bearer' } };
  }
}

export function oauthError(status: number, error: string, error_description: string): Answer {
  return { status, body: { error, error_description } };
}
