import { describe, expect, test } from 'vitest';
import { type Auth, createAuth, type FixedAuthOptions } from '../../src/http/index.ts';
import { loginOf } from '../../src/http/login.ts';
import { startChaos } from '../kit/chaos-server.ts';
import * as mishaps from '../kit/mishaps.ts';
import { clientOf, readPages } from './support.ts';

describe('credentials', () => {
  test.each<[string, FixedAuthOptions, { url?: string; headers?: { [name: string]: string } }]>([
    ['none', { type: 'none' }, { url: '/items?cursor=c2' }],
    ['bearer', { type: 'bearer', token: 't0ken' }, { headers: { authorization: 'Bearer t0ken' } }],
    [
      'basic',
      { type: 'basic', username: 'ann', password: 'pässword' },
      { headers: { authorization: `Basic ${Buffer.from('ann:pässword').toString('base64')}` } },
    ],
    [
      'a header',
      { type: 'api_key', in: 'header', name: 'X-Api-Key', key: 'k3y' },
      { headers: { 'x-api-key': 'k3y' } },
    ],
    [
      'a parameter',
      { type: 'api_key', in: 'query', name: 'key', key: 'a&b' },
      { url: '/items?cursor=c2&key=a%26b' },
    ],
    [
      'a cookie',
      { type: 'api_key', in: 'cookie', name: 'session', key: 'k3y' },
      { headers: { cookie: 'theme=dark; session=k3y' } },
    ],
  ])('are sent as %s', async (_, options, expected) => {
    const chaos = await startChaos();
    const { client } = clientOf({
      base_url: chaos.url,
      auth: createAuth(options),
      headers: { Cookie: 'theme=dark' },
    });
    await client.request({ url: '/items', params: { cursor: 'c2' } });
    expect(chaos.requests).toMatchObject([expected]);
  });

  test('are not doubled where an address has them already', async () => {
    const chaos = await startChaos();
    const auth = createAuth({ type: 'api_key', in: 'query', name: 'key', key: 'k3y' });
    await clientOf({ base_url: chaos.url, auth }).client.request({
      url: `${chaos.url}/items?key=k3y&cursor=c2`,
    });
    expect(chaos.requests).toMatchObject([{ url: '/items?key=k3y&cursor=c2' }]);
  });

  test('of a request stand in the place of those of the client', async () => {
    const chaos = await startChaos();
    const [auth, other] = ['one', 'other'].map((token) => createAuth({ type: 'bearer', token }));
    await clientOf({ base_url: chaos.url, auth }).client.request({ url: '/items', auth: other });
    expect(chaos.requests[0]?.headers.authorization).toBe('Bearer other');
  });
});

/** Tokens `t0`, `t1` and so on; `refreshes` tells how often a new one was got. */
function renewable(fails?: Error): Auth & { readonly refreshes: () => number } {
  let number = 0;
  return {
    refreshes: () => number,
    apply: () => ({ headers: { authorization: `Bearer t${number}` }, secrets: [] }),
    async refresh() {
      await new Promise(setImmediate);
      if (fails !== undefined) throw fails;
      number += 1;
    },
  };
}

describe('a 401', () => {
  test('on any page is answered with renewed credentials, and no row comes twice', async () => {
    const chaos = await startChaos();
    for (const page of [1, 2, 3, 4, 5]) chaos.disturb(page, mishaps.unauthorized);
    const auth = renewable();
    const { client, clock } = clientOf({ base_url: chaos.url, auth });
    expect(await readPages(client)).toEqual(chaos.rows);
    expect(chaos.requests).toHaveLength(10);
    expect(auth.refreshes()).toBe(5);
    expect(clock.slept).toEqual([]);
  });

  test('after that is final', async () => {
    const chaos = await startChaos();
    chaos.disturb(1, mishaps.unauthorized, 9);
    const auth = renewable();
    const { client } = clientOf({ base_url: chaos.url, auth });
    await expect(readPages(client)).rejects.toMatchObject({
      code: 'http/unauthorized',
      hint: 'Check the credentials, and whether they have expired.',
    });
    expect(chaos.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer t0', 'Bearer t1']);
  });

  test('of many requests at once renews once', async () => {
    const chaos = await startChaos();
    const auth = renewable();
    for (const number of [1, 2, 3, 4, 5]) chaos.disturb(`/${number}`, mishaps.unauthorized);
    const { client } = clientOf({ base_url: chaos.url, auth, rate_limit: { concurrency: 3 } });
    const other = clientOf({ base_url: chaos.url, auth });
    const ask = (number: number) => (number % 2 ? client : other.client).request({ url: `/${number}` });
    await Promise.all([1, 2, 3, 4, 5].map(ask));
    const tokens = chaos.requests.map(({ headers }) => headers.authorization);
    expect(tokens.filter((token) => token === 'Bearer t0').length).toBeGreaterThanOrEqual(4);
    expect(auth.refreshes()).toBeLessThanOrEqual(2);
  });

  test('of old credentials, or while they are being renewed, renews nothing more', async () => {
    const auth = renewable();
    const login = loginOf(auth);
    const never = new AbortController().signal;
    expect(await Promise.all([login.renew(0, never), login.renew(0, never)])).toEqual([true, true]);
    expect(await login.renew(0, never)).toBe(true);
    expect(auth.refreshes()).toBe(1);
    expect(await login.renew(1, never)).toBe(true);
    expect(auth.refreshes()).toBe(2);
  });

  test('where renewing fails ends with that error', async () => {
    const chaos = await startChaos();
    chaos.disturb(1, mishaps.unauthorized);
    const fails = new Error('no more tokens');
    const { client } = clientOf({ base_url: chaos.url, auth: renewable(fails) });
    await expect(readPages(client)).rejects.toBe(fails);
  });

  test('is also what a caller takes for one', async () => {
    const chaos = await startChaos();
    chaos.disturb('/items', mishaps.answer(400, {}, 'expired'));
    const auth = renewable();
    const { client } = clientOf({ base_url: chaos.url, auth });
    const judge = ({ status }: { status: number }) => (status === 400 ? 'refresh' : undefined);
    expect(await client.request({ url: '/items', judge })).toMatchObject({ status: 200 });
    expect(auth.refreshes()).toBe(1);
  });
});
