import { describe, expect, it } from 'vitest';
import { LiveRun } from '../../src/daemon/live-run.ts';
import { documented, type OpenApi } from './documented.ts';
import { type Asked, codeOf, listening, routesOf } from './listening.ts';

const json = { 'content-type': 'application/json' };
const run = '/api/v1/pipelines/people/run';

async function served() {
  const live = new LiveRun();
  live.add({ type: 'run_started', at: '2026-01-01T00:00:00.000Z', run: 'R1', pipelines: ['people'] });
  live.end();
  const { ask, authorized, ...others } = await listening(live);
  const { body } = await ask('/api/v1/openapi.json', { headers: authorized });
  const document = JSON.parse(body) as OpenApi;
  const check = documented(document);
  /** Asks with the token, and holds the answer against the document. */
  const asked = async (path: string, options: Asked = {}) => {
    const headers = { ...authorized, ...options.headers };
    const answer = await ask(path, { ...options, headers });
    const { status, headers: given, body } = answer;
    const type = String(given['content-type'] ?? '');
    const name = check({ method: options.method ?? 'GET', path, status, type, body });
    return { ...answer, name };
  };
  return { document, ask, asked, ...others };
}

type Exchange = readonly [method: string, path: string, status: number, body?: unknown, headers?: object];

/** At least one for each answer of each route, but for those that all routes have. */
const exchanges: readonly Exchange[] = [
  ['GET', '/healthz', 200],
  ['GET', '/readyz', 200],
  ['GET', '/api/v1/openapi.json', 200],
  ['GET', '/api/v1/status', 200],
  ['GET', '/api/v1/statistics', 200],
  ['GET', '/api/v1/runs?limit=1&status=running&pipeline=people', 200],
  ['GET', '/api/v1/runs?pipeline=nobody', 404],
  ['GET', '/api/v1/runs/R0', 200],
  ['GET', '/api/v1/runs/R9', 404],
  ['GET', '/api/v1/runs/R0/events', 200],
  ['GET', '/api/v1/runs/R1/events', 200],
  ['GET', '/api/v1/runs/R9/events', 404],
  ['POST', '/api/v1/runs', 202, { pipelines: ['people'], full: true, partition: { city: 'Rome', zone: 7 } }],
  ['POST', '/api/v1/runs', 409, {}],
  ['POST', '/api/v1/runs', 404, { pipelines: ['nobody'] }],
  ['POST', '/api/v1/runs', 202, {}, { 'idempotency-key': 'used-before' }],
  ['POST', '/api/v1/runs', 422, {}, { 'idempotency-key': 'used-for-another' }],
  ['POST', run, 409, { from: '2024-01-01', to: '-7d' }],
  ['POST', run, 202, undefined, { 'idempotency-key': 'used-before' }],
  ['POST', run, 422, {}, { 'idempotency-key': 'used-for-another' }],
  ['POST', '/api/v1/pipelines/nobody/run', 404],
  ['POST', '/api/v1/runs/R1/cancel', 202],
  ['POST', '/api/v1/runs/R0/cancel', 409, {}],
  ['POST', '/api/v1/runs/R9/cancel', 404],
  ['POST', '/api/v1/runs/R0/undo', 200, { force: true }],
  ['POST', '/api/v1/runs/R0/undo', 409, { force: false }],
  ['POST', '/api/v1/runs/R9/undo', 404],
  ['GET', '/metrics', 200],
  ['DELETE', '/api/v1/runs?keep_latest=true', 200],
  ['POST', '/api/v1/pipelines/people/pause', 200],
  ['POST', '/api/v1/pipelines/nobody/pause', 404],
  ['POST', '/api/v1/pipelines/people/resume', 200, {}],
  ['POST', '/api/v1/pipelines/nobody/resume', 404],
];

