import { createVerify, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { openClient } from '../../src/http/index.ts';
import type { ServiceAccountOptions } from '../../src/http/service-account.ts';
import { json } from '../kit/login-server.ts';
import { fakeClock } from './support.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

interface Google {
  readonly url: string;
  /** The text of a key file. */
  readonly key: string;
  readonly assertions: string[];
  refuses: boolean;
}

/** Gives a token for what is signed by the key, and 200 to who shows the last one. */
async function startGoogle(): Promise<Google> {
  const assertions: string[] = [];
  const server = createServer(async (request, response) => {
    if (request.url !== '/token') {
      const isGood = request.headers.authorization === `Bearer g-token-${assertions.length}`;
      return json(response, isGood ? 200 : 401, {});
    }
    const body = new URLSearchParams(await text(request));
    const assertion = body.get('assertion') ?? '';
    if (google.refuses)
      return json(response, 400, { error: 'invalid_grant', error_description: `bad ${assertion}` });
    expect([...body.keys()].sort()).toEqual(['assertion', 'grant_type']);
    expect(body.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    const [head = '', claims = '', signature = ''] = assertion.split('.');
    const isSigned = createVerify('RSA-SHA256')
      .update(`${head}.${claims}`)
      .verify(publicKey, signature, 'base64url');
    if (!isSigned) return json(response, 400, { error: 'invalid_grant' });
    assertions.push(assertion);
    // Google calls it so.
    const access_token = `g-token-${assertions.length}`;
    json(response, 200, { access_token, token_type: 'Bearer', expires_in: 3599, id_token: 'x.y.z' });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const key = {
    type: 'service_account',
    client_email: 'sync@example.iam.gserviceaccount.com',
    private_key: privateKey,
    private_key_id: 'key 1',
    token_uri: `${url}/token`,
  };
  const google = { url, key: JSON.stringify(key), assertions, refuses: false };
  return google;
}

const directory = mkdtempSync(join(tmpdir(), 'syncline-google-'));

function open(base_url: string, auth: Omit<ServiceAccountOptions, 'type'>) {
  const clock = fakeClock();
  const hidden: string[] = [];
  const signal = new AbortController().signal;
  const hide = (secrets: readonly string[]) => hidden.push(...secrets);
  const client = openClient(
    { base_url, auth: { type: 'google_service_account', ...auth }, rate_limit: { key: base_url } },
    { directory, signal, clock, hide },
  );
  onTestFinished(() => client.close());
  return { client, clock, hidden, signal };
}

const decoded = (assertion: string | undefined) =>
  (assertion ?? '')
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as unknown);

test('signs who it is, what for and until when, and gets a token from the server its key names', async () => {
  const google = await startGoogle();
  const scopes = ['https://www.googleapis.com/auth/spreadsheets', 'openid'];
  const { client, clock, signal, hidden } = open(google.url, {
    key: google.key,
    scopes,
    subject: 'ann@example.com',
  });
  expect((await client.request({ url: '/' })).status).toBe(200);
  await client.request({ url: '/' });
  const iat = Date.parse('2026-01-02T03:04:05Z') / 1000;
  expect(decoded(google.assertions[0])).toEqual([
    { alg: 'RS256', typ: 'JWT', kid: 'key 1' },
    {
      iss: 'sync@example.iam.gserviceaccount.com',
      scope: scopes.join(' '),
      aud: `${google.url}/token`,
      iat,
      exp: iat + 3600,
      sub: 'ann@example.com',
    },
  ]);
  expect(hidden).toEqual(expect.arrayContaining([privateKey, google.assertions[0], 'g-token-1']));
  expect(google.assertions).toHaveLength(1);
  await clock.sleep(3_590_000, signal);
  await client.request({ url: '/' });
  expect(google.assertions).toHaveLength(2);
});

test('reads its key from a file beside the config', async () => {
  const google = await startGoogle();
  writeFileSync(join(directory, 'key.json'), google.key);
  const { client } = open(google.url, { key_file: 'key.json', scopes: ['a'] });
  expect((await client.request({ url: '/' })).status).toBe(200);
});

test('is told that it was refused, without what it sent', async () => {
  const google = await startGoogle();
  google.refuses = true;
  const { client } = open(google.url, { key: google.key, scopes: ['a'] });
  await expect(client.request({ url: '/' })).rejects.toMatchObject({
    code: 'http/login',
    message: `${google.url}/token gave no token: invalid_grant: bad •••`,
    hint: expect.stringContaining('sync@example.iam.gserviceaccount.com'),
  });
});

test.each<[string, object, RegExp]>([
  ['a file that is not there', { key_file: 'none.json' }, /none\.json cannot be read: ENOENT/],
  ['a text that is no key', { key: 'canary' }, /`auth\.key` is not the key of a service account/],
  [
    'a broken key',
    { key: JSON.stringify({ client_email: 'a', private_key: 'canary', token_uri: 'https://a.b/c' }) },
    /the private_key in `auth\.key` cannot be read/,
  ],
  [
    'a server that is asked without https',
    { key: JSON.stringify({ client_email: 'a', private_key: privateKey, token_uri: 'http://a.b/canary' }) },
    /the token_uri in `auth\.key` is not an https URL/,
  ],
])('%s is refused before anybody is asked, and not shown', (_, key, message) => {
  const opening = () => open('http://127.0.0.1:9', { scopes: ['a'], ...key });
  expect(opening).toThrow(message);
  expect(opening).not.toThrow(/canary/);
});
