import { type MutableResponse, OAuth2Server, type TokenRequestIncomingMessage } from 'oauth2-mock-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AuthOptions } from '../../src/http/index.ts';
import { type Client, openClient, type TokenStore } from '../../src/http/index.ts';
import { json, type LoginServer, pages, rowsOfPage, startLoginServer } from '../kit/login-server.ts';
import { fakeClock } from './support.ts';

type Asked = TokenRequestIncomingMessage & { readonly body: { readonly [name: string]: string } };

interface MockServer {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** Called before each answer, which it may change. */
  answer(act: (response: MutableResponse, request: Asked) => void): void;
}

/** A server that others wrote. It gives a new refresh token each time. */
async function startMock(): Promise<MockServer> {
  const server = new OAuth2Server();
  await server.issuer.keys.generate('RS256');
  await server.start(0, '127.0.0.1');
  onTestFinished(() => server.stop());
  const asked: Asked[] = [];
  let act: (response: MutableResponse, request: Asked) => void = () => undefined;
  server.service.on('beforeResponse', (response: MutableResponse, request: Asked) => {
    asked.push(request);
    act(response, request);
  });
  const url = `http://127.0.0.1:${server.address().port}`;
  return {
    url,
    asked,
    answer: (next) => {
      act = next;
    },
  };
}

