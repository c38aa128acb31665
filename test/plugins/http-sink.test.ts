import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { sinkContract } from 'syncline/testing';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { sink } from '../../plugins/http/sink.ts';
import { parseJson, printJson, type Row, type RowsRefused, type Value } from '../../src/index.ts';
import { context } from '../../src/testing/suite.ts';
import { batchOf, run } from '../../src/testing/target.ts';
import { folderWith, syncline } from '../e2e/cli.ts';

interface Received {
  readonly method: string;
  readonly path: string;
  readonly key: string;
  readonly rows: readonly { readonly [name: string]: Value }[];
}

/** An API that does once what it is asked several times under one key, and answers what `status` says. */
async function startApi(status: (received: Received, time: number) => number = () => 201) {
  const received: Received[] = [];
  const taken = new Map<string, Received>();
  const answer = async (request: IncomingMessage): Promise<number> => {
    const body = parseJson(await text(request)) as Value;
    const { method = '', url = '', headers } = request;
    const rows = (Array.isArray(body) ? body : [body]) as Received['rows'];
    const one = { method, path: url, key: String(headers['idempotency-key']), rows };
    received.push(one);
    const answered = status(one, received.length);
    if (answered < 300 || answered >= 500) taken.set(one.key, one);
    return answered;
  };
  const server = createServer(async (request, response) => {
    const said = await answer(request);
    response
      .writeHead(said, { 'content-type': 'application/json' })
      .end(JSON.stringify({ error: 'no such plan.' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const base_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2`;
  return { base_url, received, rows: () => [...taken.values()].flatMap(({ rows }) => rows) };
}

async function openWriter(base_url: string, more: object = {}) {
  const retry = { initial: '1ms', max: '1ms', attempts: 3 };
  const open = await sink.open(
    { base_url, method: 'POST', batch: 1, retry, rate_limit: { key: base_url }, ...more },
    context(),
  );
  onTestFinished(() => open.close());
  return open.begin({ name: 'rows', mode: 'append', run });
}

const append = { mode: 'append' } as const;
const rowOf = (id: number): Row => [id, `name ${id}`, id, null];

describe('the http sink', () => {
  let api: Awaited<ReturnType<typeof startApi>>;
  sinkContract({
    test,
    definition: sink,
    options: async () => {
      api = await startApi();
      return { base_url: api.base_url, method: 'POST', batch: 1 };
    },
    read: async (_, columns) =>
      api.rows().map((row) =>
        columns.map(({ name, type }) => {
          const value = row[name] ?? null;
          if (value === null) return null;
          return type === 'json' ? printJson(value) : type === 'decimal' ? String(value) : (value as string);
        }),
      ),
  });
});

it('sends each row to the path below the base, or so many of them as an array', async () => {
  const api = await startApi();
  const rows = [1, 2, 3].map(rowOf);
  await (await openWriter(api.base_url)).commit(batchOf(append, rows, 1));
  await (await openWriter(api.base_url, { batch: 2, method: 'PUT' })).commit(batchOf(append, rows, 1));
  expect(
    api.received.map(({ method, path, rows }) => `${method} ${path} ${rows.map(({ id }) => id)}`),
  ).toEqual(['POST /v2/rows 1', 'POST /v2/rows 2', 'POST /v2/rows 3', 'PUT /v2/rows 1,2', 'PUT /v2/rows 3']);
});

it('asks again under the same key, so that no row is taken twice; equal rows have keys of their own', async () => {
  const api = await startApi((_, time) => (time === 2 ? 503 : 201));
  const rows = [1, 1, 2].map(rowOf);
  await (await openWriter(api.base_url)).commit(batchOf(append, rows, 1));
  expect(api.received).toHaveLength(4);
  expect(api.received[2]?.key).toBe(api.received[1]?.key);
  expect(api.rows().map(({ id }) => id)).toEqual([1, 1, 2]);
});

it('has other keys in another batch, and in another run', async () => {
  const api = await startApi();
  const writer = await openWriter(api.base_url);
  const batch = batchOf(append, [rowOf(1)], 1);
  await writer.commit(batch);
  await writer.commit({ ...batch, number: 2 });
  await writer.commit({ ...batch, target: { ...batch.target, run: { ...run, id: 'later' } } });
  expect(api.rows()).toHaveLength(3);
});

for (const size of [1, 4])
  it(`names the rows that the API refuses, ${size} a request, and sends none of the others again`, async () => {
    const api = await startApi(({ rows }) => (rows.some(({ id }) => id === 2 || id === 5) ? 422 : 201));
    const writer = await openWriter(api.base_url, { batch: size });
    const rows = [1, 2, 3, 4, 5, 6].map(rowOf);
    const refused = (await writer
      .commit(batchOf(append, rows, 1))
      .catch((error: unknown) => error)) as RowsRefused;
    expect(refused.rows).toEqual([
      { row: 1, reason: 'the API answered 422: {"error":"no such plan."}' },
      { row: 4, reason: 'the API answered 422: {"error":"no such plan."}' },
    ]);
    const before = api.received.length;
    const left = rows.filter((_, place) => place !== 1 && place !== 4);
    expect(await writer.commit(batchOf(append, left, 1))).toMatchObject({ inserted: 4 });
    expect(api.received).toHaveLength(before);
    expect(api.rows().map(({ id }) => id)).toEqual([1, 3, 4, 6]);
  });

for (const status of [401, 403, 404, 405])
  it(`fails where the API answers ${status}: no row is to blame`, async () => {
    const api = await startApi(() => status);
    const writer = await openWriter(api.base_url);
    await expect(writer.commit(batchOf(append, [rowOf(1)], 1))).rejects.toMatchObject({
      code: status === 401 ? 'http/unauthorized' : 'http/status',
      message: expect.stringContaining(`/v2/rows answered ${status}`),
    });
    expect(api.received).toHaveLength(1);
  });

it('leaves refused rows as rejects of the run, and the others with the API', async () => {
  const api = await startApi(({ rows }) => (rows.some(({ id }) => id === 3) ? 400 : 201));
  const folder = await folderWith({
    'rows.jsonl': [1, 2, 3, 4].map((id) => `{"id":${id}}\n`).join(''),
    'sync.config.yaml': `version: 1
sources: { in: { type: file, streams: { rows: rows.jsonl } } }
sinks: { api: { type: http, base_url: ${api.base_url} } }
pipelines: { rows: { from: in.rows, to: api.rows, mode: append, rejects: { max: 1 } } }
`,
  });
  const { code, stdout, stderr } = await syncline(folder, ['run', '--json']);
  expect(code, stderr).toBe(3);
  expect(JSON.parse(stdout).pipelines.rows).toMatchObject({ status: 'partial', inserted: 3, rejected: 1 });
  expect(api.rows().map(({ id }) => id)).toEqual([1, 2, 4]);
});
