import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/engine/events.ts';
import { asker, listening, rawly, routesOf, type ServerRoute } from '../daemon/listening.ts';
import { folderWith } from './cli.ts';
import { startDaemon } from './daemon-process.ts';
import { gate } from './gate.ts';

/** What is in the config, and never in a refusal. */
const config = `version: 1
daemon: { listen: "127.0.0.1:0" }
sources: { zebra_source: { type: ./gate.ts, streams: { zebra_stream: zebra_go } } }
sinks: { zebra_sink: { type: libsql, url: "file:zebra.db" } }
pipelines: { zebra: { from: zebra_source.zebra_stream, to: zebra_sink.zebra_rows, primary_key: id } }
`;
const isOpen = ({ url }: ServerRoute) => ['/healthz', '/readyz'].includes(url);

interface Probe {
  readonly method?: string;
  readonly headers?: { readonly [name: string]: string };
  readonly query?: string;
  readonly body?: string;
  /** The statuses a route may refuse it with; 200 for a route of health is told by `open`. */
  readonly refused: readonly number[];
  /** What a route that needs no token answers. */
  readonly open: readonly number[];
  readonly only?: (route: ServerRoute) => boolean;
}

const health = [200];
const takesBody = ({ method }: ServerRoute) => method === 'POST' || method === 'DELETE';

function probesFor(token: string): { readonly [name: string]: Probe } {
  const authorization = `Bearer ${token}`;
  const typed = (type: string, body: string): Probe => {
    const headers = { authorization, 'content-type': type };
    return { headers, body, refused: [415, 400], open: health, only: takesBody };
  };
  const forbidden = (headers: Probe['headers']): Probe => {
    return { headers: { authorization, ...headers }, refused: [403], open: [403] };
  };
  return {
    'no token': { refused: [401], open: health },
    'a wrong token': { headers: { authorization: `${authorization}x` }, refused: [401], open: health },
    'the token in the query': {
      query: `?token=${token}&access_token=${token}`,
      refused: [401],
      open: health,
    },
    'a foreign Host': forbidden({ host: 'evil.example' }),
    'a foreign Origin': forbidden({ origin: 'http://evil.example' }),
    'the Origin null': forbidden({ origin: 'null' }),
    'a page of another site': forbidden({ 'sec-fetch-site': 'cross-site' }),
    'a form': typed('application/x-www-form-urlencoded', 'force=true'),
    'a form with a file': typed('multipart/form-data; boundary=x', '--x--'),
    'plain text': typed('text/plain', '{}'),
    'JSON by another name': typed('application/json-seq', '{}'),
    ...Object.fromEntries(
      ['OPTIONS', 'PUT', 'PATCH', 'TRACE', 'PROPFIND'].map((method) => [
        `the method ${method}`,
        { method, headers: { authorization }, refused: [404], open: [404] },
      ]),
    ),
  };
}

/** A name that leads elsewhere, or nowhere. */
const names = [
  '..%2f..%2fetc%2fpasswd',
  '..%5c..',
  'zebra%2frun',
  '%2e%2e',
  '%00',
  'zebra%00',
  '%zz',
  '%c0%ae',
  '__proto__',
  'constructor',
  "'%3bDROP%20TABLE%20runs--",
  'x'.repeat(10_000),
];