/** Keeps in memory, and tells what was written when. */
function storeOf(kept = new Map<string, string>()): TokenStore & { readonly writes: string[] } {
  const writes: string[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  return {
    writes,
    read: async (name) => kept.get(name),
    async write(name, value = '') {
      writes.push(value);
      kept.set(name, value);
    },
    alone(_, act) {
      const acted = turn.then(act);
      turn = acted.catch(() => undefined);
      return acted;
    },
  };
}

interface Opened {
  readonly client: Client;
  readonly clock: ReturnType<typeof fakeClock>;
  readonly hidden: string[];
  readonly stop: AbortController;
}

let keys = 0;

function open(base_url: string, auth: AuthOptions, store: TokenStore = storeOf()): Opened {
  const clock = fakeClock();
  const hidden: string[] = [];
  const stop = new AbortController();
  keys += 1;
  const client = openClient(
    { base_url, auth, rate_limit: { key: `login ${keys}` } },
    {
      directory: '/',
      name: 'crm',
      signal: stop.signal,
      clock,
      random: () => 0.5,
      store,
      hide: (secrets) => hidden.push(...secrets),
    },
  );
  onTestFinished(() => client.close());
  return { client, clock, hidden, stop };
}

/** Reads all pages of the server, and gives the ids. */
async function readItems(client: Client): Promise<number[]> {
  const ids: number[] = [];
  for (let page: number | null = 1; page !== null; ) {
    const response = await client.request({ url: '/items', params: { page }, expect: 'json' });
    const answer = response.json() as unknown as { items: { id: number }[]; next: number | null };
    ids.push(...answer.items.map(({ id }) => id));
    page = answer.next;
  }
  return ids;
}

const allItems = Array.from({ length: pages * rowsOfPage }, (_, id) => id);
const application = { client_id: 'the app', client_secret: 'canary-s:cret' };

function refreshing({ url }: Pick<LoginServer, 'url'>, refresh_token = 'canary-refresh-0'): AuthOptions {
  return { type: 'oauth2', grant: 'refresh_token', token_url: `${url}/token`, ...application, refresh_token };
}

describe('a server of others', () => {
  test('gives a token for the application, asked as its kind of login wants', async () => {
    for (const client_auth of ['basic', 'post'] as const) {
      const [mock, api] = [await startMock(), await startLoginServer()];
      mock.answer(({ body }) => Object.assign(body as object, { access_token: api.tokens.access }));
      api.tokens.access = 'from the mock';
      const { client } = open(api.url, {
        type: 'oauth2',
        grant: 'client_credentials',
        token_url: `${mock.url}/token`,
        ...application,
        client_auth,
        scopes: ['read', 'more'],
        params: { audience: 'the api' },
      });
      expect(await readItems(client)).toEqual(allItems);
      expect(mock.asked).toHaveLength(1);
      const { body, headers } = mock.asked[0] ?? {};
      expect(body).toMatchObject({
        grant_type: 'client_credentials',
        scope: 'read more',
        audience: 'the api',
      });
      const basic = `Basic ${Buffer.from('the+app:canary-s%3Acret').toString('base64')}`;
      expect(headers?.authorization).toBe(client_auth === 'basic' ? basic : undefined);
      expect(body?.client_secret).toBe(client_auth === 'basic' ? undefined : application.client_secret);
    }
  });

  test('gives one for a person and a password', async () => {
    const [mock, api] = [await startMock(), await startLoginServer()];
    api.tokens.access = 'from the mock';
    mock.answer(({ body }) => Object.assign(body as object, { access_token: api.tokens.access }));
    const person = { username: 'ann', password: 'canary-password' };
    const auth = {
      type: 'oauth2',
      grant: 'password',
      token_url: `${mock.url}/token`,
      ...application,
    } as const;
    const { client, hidden } = open(api.url, { ...auth, ...person });
    expect(await readItems(client)).toEqual(allItems);
    expect(mock.asked[0]?.body).toMatchObject({ grant_type: 'password', ...person });
    expect(hidden).toEqual(expect.arrayContaining(['canary-password', 'canary-s:cret', 'from the mock']));
  });

  test('gets each refresh token once, the one of the config first, and a token is used until just before it expires', async () => {
    const mock = await startMock();
    const given: string[] = [];
    mock.answer(({ body }) => {
      given.push(String((body as { refresh_token: unknown }).refresh_token));
    });
    const store = storeOf();
    const { client, clock } = open(mock.url, refreshing(mock, 'first'), store);
    const ask = () => client.request({ url: '/.well-known/openid-configuration' });
    await ask();
    await clock.sleep(3_569_000, new AbortController().signal);
    await ask();
    expect(mock.asked).toHaveLength(1);
    await clock.sleep(2_000, new AbortController().signal);
    await ask();
    // Another run, later.
    const next = open(mock.url, refreshing(mock, 'first'), store);
    await next.client.request({ url: '/.well-known/openid-configuration' });
    await next.clock.sleep(4_000_000_000, new AbortController().signal);
    await next.client.request({ url: '/.well-known/openid-configuration' });
    expect(mock.asked.map(({ body }) => body.refresh_token)).toEqual(['first', given[0], given[1]]);
  });
});

describe('a refresh token that is good for one use', () => {
  test('is kept in its place before the new access token is used, and a token that ends in mid-read costs no row', async () => {
    const server = await startLoginServer();
    const store = storeOf();
    server.beforePage((page) => {
      if (page === 3 && server.asked.length === 1) server.expire();
      const kept = JSON.parse(store.writes.at(-1) ?? '{}');
      expect(kept.refresh_token).toBe(server.tokens.refresh);
    });
    const { client } = open(server.url, refreshing(server), store);
    expect(await readItems(client)).toEqual(allItems);
    expect(server.asked.map((body) => body.get('refresh_token'))).toEqual([
      'canary-refresh-0',
      'canary-refresh-1',
    ]);
    expect([...server.given.values()]).toEqual([1, 1, 1, 1, 1]);
  });

  test('that cannot be kept fails the read before the new access token is used', async () => {
    const server = await startLoginServer();
    const store = { ...storeOf(), write: () => Promise.reject(new Error('the disk is full')) };
    const { client } = open(server.url, refreshing(server), store);
    await expect(readItems(client)).rejects.toThrow('the disk is full');
    expect(server.given.size).toBe(0);
  });

  test('is asked with once by all who want a token at the same time, in one client and in several', async () => {
    const server = await startLoginServer();
    const store = storeOf();
    const clients = [1, 2, 3].map(() => open(server.url, refreshing(server), store).client);
    const reads = [...clients, ...clients].map((client) => readItems(client));
    expect(await Promise.all(reads)).toEqual(reads.map(() => allItems));
    expect(server.asked).toHaveLength(1);
  });

  test('is taken anew from a config that names another one, and is no reason to forget the old one before', async () => {
    const server = await startLoginServer();
    const store = storeOf();
    await readItems(open(server.url, refreshing(server), store).client);
    const last = server.tokens.refresh;
    await expect(
      readItems(open(server.url, refreshing(server, 'wrong'), store).client),
    ).rejects.toMatchObject({ code: 'http/login' });
    server.expire();
    expect(await readItems(open(server.url, refreshing(server), store).client)).toEqual(allItems);
    expect(server.asked.map((body) => body.get('refresh_token'))).toEqual([
      'canary-refresh-0',
      'wrong',
      last,
    ]);
    const other = `${server.tokens.refresh}`;
    await readItems(open(server.url, refreshing(server, other), store).client);
    expect(server.asked.at(-1)?.get('refresh_token')).toBe(other);
  });

  test('is used on where only the scopes have changed', async () => {
    const server = await startLoginServer();
    const store = storeOf();
    await readItems(open(server.url, refreshing(server), store).client);
    const auth = { ...refreshing(server), scopes: ['more'] } as AuthOptions;
    expect(await readItems(open(server.url, auth, store).client)).toEqual(allItems);
    expect(server.asked.at(-1)?.get('refresh_token')).toBe('canary-refresh-1');
    expect(server.asked.at(-1)?.get('scope')).toBe('more');
  });

  test('that arrives while the run is being stopped is kept, and the client closes after that', async () => {
    const server = await startLoginServer();
    const store = storeOf();
    const { client, stop } = open(server.url, refreshing(server), store);
    let goOn = () => {};
    server.disturb((response, tokens) => {
      goOn = () => json(response, 200, tokens);
      stop.abort('SIGINT');
    });
    await expect(readItems(client)).rejects.toBe('SIGINT');
    const closed = client.close();
    expect(store.writes).toEqual([]);
    // The answer takes its time.
    for (let visit = 0; visit < 20; visit++) await fetch(server.url);
    goOn();
    await closed;
    expect(JSON.parse(store.writes[0] ?? '{}')).toMatchObject({ refresh_token: 'canary-refresh-1' });
  });
});

describe('a server of tokens', () => {
  test('that is busy is asked again', async () => {
    const server = await startLoginServer();
    server.disturb((response) => json(response, 503, {}));
    const { client } = open(server.url, {
      type: 'oauth2',
      grant: 'client_credentials',
      token_url: `${server.url}/token`,
      ...application,
    });
    expect(await readItems(client)).toEqual(allItems);
    expect(server.asked).toHaveLength(2);
  });

  test.each<[string, object, RegExp]>([
    [
      'says why',
      { error: 'invalid_client', error_description: 'canary-s:cret? no.' },
      /invalid_client: •••\? no$/,
    ],
    ['says little', { error: 'access_denied' }, /access_denied$/],
  ])('that gives none and %s is quoted, without secrets', async (_, answer, message) => {
    const server = await startLoginServer();
    server.disturb((response) => json(response, 401, answer));
    const error = await readItems(open(server.url, refreshing(server)).client).catch(
      (error: unknown) => error,
    );
    expect(error).toMatchObject({ code: 'http/login', message: expect.stringMatching(message) });
    expect(server.asked).toHaveLength(1);
  });

  test.each<[string, object]>([
    ['has no token in it', { ok: true }],
    ['has a token of a kind nobody knows', { access_token: 'a', token_type: 'mac' }],
  ])('whose answer %s is told', async (_, answer) => {
    const server = await startLoginServer();
    server.disturb((response) => json(response, 200, answer));
    await expect(readItems(open(server.url, refreshing(server)).client)).rejects.toMatchObject({
      code: 'http/login',
      message: expect.stringContaining(`${server.url}/token is no token`),
    });
  });

  test('may leave out what goes without saying', async () => {
    const server = await startLoginServer();
    server.disturb((response) => json(response, 200, { access_token: server.tokens.access }));
    const { client, clock } = open(server.url, refreshing(server));
    expect(await readItems(client)).toEqual(allItems);
    await clock.sleep(1e12, new AbortController().signal);
    expect(await readItems(client)).toEqual(allItems);
    expect(server.asked).toHaveLength(1);
  });
});

test('without a login by browser, the command to log in is named', async () => {
  const auth = {
    type: 'oauth2',
    grant: 'authorization_code',
    authorize_url: 'http://127.0.0.1:9/',
    token_url: 'http://127.0.0.1:9/',
    client_id: 'app',
  } as const;
  await expect(open('http://127.0.0.1:9', auth).client.request({ url: '/' })).rejects.toMatchObject({
    code: 'http/login',
    hint: 'Log in with a browser: syncline auth crm',
  });
});
