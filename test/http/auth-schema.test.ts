import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { complaints } from '../config/load-text.ts';
import { apiConfig, apiSource } from '../kit/login-server.ts';

const plugin = join(mkdtempSync(join(tmpdir(), 'syncline-auth-')), 'api.ts');
writeFileSync(plugin, apiSource);

/** What is wrong with an `auth`. */
async function wrong(auth: object): Promise<readonly string[]> {
  const found = await complaints(apiConfig('https://api.example.com', auth).replace('./api.ts', plugin), {});
  // That secrets are better written as variables is told besides.
  const mistakes = found.filter((line) => !line.startsWith('config/secret '));
  return mistakes.map((line) => line.replace('sources.api.', ''));
}

const login = {
  type: 'oauth2',
  token_url: 'https://login.example.com/token',
  client_id: 'app',
  client_secret: 's3cr3t',
};

test.each<[string, object]>([
  ['no auth', { type: 'none' }],
  ['bearer', { type: 'bearer', token: 't0ken' }],
  ['basic', { type: 'basic', username: 'ann', password: 'pw' }],
  ['a key', { type: 'api_key', in: 'query', name: 'key', key: 'k3y' }],
  ['an application', { ...login, grant: 'client_credentials', scopes: ['a'], params: { audience: 'b' } }],
  ['a refresh token', { ...login, grant: 'refresh_token', refresh_token: 'r', client_auth: 'post' }],
  ['a password', { ...login, grant: 'password', username: 'ann', password: 'pw' }],
  ['a browser', { ...login, grant: 'authorization_code', authorize_url: 'https://a.b/c', redirect_port: 80 }],
  ['a server on this machine', { ...login, grant: 'client_credentials', token_url: 'http://127.0.0.1:1/' }],
  ['a key file', { type: 'google_service_account', key_file: 'a.json', scopes: ['a'], subject: 'b' }],
  ['the text of a key file', { type: 'google_service_account', key: '{}', scopes: ['a'] }],
])('%s is understood', async (_, auth) => {
  expect(await wrong(auth)).toEqual([]);
});

test.each<[string, object, RegExp]>([
  ['an oauth2 without a grant', login, /^config\/required auth: .*grant/],
  ['a grant that is none', { ...login, grant: 'refresh' }, /^config\/enum auth\.grant: /],
  [
    'a missing refresh token',
    { ...login, grant: 'refresh_token' },
    /^config\/required auth: .*refresh_token/,
  ],
  [
    'what belongs to another grant',
    { ...login, grant: 'client_credentials', refresh_token: 'r' },
    /^config\/unknown_key auth\.refresh_token: /,
  ],
  [
    'what belongs to another type',
    { ...login, grant: 'client_credentials', token: 't' },
    /^config\/unknown_key auth\.token: /,
  ],
  [
    'a server that is asked without https',
    { ...login, grant: 'client_credentials', token_url: 'http://login.example.com/' },
    /^config\/pattern auth\.token_url: /,
  ],
  [
    'a service account without a key',
    { type: 'google_service_account', scopes: ['a'] },
    /^config\/required auth: .*key/,
  ],
  [
    'a service account with two keys',
    { type: 'google_service_account', scopes: ['a'], key: '{}', key_file: 'a' },
    /^config\/unknown_key auth\.key: /,
  ],
])('%s gives one error', async (_, auth, error) => {
  expect(await wrong(auth)).toEqual([expect.stringMatching(error)]);
});