describe('every route refuses, in the documented way and without a byte of the config', () => {
  it('what nobody may ask, and goes on', async () => {
    const folder = await folderWith({ 'sync.config.yaml': config, 'gate.ts': gate, zebra_go: '' });
    const daemon = await startDaemon(folder);
    const port = Number(new URL(daemon.url).port);
    const ask = asker(port);
    const telling = new RegExp(`zebra|${folder}|${daemon.token}`);
    const answered = async (route: ServerRoute, name: string, probe: Probe) => {
      const { method = route.method, headers, query = '', body } = probe;
      const answer = await ask(`${route.path}${query}`, { method, headers, body });
      const expected = isOpen(route) ? probe.open : probe.refused;
      const { status } = answer;
      expect({ name, route, status, fits: expected.includes(status) }).toMatchObject({ fits: true });
      expect(`${JSON.stringify(answer.headers)}${answer.body}`).not.toMatch(telling);
      expect(Object.keys(answer.headers).filter((header) => header.startsWith('access-control'))).toEqual([]);
      if (status >= 400 && method !== 'HEAD')
        expect(JSON.parse(answer.body)).toMatchObject({ error: { code: expect.stringMatching(/^api\//) } });
    };
    for (const [name, probe] of Object.entries(probesFor(daemon.token)))
      for (const route of routesOf()) if (probe.only?.(route) !== false) await answered(route, name, probe);

    const headers = { authorization: `Bearer ${daemon.token}` };
    for (const { method, url } of routesOf().filter(({ url }) => url.includes(':')))
      for (const name of names) {
        const { status, body } = await ask(url.replace(/:\w+/, name), { method, headers });
        expect([400, 404, 414], `${method} ${url} ${name.slice(0, 40)}`).toContain(status);
        expect(body).not.toMatch(/sync\.config|zebra_|passwd:/);
      }
    expect((await ask('/healthz')).status).toBe(200);
    expect((await daemon.ask('/api/v1/runs')).body).toEqual({ runs: [] });
    expect((await daemon.run('zebra')).status).toBe(202);
    expect(await daemon.event((event: RunEvent) => event.type === 'run_finished')).toMatchObject({
      result: { status: 'succeeded' },
    });
  });
});

/** How much of 100 MB was sent before the connection was closed, and what was answered. */
async function flood(port: number, head: string, chunk: Buffer): Promise<{ sent: number; answer: string }> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text) => {
    answer += text;
  });
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  // Whoever closes while more is sent may reset the connection.
  socket.on('error', () => undefined);
  socket.write(head);
  for (let sent = 0; sent < 100_000_000 && !socket.destroyed && answer === ''; sent += chunk.length)
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain').catch(() => undefined), closed]);
  await closed;
  return { sent: socket.bytesWritten, answer };
}

describe('a body of 100 MB is refused before it was read', () => {
  const chunk = Buffer.alloc(64_000, 0x20);
  const chunked = Buffer.concat([
    Buffer.from(`${chunk.length.toString(16)}\r\n`),
    chunk,
    Buffer.from('\r\n'),
  ]);

  it.each([
    ['of a known length', true, 'content-length: 100000000', chunk, 413],
    ['in chunks', true, 'transfer-encoding: chunked', chunked, 413],
    ['of a known length and without the token', false, 'content-length: 100000000', chunk, 401],
    ['in chunks and without the token', false, 'transfer-encoding: chunked', chunked, 401],
  ])('%s', async (_, may, header, bytes, status) => {
    const { port, authorized, ask, told } = await listening();
    const authorization = may ? `authorization: ${authorized.authorization}\r\n` : '';
    const head = `POST /api/v1/runs HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${authorization}content-type: application/json\r\n${header}\r\n\r\n`;
    const { sent, answer } = await flood(port, head, bytes);
    expect(sent).toBeLessThan(50_000_000);
    // Where the connection was reset, the answer may be lost.
    if (answer !== '') expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect((await ask('/healthz')).status).toBe(200);
    expect(told.started).toEqual([]);
  });
});

describe('what can be read in two ways is not read', () => {
  const hidden = 'POST /api/v1/pipelines/people/run HTTP/1.1';
  it.each([
    ['two lengths', ['content-length: 2', 'content-length: 40'], '{}'],
    ['a length and chunks', ['content-length: 4', 'transfer-encoding: chunked'], '0\r\n\r\n'],
    ['chunks and a length', ['transfer-encoding: chunked', 'content-length: 4'], '0\r\n\r\n'],
    ['chunks by another name', ['transfer-encoding: xchunked'], '0\r\n\r\n'],
    ['a space before a colon', ['content-length : 2'], '{}'],
    ['a length with a sign', ['content-length: +2'], '{}'],
    ['a header over two lines', ['x-a: b', ' transfer-encoding: chunked'], '0\r\n\r\n'],
    ['a bare line feed', ['x-a: b\ntransfer-encoding: chunked'], '0\r\n\r\n'],
    ['headers without end', [`x-a: ${'x'.repeat(20_000)}`], ''],
  ])('%s', async (_, headers, body) => {
    const { port, authorized, ask, told } = await listening();
    const own = [`host: 127.0.0.1:${port}`, `authorization: ${authorized.authorization}`];
    const head = (line: string, more: readonly string[]) => `${[line, ...own, ...more].join('\r\n')}\r\n\r\n`;
    const first = head('POST /api/v1/runs/R9/cancel HTTP/1.1', [
      'content-type: application/json',
      ...headers,
    ]);
    const answer = await rawly(port, `${first}${body}${head(hidden, ['content-length: 0'])}`);
    expect(answer).toMatch(/^HTTP\/1\.1 4(00|03|31) /);
    expect(answer).toMatch(/"code":"api\/(request|origin)"/);
    expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    expect(told.started).toEqual([]);
    expect((await ask('/healthz')).status).toBe(200);
  });
});

it('a client whose headers do not come to an end is told so, and let go', async () => {
  const { port, ask } = await listening(undefined, { headers_timeout: 200 });
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nx-slow: `);
  const answer = (await socket.setEncoding('utf8').toArray()).join('');
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toEqual({
    error: { code: 'api/request', message: 'the request did not come to its end in time' },
  });
  expect((await ask('/healthz')).status).toBe(200);
});

it('500 connections at once, each with half a request, keep nobody out', async () => {
  const folder = await folderWith({ 'sync.config.yaml': config, 'gate.ts': gate, zebra_go: '' });
  const daemon = await startDaemon(folder);
  const port = Number(new URL(daemon.url).port);
  const sockets: Socket[] = [];
  const answers = await Promise.all(
    Array.from({ length: 500 }, async () => {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket);
      await once(socket, 'connect');
      socket.write('GET /api/v1/status HTTP/1.1\r\n');
      return () => {
        socket.end(`host: 127.0.0.1:${port}\r\nconnection: close\r\n\r\n`);
        return socket.setEncoding('utf8').toArray();
      };
    }),
  );
  expect((await fetch(`${daemon.url}/healthz`)).status).toBe(200);
  expect((await daemon.run('zebra')).status).toBe(202);
  await daemon.event((event: RunEvent) => event.type === 'run_finished');
  const texts = await Promise.all(answers.map(async (ask) => (await ask()).join('').slice(0, 13)));
  // Who took longer than headers may take was told that.
  expect(new Set(texts.filter((text) => text !== 'HTTP/1.1 408 '))).toEqual(new Set(['HTTP/1.1 401 ']));
  expect((await fetch(`${daemon.url}/healthz`)).status).toBe(200);
});
