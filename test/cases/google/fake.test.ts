import { auth, people, type people_v1 } from '@googleapis/people';
import { describe, expect, test } from 'vitest';
import { failing } from '../../kit/fake-api.ts';
import { person } from './contacts.ts';
import { type Google, startGoogle } from './fake.ts';
import { googleClient, googleRefreshToken } from './tokens.ts';

const day = 86_400_000;
const route = 'GET /v1/people/me/connections';
const all = (count: number) => Array.from({ length: count }, (_, n) => n + 1);
const names = (numbers: readonly number[]) => numbers.map((n) => `people/c${n}`);

/** Google's own client, which gets its access tokens by itself. */
function clientOf(google: Google): people_v1.People {
  const login = new auth.OAuth2({
    clientId: googleClient.client_id,
    clientSecret: googleClient.client_secret,
    endpoints: { oauth2TokenUrl: google.tokenUrl },
    forceRefreshOnFailure: true,
  });
  login.setCredentials({ refresh_token: googleRefreshToken });
  return people({ version: 'v1', rootUrl: `${google.url}/`, auth: login, retry: false });
}

interface Asking {
  readonly personFields?: string;
  readonly pageSize?: number;
  readonly requestSyncToken?: boolean;
  readonly syncToken?: string;
}

const usual: Asking = { personFields: 'names,phoneNumbers,metadata', pageSize: 10, requestSyncToken: true };

async function filled(options: Parameters<typeof startGoogle>[0] = {}) {
  const google = await startGoogle(options);
  google.contacts.add(...all(25).map((n) => person(n)));
  return { google, client: clientOf(google) };
}

/** Reads all pages; the sync token may stand on the last one only. */
async function read(client: people_v1.People, asking: Asking = {}) {
  const pages: people_v1.Schema$ListConnectionsResponse[] = [];
  let pageToken: string | undefined;
  do {
    const params = { resourceName: 'people/me', ...usual, ...asking, pageToken };
    const { data } = await client.people.connections.list(params);
    pages.push(data);
    pageToken = data.nextPageToken ?? undefined;
  } while (pageToken !== undefined);
  expect(pages.slice(0, -1).filter(({ nextSyncToken }) => nextSyncToken)).toEqual([]);
  const found = pages.flatMap(({ connections = [] }) => connections);
  return { pages, found, syncToken: pages.at(-1)?.nextSyncToken ?? undefined };
}

