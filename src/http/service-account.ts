import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SyncError } from '../model/errors.ts';
import { secureUrlPattern } from './auth-schema.ts';
import { systemClock } from './clock.ts';
import type { Grant } from './token-auth.ts';
import { askForToken, type LoginContext } from './token-request.ts';

/** A Google account that is a program; one of `key` and `key_file` is there. */
export interface ServiceAccountOptions {
  readonly type: 'google_service_account';
  /** JSON, as Google gives it. */
  readonly key?: string;
  /** From the folder of the config. */
  readonly key_file?: string;
  readonly scopes: readonly string[];
  readonly subject?: string;
}

interface Account {
  readonly client_email: string;
  readonly private_key: KeyObject;
  readonly private_key_id?: string;
  readonly token_uri: string;
}

const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** Seconds; Google allows no more. */
const lifetime = 3600;

/** Tokens for what it signs with its key. Throws `http/login` for a key that is none. */
export function serviceAccountGrant(options: ServiceAccountOptions, context: LoginContext): Grant {
  const { clock = systemClock } = context;
  const account = accountOf(options, context);
  const { client_email, private_key_id = '', token_uri } = account;
  const scope = options.scopes.join(' ');
  const told = JSON.stringify([client_email, private_key_id, token_uri, scope, options.subject ?? '']);
  const access = createHash('sha256').update(told).digest('base64url');
  return {
    login: access,
    access,
    ask() {
      const now = Math.floor(clock.now() / 1000);
      const claims = { iss: client_email, scope, aud: token_uri, iat: now, exp: now + lifetime };
      const assertion = signed({ ...claims, sub: options.subject }, account);
      const request = {
        url: token_uri,
        grant,
        params: { assertion },
        secrets: [assertion],
        // The signature says who is asking.
        authenticate: () => undefined,
        repeatable: true,
        hint: () => `Check the key of ${client_email} and its scopes, and the clock of this machine.`,
      };
      return askForToken(request, context);
    },
  };
}

/** A JSON Web Token, signed as RS256. */
function signed(claims: object, { private_key, private_key_id }: Account): string {
  const parts = [{ alg: 'RS256', typ: 'JWT', kid: private_key_id }, claims];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), private_key).toString('base64url')}`;
}

function accountOf({ key, key_file = '' }: ServiceAccountOptions, context: LoginContext): Account {
  const file = resolve(context.directory, key_file);
  const [text, where] = key === undefined ? [read(file), file] : [key, '`auth.key`'];
  const { client_email, private_key, private_key_id, token_uri } = fieldsOf(text);
  if (typeof private_key === 'string') context.hide?.([private_key]);
  if (typeof client_email !== 'string' || typeof private_key !== 'string')
    throw unusable(
      `${where} is not the key of a service account: it is JSON with client_email and private_key`,
    );
  if (typeof token_uri !== 'string' || !new RegExp(secureUrlPattern).test(token_uri))
    throw unusable(`the token_uri in ${where} is not an https URL`);
  try {
    const id = typeof private_key_id === 'string' ? private_key_id : undefined;
    return { client_email, private_key: createPrivateKey(private_key), private_key_id: id, token_uri };
  } catch {
    throw unusable(`the private_key in ${where} cannot be read`);
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unusable(`the key file ${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function fieldsOf(text: string): { readonly [name: string]: unknown } {
  try {
    return Object.assign(Object.create(null), JSON.parse(text));
  } catch {
    return {};
  }
}

function unusable(message: string): SyncError {
  return new SyncError('http/login', message, {
    hint: 'Google gives a key as a JSON file: name it with `auth.key_file`, or put its text into a variable.',
  });
}
