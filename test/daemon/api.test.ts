import { describe, expect, it, onTestFinished } from 'vitest';
import { createApi, openApi } from '../../src/daemon/api/server.ts';
import { LiveRun } from '../../src/daemon/live-run.ts';
import { noCounts } from '../../src/model/result.ts';
import { codeOf, fakeControl, listening, rawly, routesOf, token } from './listening.ts';

describe('the API', () => {
  it('has the routes it should', () => {
    expect(
      routesOf()
        .map(({ method, url }) => `${method} ${url}`)
        .sort(),
    ).toEqual([
      'DELETE /api/v1/runs',
      'GET /api/v1/openapi.json',
      'GET /api/v1/runs',
      'GET /api/v1/runs/:id',
      'GET /api/v1/runs/:id/events',
      'GET /api/v1/statistics',
      'GET /api/v1/status',
      'GET /healthz',
      'GET /metrics',
      'GET /readyz',
      'HEAD /api/v1/openapi.json',
      'HEAD /api/v1/runs',
      'HEAD /api/v1/runs/:id',
      'HEAD /api/v1/statistics',
      'HEAD /api/v1/status',
      'HEAD /healthz',
      'HEAD /metrics',
      'HEAD /readyz',
      'POST /api/v1/pipelines/:name/pause',
      'POST /api/v1/pipelines/:name/resume',
      'POST /api/v1/pipelines/:name/run',
      'POST /api/v1/runs',
      'POST /api/v1/runs/:id/cancel',
      'POST /api/v1/runs/:id/undo',
    ]);
  });

  it.each([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer a-token-that-nobody-guessed' }],
    ['the start of it', { authorization: `Bearer ${token.slice(0, -1)}` }],
    ['one of another scheme', { authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}` }],
    ['an empty one', { authorization: 'Bearer ' }],
    ['one in a cookie', { cookie: `token=${token}` }],
  ])('answers on no route but the two of health when the token is %s', async (_, headers) => {
    const { ask, told } = await listening(new LiveRun());
    for (const { method, path } of [...routesOf(), { method: 'GET', path: '/nowhere' }]) {
      const { status, body } = await ask(path, { method, headers });
      const health = path === '/healthz' || path === '/readyz';
      expect({ method, path, status }).toEqual({ method, path, status: health ? 200 : 401 });
      if (health) expect(body).toBe('');
      else expect(body).toMatch(method === 'HEAD' ? /^$/ : /api\/token/);
    }
    expect(told).toMatchObject({ started: [], cleared: [], cancelled: [] });
    expect(told.paused.size).toBe(0);
  });

  it('takes no token from the address', async () => {
    const { ask } = await listening();
    const given = encodeURIComponent(token);
    for (const query of [`token=${given}`, `access_token=${given}`, `authorization=Bearer%20${given}`])
      expect((await ask(`/api/v1/status?${query}`)).status).toBe(401);
    expect((await ask(`/healthz/..%2fapi/v1/status`)).status).toBe(401);
    expect((await ask('/healthz/../api/v1/status')).status).toBe(401);
    expect((await ask('//healthz')).status).toBe(401);
    expect((await ask('/%zz')).status).toBe(401);
  });

  it('refuses a foreign Host, also on the routes of health, whoever has the token', async () => {
    const { ask, authorized, port } = await listening();
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      `127.0.0.1.evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1:${port + 1}`,
      `localhost@evil.example:${port}`,
      `10.0.0.1:${port}`,
    ])
      for (const path of ['/healthz', '/readyz', '/api/v1/status']) {
        const answer = await ask(path, { headers: { ...authorized, host } });
        expect({ host, status: answer.status, code: codeOf(answer) }).toEqual({
          host,
          status: 403,
          code: 'api/origin',
        });
      }
    for (const head of ['GET /healthz HTTP/1.0', 'GET /healthz HTTP/1.1\r\nHost:'])
      expect(await rawly(port, `${head}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 40[03] /);
    const two = `GET /healthz HTTP/1.1\r\nhost: localhost:${port}\r\nhost: localhost:${port}\r\n\r\n`;
    expect(await rawly(port, two)).toMatch(/^HTTP\/1\.1 403 /);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, `LOCALHOST:${port}`])
      expect((await ask('/api/v1/status', { headers: { ...authorized, host } })).status).toBe(200);
  });

  it('refuses a foreign Origin and what a browser says is from another site', async () => {
    const { ask, authorized, port } = await listening();
    const foreign: { readonly [name: string]: string }[] = [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: `https://127.0.0.1:${port}` },
      { origin: `http://localhost:${port}` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of foreign)
      for (const path of ['/healthz', '/api/v1/status'])
        expect((await ask(path, { headers: { ...authorized, ...headers } })).status).toBe(403);
    const own = { ...authorized, origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' };
    expect((await ask('/api/v1/status', { headers: own })).status).toBe(200);
  });

  it('gives a browser no leave to ask from elsewhere', async () => {
    const { ask, authorized } = await listening();
    const preflight = { origin: 'http://evil.example', 'access-control-request-method': 'POST' };
    for (const headers of [preflight, {}, authorized])
      for (const path of ['/api/v1/status', '/api/v1/pipelines/people/run', '*']) {
        const answer = await ask(path, { method: 'OPTIONS', headers });
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
  });

  it.each([
    ['a form', 'application/x-www-form-urlencoded', 'a=b', 415],
    ['text', 'text/plain', '{}', 415],
    ['files', 'multipart/form-data; boundary=x', '--x--', 415],
    ['nothing it names', '', '{}', 415],
    ['broken JSON', 'application/json', '{', 400],
    ['options it does not have', 'application/json', '{"fully":true}', 400],
    ['a list', 'application/json', '[1]', 400],
    ['2 MB', 'application/json', JSON.stringify({ a: 'x'.repeat(2_000_000) }), 413],
    ['a prototype', 'application/json', '{"__proto__":{"a":1}}', 400],
  ])('refuses a body that is %s', async (_, type, body, status) => {
    const { ask, authorized, told } = await listening();
    const headers = { ...authorized, ...(type === '' ? {} : { 'content-type': type }) };
    // One that is far too large is refused before it has been read: then the connection is gone.
    const answer = await ask('/api/v1/pipelines/people/run', { method: 'POST', headers, body }).catch(
      (error: NodeJS.ErrnoException) => ({ status: 413, code: error.code }),
    );
    expect(answer.status).toBe(status);
    expect(told.started).toEqual([]);
  });

  it('starts a run, once, and says where it is', async () => {
    const { ask, authorized } = await listening();
    const post = (name: string) =>
      ask(`/api/v1/pipelines/${name}/run`, { method: 'POST', headers: authorized });
    const first = await post('people');
    expect(first).toMatchObject({ status: 202, headers: { location: '/api/v1/runs/R1' } });
    expect(JSON.parse(first.body)).toEqual({ runId: 'R1' });
    const second = await post('people');
    expect([second.status, codeOf(second)]).toEqual([409, 'lease/held']);
    const unknown = await post('nobody');
    expect([unknown.status, codeOf(unknown)]).toEqual([404, 'usage/unknown_pipeline']);
    expect((await ask('/api/v1/runs/R2', { headers: authorized })).status).toBe(404);
    expect((await ask('/api/v1/runs/R1', { headers: authorized })).status).toBe(200);
  });

  it('tells nothing of what went wrong inside, but to the daemon', async () => {
    const { ask, authorized, failures } = await listening();
    const answer = await ask('/api/v1/pipelines/broken/run', { method: 'POST', headers: authorized });
    expect([answer.status, codeOf(answer)]).toEqual([500, 'internal/bug']);
    expect(answer.body).not.toContain('secret');
    expect(failures).toHaveLength(1);
  });
});