describe('the OpenAPI document', () => {
  it('has every route of the server, and no other', async () => {
    const { document } = await served();
    const inDocument = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const inServer = routesOf().map(({ method, url }) => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`);
    expect(inDocument.sort()).toEqual([...inServer].sort());
  });

  it('is what the routes answer, also when they refuse', async () => {
    const { document, asked, ask } = await served();
    const seen = new Set<string>();
    for (const [method, path, status, body, headers] of exchanges) {
      const sent = body === undefined ? undefined : JSON.stringify(body);
      const answer = await asked(path, { method, body: sent, headers: { ...(sent && json), ...headers } });
      expect({
        path,
        body,
        status: answer.status,
        text: answer.status === status ? '' : answer.body,
      }).toEqual({
        path,
        body,
        status,
        text: '',
      });
      seen.add(answer.name);
    }
    const check = documented(document);
    for (const { method, path, url } of routesOf()) {
      const open = ['/healthz', '/readyz'].includes(url);
      seen.add((await asked(path, { method, headers: { host: 'evil.example' } })).name);
      if (method === 'HEAD') seen.add((await asked(path, { method })).name);
      if (open) continue;
      const { status, headers, body } = await ask(path, { method });
      seen.add(check({ method, path, status, type: String(headers['content-type'] ?? ''), body }));
      seen.add((await asked(`${path}?unknown=1`, { method })).name);
      if (method !== 'POST') continue;
      seen.add((await asked(path, { method, headers: json, body: '{"unknown":1}' })).name);
      seen.add((await asked(path, { method, headers: { 'content-type': 'text/plain' }, body: '{}' })).name);
      const large = { ...json, 'content-length': '100000000' };
      seen.add((await asked(path, { method, headers: large })).name);
    }
    const all = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { responses }]) =>
        Object.keys(responses).map((status) => `${method.toUpperCase()} ${path} ${status}`),
      ),
    );
    // A daemon that fails, is being stopped, or has kept events is another test's; a HEAD is answered as its GET.
    const others = all.filter((name) => !seen.has(name) && !/ (500|503|204)$|^HEAD .* 404$/.test(name));
    expect(others).toEqual([]);
  });

  it('tells the answer of a daemon that failed', async () => {
    const { asked, failures } = await served();
    const { status, body } = await asked('/api/v1/pipelines/broken/run', { method: 'POST' });
    expect([status, codeOf({ body }), failures.length]).toEqual([500, 'internal/bug', 1]);
    expect(body).not.toContain('secret');
  });
});

describe('a request is refused, and what is wrong with it named, when it has', () => {
  it.each<readonly [string, unknown, string]>([
    ['an unknown key', { full: true, config: 'x.yaml' }, 'body has an unknown key "config"'],
    ['another key of the command line', { max_records: 1 }, '"max_records"'],
    ['a text for a boolean', { full: 'true' }, 'body.full must be boolean'],
    ['a number for a boolean', { full: 1 }, 'body.full must be boolean'],
    ['a text for a list', { pipelines: 'people' }, 'body.pipelines must be array'],
    ['an empty list', { pipelines: [] }, 'body.pipelines must NOT have fewer than 1 items'],
    ['a number for a name', { select: ['people', 7] }, 'body.select.1 must be string'],
    ['no partition in it', { partition: {} }, 'body.partition must NOT have fewer than 1 properties'],
    [
      'a list for a partition',
      { partition: { city: ['Rome'] } },
      'body.partition.city must be string,number',
    ],
    ['a number for a time', { from: 7 }, 'body.from must be string'],
    ['a list as its body', [], 'body must be object'],
    ['null as its body', null, 'body must be object'],
  ])('%s', async (_, body, message) => {
    const { asked, told } = await served();
    const answer = await asked('/api/v1/runs', { method: 'POST', headers: json, body: JSON.stringify(body) });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body).error).toMatchObject({ code: 'api/request' });
    expect(JSON.parse(answer.body).error.message).toContain(message);
    expect(told.started).toEqual([]);
  });

  it.each([
    ['GET', '/api/v1/runs?limit=0', 'query.limit must be >= 1'],
    ['GET', '/api/v1/runs?limit=1001', 'query.limit must be <= 1000'],
    ['GET', '/api/v1/runs?limit=ten', 'query.limit must be integer'],
    ['GET', '/api/v1/runs?limit=1e2', 'query.limit must be integer'],
    ['GET', '/api/v1/runs?limit=1&limit=2', 'query.limit must be integer'],
    ['GET', '/api/v1/runs?status=paused', 'query.status must be equal to one of the allowed values: failed,'],
    ['GET', '/api/v1/runs?since=today', 'query has an unknown key "since"'],
    ['GET', '/api/v1/status?verbose', 'query has an unknown key "verbose"'],
    ['DELETE', '/api/v1/runs', 'one of keep_latest, older_than and all'],
    ['DELETE', '/api/v1/runs?keep_latest=false', 'query.keep_latest must be equal to constant'],
    ['DELETE', '/api/v1/runs?all=true&older_than=30d', 'one of keep_latest, older_than and all'],
    ['DELETE', '/api/v1/runs?older_than=yesterday', 'query.older_than must match pattern'],
    ['DELETE', '/api/v1/runs?older_than=999999999999mo', 'is not a duration'],
    ['POST', '/api/v1/runs?full=true', 'query has an unknown key "full"'],
  ])('%s %s', async (method, path, message) => {
    const { asked, told } = await served();
    const answer = await asked(path, { method });
    expect([answer.status, codeOf(answer)]).toEqual([400, 'api/request']);
    expect(JSON.parse(answer.body).error.message).toContain(message);
    expect(told).toMatchObject({ started: [], cleared: [] });
  });

  it.each(['short', 'x'.repeat(256), 'with a space', 'ümläut-key', 'tab\tinside'])(
    'the key %j',
    async (key) => {
      const { asked, told } = await served();
      const headers = { 'idempotency-key': key };
      const answer = await asked('/api/v1/runs', { method: 'POST', headers });
      expect([answer.status, codeOf(answer)]).toEqual([400, 'api/request']);
      expect(told.started).toEqual([]);
    },
  );
});

it('what is asked arrives as it was asked', async () => {
  const { asked, told } = await served();
  const body = { select: ['tag:crm', 'p*'], partition: { city: 'Rome' }, from: '-7d' };
  const headers = { ...json, 'idempotency-key': '~'.repeat(255) };
  const answer = await asked('/api/v1/runs', { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer).toMatchObject({ status: 202, headers: { location: '/api/v1/runs/R1' } });
  expect(answer.headers).not.toHaveProperty('idempotency-replayed');
  expect(told.started).toEqual([{ request: body, key: '~'.repeat(255) }]);
  const again = await asked('/api/v1/runs', {
    method: 'POST',
    headers: { 'idempotency-key': 'used-before' },
  });
  expect(again).toMatchObject({
    headers: { location: '/api/v1/runs/R0', 'idempotency-replayed': 'true' },
    body: '{"runId":"R0"}',
  });
  for (const query of ['keep_latest=true', 'all=true', 'older_than=2h'])
    await asked(`/api/v1/runs?${query}`, { method: 'DELETE' });
  const types = [{ type: 'keep_latest' }, { type: 'all' }, { type: 'older_than', milliseconds: 7_200_000 }];
  expect(told.cleared).toEqual(types);
  const { runs } = JSON.parse((await asked('/api/v1/runs?limit=1')).body);
  expect(runs).toMatchObject([{ runId: 'R1' }]);
  const { totals } = JSON.parse((await asked('/api/v1/status')).body);
  expect(totals).toEqual({ idle: 0, running: 1, failed: 0, never_run: 0, paused: 1 });
});
