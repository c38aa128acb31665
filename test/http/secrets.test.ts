import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type Auth, createAuth, type FixedAuthOptions } from '../../src/http/index.ts';
import { type Mishap, startChaos } from '../kit/chaos-server.ts';
import * as mishaps from '../kit/mishaps.ts';
import { clientOf } from './support.ts';

const canary = 'canary/"ö" 1+1';
const auths: readonly FixedAuthOptions[] = [
  { type: 'bearer', token: canary },
  { type: 'basic', username: 'ann', password: canary },
  { type: 'api_key', in: 'header', name: 'x-api-key', key: canary },
  { type: 'api_key', in: 'query', name: 'key', key: canary },
  { type: 'api_key', in: 'cookie', name: 'session', key: canary },
];

/** Refuses, and tells all it was asked with. */
const echo: Mishap = ({ request: { url = '', headers }, response }) =>
  void response.writeHead(400).end(JSON.stringify({ headers, url, decoded: decodeURIComponent(url) }));

/** Everything a person could get to see of an error, on its own or in a crash report. */
function shown(error: unknown): string {
  return inspect(error, { depth: 9, showHidden: true });
}

describe.each(auths.map((options) => [options.type, options] as const))('a secret of %s', (_, options) => {
  test('is in no message, whatever goes wrong', async () => {
    const chaos = await startChaos();
    const { client, tries, waits } = clientOf(
      {
        base_url: `${chaos.url}/${encodeURIComponent('path-canary')}`,
        auth: createAuth(options),
        retry: { attempts: 1 },
        timeout: { total: 300 },
      },
      { secrets: ['path-canary', 'param-canary'] },
    );
    const all = [
      echo,
      mishaps.reset,
      mishaps.hang,
      mishaps.cutGzip,
      mishaps.shortLength,
      mishaps.loginPage,
      mishaps.limited('9'),
      mishaps.limited('9999'),
      mishaps.redirect(302, 'http://127.0.0.1:1/?key=param-canary'),
      mishaps.redirect(302, 'https://ann:param-canary@['),
    ];
    const told: string[] = [];
    for (const mishap of all) {
      chaos.disturb('/path-canary/items', mishap);
      const request = { url: '/items', params: { token: 'param-canary' }, expect: 'json' } as const;
      await client.request(request).catch((error: unknown) => told.push(shown(error)));
    }
    expect(told).toHaveLength(all.length);
    expect(told[0]).toContain('•••');
    for (const text of [...told, JSON.stringify({ tries, waits })])
      expect(text).not.toMatch(/canary|Y2FuYXJ5|YW5uOmNhbmFye/i);
  });
});

describe('an address that is none', () => {
  test.each(['https://ann:canary@host/', 'ftp://canary/', 'https://[canary', 'canary'])(
    'is not in the error: %s',
    (base_url) => {
      expect(() => clientOf({ base_url })).toThrow(expect.objectContaining({ code: 'http/request' }));
      try {
        clientOf({ base_url });
      } catch (error) {
        expect(shown(error).replace(/ {4}at .*/g, '')).not.toContain('canary');
      }
    },
  );
});

test('a token that ends in a line end is refused without showing it', async () => {
  const auth = createAuth({ type: 'bearer', token: 'canary\n' });
  const { client } = clientOf({ base_url: 'http://127.0.0.1:1', auth });
  const error = await client.request({ url: '/' }).catch((error: unknown) => error);
  expect(error).toMatchObject({ code: 'http/request' });
  expect(shown(error)).not.toContain('canary');
});

test('a secret that came with renewed credentials is in no message either', async () => {
  const chaos = await startChaos();
  chaos.disturb('/items', mishaps.unauthorized);
  chaos.disturb('/items', mishaps.answer(400, {}, '{"token":"new canary"}'));
  let token = 'old canary';
  const auth: Auth = {
    apply: () => ({ headers: { authorization: token }, secrets: [token] }),
    async refresh() {
      token = 'new canary';
    },
  };
  const { client } = clientOf({ base_url: chaos.url, auth });
  await expect(client.request({ url: '/items' })).rejects.toMatchObject({
    message: `GET ${chaos.url}/items answered 400 Bad Request: {"token":"•••"} (2 tries)`,
  });
});

test('what a server says is one line without escape sequences', async () => {
  const chaos = await startChaos();
  chaos.disturb('/items', mishaps.answer(400, {}, '\u001b[31mno\r\n\tsuch\u0007  field.\n'));
  const { client } = clientOf({ base_url: chaos.url });
  await expect(client.request({ url: '/items' })).rejects.toMatchObject({
    message: `GET ${chaos.url}/items answered 400 Bad Request: [31mno such field`,
  });
});

test('what a server says is cut short, and no secret is cut in two', async () => {
  const chaos = await startChaos();
  const token = 'canary-'.repeat(30);
  chaos.disturb('/items', mishaps.answer(400, {}, `${'x'.repeat(200)}${token}${'y'.repeat(5000)}`));
  const auth = createAuth({ type: 'bearer', token });
  const { client } = clientOf({ base_url: chaos.url, auth });
  const error = await client.request({ url: '/items' }).catch((error: unknown) => error);
  expect(shown(error)).toMatch(/x•••y+…/);
  expect(shown(error)).not.toContain('canary');
});