describe('the events of a run', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const progress = (read: number) =>
    ({ type: 'progress', at, pipeline: 'people', counts: { ...noCounts, read } }) as const;
  const result = {
    runId: 'R1',
    status: 'succeeded',
    exitCode: 0,
    startedAt: at,
    finishedAt: at,
    pipelines: {},
  } as const;

  it('are streamed as they happen, with those before, to the end', async () => {
    const live = new LiveRun();
    live.add({ type: 'run_started', at, run: 'R1', pipelines: ['people'] });
    live.add(progress(1));
    live.add(progress(2));
    const { ask, authorized } = await listening(live);
    let later = [progress(3), { type: 'run_finished', at, result } as const];
    const heard = (text: string) => {
      if (!text.includes('"read":2')) return;
      for (const event of later) live.add(event);
      if (later.length > 0) live.end();
      later = [];
    };
    const { headers, body } = await ask('/api/v1/runs/R1/events', { headers: authorized, heard });
    expect(headers['content-type']).toBe('text/event-stream');
    const ids = [...body.matchAll(/^id: (\d+)\nevent: (\w+)$/gm)].map(([, id, type]) => `${id} ${type}`);
    expect(ids).toEqual(['1 run_started', '3 progress', '4 progress', '5 run_finished']);
    const again = await ask('/api/v1/runs/R1/events', { headers: { ...authorized, 'last-event-id': '4' } });
    expect([...again.body.matchAll(/^id: (\d+)$/gm)].map(([, id]) => id)).toEqual(['5']);
  });

  it('of another process are not made up', async () => {
    const { ask, authorized } = await listening();
    expect((await ask('/api/v1/runs/R1/events', { headers: authorized })).status).toBe(404);
  });

  it('are kept in bounds, and the first stays', () => {
    const live = new LiveRun();
    live.add({ type: 'run_started', at, run: 'R1', pipelines: [] });
    for (let n = 0; n < 3000; n++) live.add({ type: 'notice', at, level: 'info', message: `${n}` });
    const ids: number[] = [];
    live.follow(0, (numbered) => ids.push(numbered?.id ?? 0));
    expect([ids.length, ids[0], ids[1], ids.at(-1)]).toEqual([1000, 1, 2003, 3001]);
  });
});

it('the API listens on loopback alone', async () => {
  const { control } = fakeControl();
  const app = createApi(control, { listen: { host: '127.0.0.1', port: 0 }, token, failed: () => undefined });
  onTestFinished(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  expect(app.addresses()).toEqual([expect.objectContaining({ address: '127.0.0.1' })]);
});

it('a port that is taken is told', async () => {
  const { port } = await listening();
  const { control } = fakeControl();
  const options = { listen: { host: '127.0.0.1', port }, token, failed: () => undefined };
  await expect(openApi(control, options)).rejects.toMatchObject({ code: 'daemon/listen' });
});
