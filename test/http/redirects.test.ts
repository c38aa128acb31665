import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openConnections } from '../../src/http/connections.ts';
import { createAuth } from '../../src/http/index.ts';
import { InwardAddress } from '../../src/http/inward.ts';
import { startChaos } from '../kit/chaos-server.ts';
import * as mishaps from '../kit/mishaps.ts';
import { authority, certificate, clientOf } from './support.ts';

const auths = {
  bearer: createAuth({ type: 'bearer', token: 'canary-1' }),
  basic: createAuth({ type: 'basic', username: 'ann', password: 'canary-1' }),
  header: createAuth({ type: 'api_key', in: 'header', name: 'X-Api-Key', key: 'canary-1' }),
  query: createAuth({ type: 'api_key', in: 'query', name: 'key', key: 'canary-1' }),
  cookie: createAuth({ type: 'api_key', in: 'cookie', name: 'session', key: 'canary-1' }),
};

async function twoServers() {
  return { home: await startChaos(), away: await startChaos() };
}

describe('another origin', () => {
  test.each(Object.entries(auths))('gets no credentials: %s', async (_, auth) => {
    const { home, away } = await twoServers();
    home.disturb('/moved', ({ request, response }) =>
      // With the query it had, as many servers do.
      response.writeHead(302, { location: `${away.url}/items${request.url?.replace('/moved', '')}` }).end(),
    );
    const { client } = clientOf({
      base_url: home.url,
      auth,
      headers: { 'X-Tenant': 'canary-2' },
      allow_hosts: [away.host],
    });
    await client.request({ url: '/moved', params: { all: true }, headers: { cookie: 'canary-3' } });
    expect(JSON.stringify(home.requests)).toMatch(/canary-1|YW5uOmNhbmFyeS0x/);
    expect(away.requests).toMatchObject([{ url: '/items?all=true' }]);
    expect(JSON.stringify(away.requests)).not.toMatch(/canary|YW5uOmNhbmFyeS0x/);
  });

  test('gets none by an address from an answer either', async () => {
    const { home, away } = await twoServers();
    const { client } = clientOf({ base_url: home.url, auth: auths.query, allow_hosts: [away.host] });
    await client.request({ url: `${away.url}/items?signature=a%2Fb&key=theirs` });
    await client.request({ url: `${away.url}/items?signature=a%20b` });
    const urls = away.requests.map(({ url }) => url);
    expect(urls).toEqual(['/items?signature=a%2Fb&key=theirs', '/items?signature=a%20b']);
  });

  test('that wants credentials is told, and no new ones are got for it', async () => {
    const { home, away } = await twoServers();
    home.disturb('/moved', mishaps.redirect(302, `${away.url}/items`));
    away.disturb('/items', mishaps.unauthorized);
    const auth = { apply: auths.bearer.apply, refresh: () => Promise.reject(new Error('asked for')) };
    const { client } = clientOf({ base_url: home.url, auth, allow_hosts: [away.host] });
    await expect(client.request({ url: '/moved' })).rejects.toMatchObject({
      code: 'http/unauthorized',
      hint: expect.stringContaining(`redirected to ${away.url}, which gets no credentials`),
    });
  });

  test('that leads home again is not believed more', async () => {
    const { home, away } = await twoServers();
    home.disturb('/moved', mishaps.redirect(302, `${away.url}/back`));
    away.disturb('/back', mishaps.redirect(302, `${home.url}/items`));
    const { client } = clientOf({ base_url: home.url, auth: auths.bearer, allow_hosts: [away.host] });
    await client.request({ url: '/moved' });
    expect(home.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer canary-1', undefined]);
  });

  test('is not asked at all by an address from an answer, unless it is allowed', async () => {
    const { home, away } = await twoServers();
    const { client } = clientOf({ base_url: home.url });
    await expect(client.request({ url: `${away.url}/items?key=canary` })).rejects.toMatchObject({
      code: 'http/origin',
      message: `GET ${away.url}/items is not at ${home.url}, where the source is`,
      hint: `If it is to be asked, without credentials, add "${away.host}" to \`allow_hosts\`.`,
    });
    expect(away.requests).toEqual([]);
  });

  test('does not get a body that was meant for the first one, unless it is allowed', async () => {
    const { home, away } = await twoServers();
    home.disturb('/moved', mishaps.redirect(307, `${away.url}/items`), 2);
    const request = { method: 'POST', url: '/moved', body: 'canary' };
    const { client } = clientOf({ base_url: home.url });
    await expect(client.request(request)).rejects.toMatchObject({ code: 'http/redirect' });
    expect(away.requests).toEqual([]);
    const allowed = clientOf({ base_url: home.url, allow_hosts: [away.host] });
    await allowed.client.request(request);
    expect(away.requests).toMatchObject([{ method: 'POST', body: 'canary' }]);
  });
});

describe('an address of this machine', () => {
  const inward = [
    '127.0.0.1',
    '127.8.9.10',
    'localhost',
    'localhost.',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0.0.0.0',
    '169.254.169.254',
    '[fe80::1]',
    '2130706433',
    '0x7f.1',
  ];
  test.each(inward)('is not asked because a server says so: %s', async (host) => {
    const { home, away } = await twoServers();
    const port = new URL(away.url).port;
    home.disturb('/moved', mishaps.redirect(302, `http://${host}:${port}/items`));
    const { client } = clientOf({ base_url: home.url });
    await expect(client.request({ url: '/moved' })).rejects.toMatchObject({ code: 'http/origin' });
    expect(away.requests).toEqual([]);
  });

  test('is refused by what a connection really leads to, whatever the name was', async () => {
    const { away } = await twoServers();
    const connections = await openConnections({ connect: 5000, idle: 5000, limit: 1000 });
    onTestFinished(() => connections.close());
    const request = { origin: away.url, path: '/items', method: 'GET' };
    await expect(connections.foreign.request(request)).rejects.toBeInstanceOf(InwardAddress);
    expect(away.requests).toEqual([]);
    expect((await connections.own.request(request)).statusCode).toBe(200);
  });
});

const leadsHere = (await lookup(hostname()).catch(() => undefined))?.address === '127.0.0.1';

test.runIf(leadsHere)('a name that leads to this machine is refused, even an allowed one', async () => {
  const { home, away } = await twoServers();
  const name = `${hostname()}:${new URL(away.url).port}`;
  home.disturb('/moved', mishaps.redirect(302, `http://${name}/items`));
  const { client } = clientOf({ base_url: home.url, allow_hosts: [name] });
  await expect(client.request({ url: '/moved' })).rejects.toMatchObject({ code: 'http/origin' });
  expect(away.requests).toEqual([]);
});

describe('a redirect at home', () => {
  test.each(Object.entries(auths))('keeps the credentials: %s', async (_, auth) => {
    const { home } = await twoServers();
    home.disturb('/moved', mishaps.redirect(301, '/items?cursor=c2'));
    const { client } = clientOf({ base_url: home.url, auth });
    const response = await client.request({ url: '/moved' });
    expect(response.json()).toMatchObject({ next: 'c3' });
    const [first, second] = home.requests.map(({ headers, url }) => ({
      ...headers,
      key: new URL(url, home.url).searchParams.get('key'),
    }));
    expect(second).toEqual(first);
  });

  test.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [301, 'PUT', 'PUT'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
    [303, 'HEAD', 'HEAD'],
  ])('of status %i makes a %s a %s', async (status, method, next) => {
    const { home } = await twoServers();
    home.disturb('/moved', mishaps.redirect(status, '/items'));
    const { client } = clientOf({ base_url: home.url });
    const sent = method === 'HEAD' ? {} : { body: '{}', idempotency_key: '7' };
    const headers: { [name: string]: string } =
      method === 'HEAD' ? {} : { 'content-type': 'application/json' };
    await client.request({ method, url: '/moved', headers, ...sent });
    const goesOn = next !== 'GET' && method !== 'HEAD';
    expect(home.requests[1]).toMatchObject({ method: next, body: goesOn ? '{}' : '' });
    expect(home.requests[1]?.headers['content-type']).toBe(goesOn ? 'application/json' : undefined);
    expect(home.requests[1]?.headers['idempotency-key']).toBe(goesOn ? '7' : undefined);
  });

  test('is followed ten times', async () => {
    const { home } = await twoServers();
    home.disturb('/moved', mishaps.redirect(302, '/moved'), 10);
    home.disturb('/around', mishaps.redirect(302, '/around'), 99);
    const { client } = clientOf({ base_url: home.url });
    expect(await client.request({ url: '/moved' })).toMatchObject({ status: 200, url: `${home.url}/moved` });
    await expect(client.request({ url: '/around' })).rejects.toMatchObject({ code: 'http/redirect' });
    expect(home.requests).toHaveLength(22);
  });

  test.each(['file:///etc/passwd', 'ftp://example.com/', 'http://:0:/'])(
    'does not lead to %s',
    async (location) => {
      const { home } = await twoServers();
      home.disturb('/moved', mishaps.redirect(302, location));
      const { client } = clientOf({ base_url: home.url });
      await expect(client.request({ url: '/moved' })).rejects.toMatchObject({ code: 'http/redirect' });
    },
  );
});

test('a redirect does not lead from https to http', async () => {
  const home = await startChaos({ tls: certificate });
  const away = await startChaos();
  home.disturb('/moved', mishaps.redirect(302, `${away.url}/items`));
  const { client } = clientOf({ base_url: home.url, ca: authority, allow_hosts: [away.host] });
  for (const url of ['/moved', `${away.url}/items`])
    await expect(client.request({ url })).rejects.toMatchObject({
      code: 'http/redirect',
      message: expect.stringMatching(/led from https to http/),
    });
  expect(away.requests).toEqual([]);
});