/** What the server says against a request, by a client that adds nothing of its own. */
async function get(google: Google, query: string, token = google.tokens.issue()) {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${google.url}/v1/people/me/connections?${query}`, { headers });
  return { status: response.status, body: await response.json() };
}

async function grant(google: Google, changed: { readonly [name: string]: string } = {}) {
  const form = {
    grant_type: 'refresh_token',
    refresh_token: googleRefreshToken,
    ...googleClient,
    ...changed,
  };
  const response = await fetch(google.tokenUrl, { method: 'POST', body: new URLSearchParams(form) });
  return { status: response.status, body: await response.json() };
}

describe('a full sync', () => {
  test('adds up page by page, with a sync token on the last', async () => {
    const { google, client } = await filled();
    const { pages, found, syncToken } = await read(client);
    expect(pages.map(({ connections = [] }) => connections.length)).toEqual([10, 10, 5]);
    expect(found.map(({ resourceName }) => resourceName)).toEqual(names(all(25)));
    expect(pages[0]).toMatchObject({ totalItems: 25 });
    expect(syncToken).toBeTypeOf('string');
    expect(google.asked('POST /token')).toHaveLength(1);
    expect(google.asked(route)).toHaveLength(3);
  });

  test('gives the fields that were asked for', async () => {
    const { client } = await filled();
    const { found } = await read(client, { personFields: 'names', requestSyncToken: false });
    expect(Object.keys(found[0] ?? {})).toEqual(['resourceName', 'etag', 'names']);
  });

  test('gives no sync token to those who did not ask', async () => {
    const { client } = await filled();
    expect((await read(client, { requestSyncToken: false })).syncToken).toBeUndefined();
  });

  test('has a quota of its own', async () => {
    const { google, client } = await filled({ fullSyncs: { requests: 1, per: 60_000 } });
    const { syncToken } = await read(client);
    await expect(read(client)).rejects.toMatchObject({ status: 429 });
    expect((await read(client, { syncToken })).found).toEqual([]);
    google.advance(60_000);
    expect((await read(client)).found).toHaveLength(25);
  });
});

describe('a sync by token', () => {
  test('gives what was added, changed and deleted since', async () => {
    const { google, client } = await filled();
    const first = await read(client);
    google.contacts.add(person(26));
    google.contacts.change('people/c3', { phoneNumbers: [{ value: '030 7' }] });
    google.contacts.remove('people/c5');
    const { found, syncToken } = await read(client, { syncToken: first.syncToken });
    expect(found).toMatchObject([
      { resourceName: 'people/c26' },
      { resourceName: 'people/c3', phoneNumbers: [{ value: '030 7' }] },
      { resourceName: 'people/c5', metadata: { deleted: true } },
    ]);
    expect(Object.keys(found[2] ?? {})).toEqual(['resourceName', 'etag', 'metadata']);
    expect((await read(client, { syncToken })).found).toEqual([]);
    expect((await read(client)).found).toHaveLength(25);
  });

  test('has pages, and a quiet one has no list at all', async () => {
    const { google, client } = await filled();
    const { syncToken } = await read(client);
    for (const name of names(all(12))) google.contacts.change(name, { names: [{ displayName: 'New' }] });
    const next = await read(client, { syncToken });
    expect(next.pages.map(({ connections = [] }) => connections.length)).toEqual([10, 2]);
    const quiet = await read(client, { syncToken: next.syncToken });
    expect(quiet.pages).toEqual([{ nextSyncToken: expect.any(String) }]);
  });

  test('does not lose what happens while pages are read', async () => {
    const { google, client } = await filled();
    google.before(route, () => google.contacts.change('people/c1', { nicknames: [] }), 2);
    google.before(route, () => google.contacts.remove('people/c2'), 3);
    const { syncToken } = await read(client);
    const { found } = await read(client, { syncToken });
    expect(found.map(({ resourceName }) => resourceName)).toEqual(names([1, 2]));
  });

  test('ends when the token is older than seven days', async () => {
    const { google, client } = await filled();
    const { syncToken } = await read(client);
    google.advance(7 * day - 60_000);
    google.tokens.expire();
    expect((await read(client, { syncToken })).found).toEqual([]);
    google.advance(60_001);
    await expect(read(client, { syncToken })).rejects.toMatchObject({
      status: 400,
      response: { data: { error: { details: [{ reason: 'EXPIRED_SYNC_TOKEN' }] } } },
    });
  });

  test.each([
    ['other fields', { personFields: 'names' }],
    ['another page size', { pageSize: 20 }],
    ['no wish for the next token', { requestSyncToken: false }],
  ])('is refused with %s', async (_, changed) => {
    const { client } = await filled();
    const { syncToken } = await read(client);
    await expect(read(client, { syncToken, ...changed })).rejects.toMatchObject({ status: 400 });
  });
});

test('a page is refused with other parameters than the first', async () => {
  const { google } = await filled();
  const { body } = await get(google, 'personFields=names&pageSize=5');
  const { nextPageToken } = body as { nextPageToken: string };
  expect(await get(google, `personFields=names&pageSize=5&pageToken=${nextPageToken}`)).toMatchObject({
    status: 200,
  });
  for (const changed of [
    'personFields=names&pageSize=6',
    'personFields=names,urls&pageSize=5',
    'personFields=names',
  ])
    expect(await get(google, `${changed}&pageToken=${nextPageToken}`)).toMatchObject({
      status: 400,
      body: { error: { status: 'INVALID_ARGUMENT' } },
    });
});

test.each([
  ['no fields', ''],
  ['a field that is none', 'personFields=names,shoes'],
  ['too many a page', 'personFields=names&pageSize=1001'],
  ['a parameter nobody knows', 'personFields=names&limit=5'],
  ['a page token that is none', 'personFields=names&pageToken=abc'],
  ['a sync token that is none', 'personFields=names&syncToken=abc'],
])('a request with %s is refused', async (_, query) => {
  const { google } = await filled();
  expect(await get(google, query)).toMatchObject({ status: 400, body: { error: { code: 400 } } });
});

describe('an access token', () => {
  test('lasts an hour', async () => {
    const { google } = await filled();
    const token = google.tokens.issue();
    google.advance(59 * 60_000);
    expect((await get(google, 'personFields=names', token)).status).toBe(200);
    google.advance(60_000);
    expect(await get(google, 'personFields=names', token)).toMatchObject({
      status: 401,
      body: { error: { status: 'UNAUTHENTICATED', details: [{ reason: 'ACCESS_TOKEN_EXPIRED' }] } },
    });
    expect(await get(google, 'personFields=names', 'made-up')).toMatchObject({ status: 401 });
  });

  test('that expires between two pages is got anew, and the page asked for again', async () => {
    const { google, client } = await filled();
    google.before(route, () => google.tokens.expire(), 2);
    expect((await read(client)).found).toHaveLength(25);
    expect(google.log.map(({ status }) => status)).toEqual([200, 200, 401, 200, 200, 200]);
    expect(google.asked('POST /token')).toHaveLength(2);
  });

  test('is not given for a wrong client, grant or refresh token', async () => {
    const { google } = await filled();
    expect(await grant(google)).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', expires_in: 3599 },
    });
    const wrong = { client_secret: 'wrong' };
    expect(await grant(google, wrong)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    const password = { grant_type: 'password' };
    expect(await grant(google, password)).toMatchObject({
      status: 400,
      body: { error: 'unsupported_grant_type' },
    });
    google.tokens.refreshTokens.delete(googleRefreshToken);
    expect(await grant(google)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });
});

test('a route goes wrong in the words of the API where a test wants it to', async () => {
  const { google, client } = await filled();
  google.fail(route, failing(503), { after: 1, times: 1 });
  await expect(read(client)).rejects.toMatchObject({ status: 503 });
  expect((await read(client)).found).toHaveLength(25);
});
