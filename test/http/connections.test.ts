import { createServer, request as forward } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startChaos } from '../kit/chaos-server.ts';
import * as mishaps from '../kit/mishaps.ts';
import { authority, certificate, clientOf, readPages } from './support.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A proxy that remembers what it was asked for. */
async function startProxy(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const { headers, method } = request;
    request.pipe(
      forward(request.url ?? '', { headers, method }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }),
    );
  });
  server.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    if (request.headers['proxy-authorization'] === undefined) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    const onward = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const one of [socket, onward]) one.on('error', () => onward.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe('a proxy', () => {
  test('is asked for what HTTP_PROXY and HTTPS_PROXY say, and not for NO_PROXY', async () => {
    const proxy = await startProxy();
    const [plain, secure, direct] = [
      await startChaos(),
      await startChaos({ tls: certificate }),
      await startChaos(),
    ];
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('HTTPS_PROXY', proxy.url.replace('://', '://ann:canary@'));
    vi.stubEnv('NO_PROXY', direct.host);
    for (const { url, rows } of [plain, secure, direct])
      expect(await readPages(clientOf({ base_url: url, ca: authority }).client)).toEqual(rows);
    expect(new Set(proxy.asked.filter((line) => line.startsWith('CONNECT')))).toEqual(
      new Set([`CONNECT ${secure.host}`]),
    );
    expect(proxy.asked.filter((line) => line.startsWith(`GET ${plain.url}/items`))).toHaveLength(5);
    expect(plain.requests[0]?.headers.host).toBe(plain.host);
  });

  test('that keeps us away is named', async () => {
    const proxy = await startProxy();
    const secure = await startChaos({ tls: certificate });
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    const { client } = clientOf({ base_url: secure.url, retry: { attempts: 2 } });
    await expect(client.request({ url: '/items' })).rejects.toMatchObject({
      code: 'http/connection',
      message: expect.stringMatching(/is kept away: Proxy response \(407\).*\(2 tries\)$/),
    });
  });
});

describe('a certificate', () => {
  test('of an authority of our own is trusted by `ca`', async () => {
    const chaos = await startChaos({ tls: certificate });
    expect(await readPages(clientOf({ base_url: chaos.url, ca: authority }).client)).toEqual(chaos.rows);
  });

  test('of an authority that Node was told of is trusted beside `ca`', async () => {
    const chaos = await startChaos({ tls: certificate });
    const another = join(authority, '..', 'server.pem');
    vi.stubEnv('NODE_EXTRA_CA_CERTS', authority);
    expect(await readPages(clientOf({ base_url: chaos.url, ca: another }).client)).toEqual(chaos.rows);
    vi.stubEnv('NODE_EXTRA_CA_CERTS', undefined);
    await expect(readPages(clientOf({ base_url: chaos.url, ca: another }).client)).rejects.toMatchObject({
      code: 'http/certificate',
    });
  });

  test('that nobody vouches for is refused at once', async () => {
    const chaos = await startChaos({ tls: certificate });
    const { client, tries } = clientOf({ base_url: chaos.url });
    await expect(client.request({ url: '/items' })).rejects.toMatchObject({
      code: 'http/certificate',
      message: expect.stringMatching(/has a certificate that is not trusted \([A-Z_]+\)$/),
    });
    expect(tries).toHaveLength(1);
    expect(chaos.requests).toEqual([]);
  });

  test.each([
    ['that is not there', 'none.pem'],
    ['that holds none', 'server-key.pem'],
  ])('file %s is told', async (_, name) => {
    const ca = join(authority, '..', name);
    const { client } = clientOf({ base_url: 'https://127.0.0.1:1', ca });
    await expect(client.request({ url: '/' })).rejects.toMatchObject({
      code: 'http/certificate',
      message: expect.stringContaining(ca),
    });
  });
});

describe('a body', () => {
  test.each(Object.entries(mishaps.packers))('is unpacked: %s', async (_, packer) => {
    const chaos = await startChaos();
    chaos.disturb(1, packer);
    const { client } = clientOf({ base_url: chaos.url });
    expect(await readPages(client)).toEqual(chaos.rows);
    expect(chaos.requests[0]?.headers['accept-encoding']).toBe('gzip, deflate, br');
  });

  test('has numbers as exact as they were sent', async () => {
    const chaos = await startChaos();
    chaos.disturb('/n', mishaps.answer(200, {}, '[9007199254740993,1884518522.1684267241]'));
    const response = await clientOf({ base_url: chaos.url }).client.request({ url: '/n', expect: 'json' });
    expect(`${response.json()}`).toBe('9007199254740993,1884518522.1684267241');
  });

  test('is text of the charset it says', async () => {
    const chaos = await startChaos();
    const latin = answerBytes('text/plain; charset=ISO-8859-1', [0x77, 0xf6]);
    chaos.disturb('/latin', latin);
    chaos.disturb('/wrong', answerBytes('text/plain', [0x77, 0xf6]));
    const { client } = clientOf({ base_url: chaos.url });
    expect((await client.request({ url: '/latin' })).text()).toBe('wö');
    const wrong = await client.request({ url: '/wrong' });
    expect(() => wrong.text()).toThrow(expect.objectContaining({ code: 'http/charset' }));
  });

  test.each(['plain', 'packed'])('may be no larger than `max_body`: %s', async (kind) => {
    const chaos = await startChaos();
    if (kind === 'packed') chaos.disturb(1, mishaps.packers.gzip ?? mishaps.hang);
    const whole = JSON.stringify({ items: chaos.rows.slice(0, 10), next: 'c2' }).length;
    const fits = clientOf({ base_url: chaos.url, max_body: whole });
    expect((await fits.client.request({ url: '/items' })).body).toHaveLength(whole);
    if (kind === 'packed') chaos.disturb(1, mishaps.packers.gzip ?? mishaps.hang);
    const short = clientOf({ base_url: chaos.url, max_body: whole - 1 });
    await expect(short.client.request({ url: '/items' })).rejects.toMatchObject({ code: 'http/too_large' });
  });

  test.each([
    ['longer', mishaps.shortLength],
    ['shorter', mishaps.longLength],
  ])('that is %s than it should be is asked for again, whatever it holds', async (_, mishap) => {
    const chaos = await startChaos();
    chaos.disturb(1, mishap, 2);
    const { client } = clientOf({ base_url: chaos.url });
    expect((await client.request({ url: '/items' })).json()).toMatchObject({ next: 'c2' });
    expect(chaos.requests).toHaveLength(3);
  });

  test('of an answer without one is empty', async () => {
    const chaos = await startChaos();
    chaos.disturb('/gone', mishaps.answer(204, { 'content-encoding': 'gzip' }));
    const { client } = clientOf({ base_url: chaos.url });
    expect(await client.request({ url: '/gone', expect: 'json' })).toMatchObject({ status: 204 });
    expect(await client.request({ method: 'HEAD', url: '/items' })).toMatchObject({ status: 200 });
  });
});

describe('a server that is silent', () => {
  const connected = { connect: 20_000 };
  test.each([
    ['before its answer', mishaps.hang, /did not answer in time$/],
    ['in the middle of it', mishaps.hangHalfway, /stopped in the middle of its answer$/],
  ])('%s is left after `idle`', async (_, mishap, message) => {
    const chaos = await startChaos();
    chaos.disturb(1, mishap);
    const { client } = clientOf({
      base_url: chaos.url,
      timeout: { ...connected, idle: 50 },
      retry: { attempts: 1 },
    });
    await expect(client.request({ url: '/items' })).rejects.toMatchObject({
      code: 'http/timeout',
      message: expect.stringMatching(message),
    });
  });

  test('only in the end is left after `total`', async () => {
    const chaos = await startChaos();
    chaos.disturb(1, mishaps.drip);
    const { client } = clientOf({
      base_url: chaos.url,
      timeout: { ...connected, total: 300 },
      retry: { attempts: 1 },
    });
    await expect(client.request({ url: '/items' })).rejects.toMatchObject({ code: 'http/timeout' });
  });

  test('or not there is told with its address', async () => {
    const { client, tries } = clientOf({ base_url: 'http://127.0.0.1:1/v2', retry: { attempts: 3 } });
    await expect(client.request({ method: 'POST', url: '/items', body: '' })).rejects.toMatchObject({
      code: 'http/connection',
      message: 'POST http://127.0.0.1:1/v2/items cannot be reached (ECONNREFUSED) (3 tries)',
    });
    expect(tries).toMatchObject([{ attempt: 1 }, { attempt: 2 }, { attempt: 3 }]);
  });
});

test('a connection is used again', async () => {
  const chaos = await startChaos();
  const ports = new Set<number | undefined>();
  for (const page of [1, 2, 3, 4, 5])
    chaos.disturb(page, ({ request, response, page }) => {
      ports.add(request.socket.remotePort);
      response.end(JSON.stringify(page));
    });
  await readPages(clientOf({ base_url: chaos.url }).client);
  expect(ports.size).toBe(1);
});

test('a closed client asks nobody', async () => {
  const chaos = await startChaos();
  const { client } = clientOf({ base_url: chaos.url });
  await client.request({ url: '/items' });
  await client.close();
  await expect(client.request({ url: '/items' })).rejects.toMatchObject({ code: 'http/connection' });
  expect(chaos.requests).toHaveLength(1);
});

function answerBytes(type: string, bytes: readonly number[]) {
  return ({ response }: Parameters<typeof mishaps.hang>[0]) =>
    void response.writeHead(200, { 'content-type': type }).end(Uint8Array.from(bytes));
}
