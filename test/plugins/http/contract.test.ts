import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sourceContract } from 'syncline/testing';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { source } from '../../../plugins/http/index.ts';

const records = [
  { id: 1, name: 'Ann', big: 9007199254740993n },
  { id: 2, name: null, big: 0 },
  { id: 3, name: 'Zoë 👍', big: -1 },
];

const pages = [
  '{"items":[{"id":1,"name":"Ann","big":9007199254740993},{"id":2,"name":null,"big":0}],"next_cursor":"b"}',
  '{"items":[{"id":3,"name":"Zoë 👍","big":-1}],"next_cursor":null}',
];

const server = createServer(({ url = '' }, response) => {
  const { pathname, searchParams } = new URL(url, 'http://any');
  const bodies: { readonly [path: string]: string | undefined } = {
    '/people': pages[searchParams.get('cursor') === 'b' ? 1 : 0],
    '/page': '<html>log in</html>',
    '/object': '{"things":[]}',
  };
  const body = bodies[pathname];
  response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(body);
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe('the http source', () => {
  sourceContract({
    test,
    definition: source,
    options: async () => ({
      base_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      pagination: 'auto',
    }),
    stream: { path: '/people', format: 'json', records: 'items' },
    records,
    unreadable: [
      { path: '/nowhere', format: 'json' },
      { path: '/page', format: 'json' },
      { path: '/object', format: 'json' },
      { path: '/people', format: 'json', records: 'data' },
      { path: '/people', format: 'json', records: 'items', method: 'GET', body: {} },
    ],
  });
});
