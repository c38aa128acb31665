import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { batchesOf, open, recordsOf, startApi } from './support.ts';

const canary = 'canary-4711';

test('a secret in an address that the server gives back is neither remembered nor lost', async () => {
  const api = await startApi(({ query }, url) => {
    if (query.get('key') !== canary || query.get('token') !== canary || query.get('raw') !== canary)
      return { status: 403 };
    const page = Number(query.get('page') ?? 1);
    // Some servers repeat all of the query, others nothing of it.
    const all = new URLSearchParams({ ...Object.fromEntries(query), page: String(page + 1) });
    const next = page === 1 ? `${url}/v1/x?${all}` : `${url}/v1/x?page=${page + 1}`;
    return { body: { items: [{ id: page }], next: page < 4 ? next : null } };
  });
  const auth = { type: 'api_key', in: 'query', name: 'key', key: canary };
  const opened = await open({ base_url: `${api.url}/v1`, auth }, { secrets: [canary] });
  const stream = { path: `/x?raw=${canary}`, records: 'items', params: { token: canary, state: 'all' } };
  const batches = await batchesOf(opened, stream);
  expect(batches.map(({ records }) => records[0]?.id)).toEqual([1, 2, 3, 4]);
  expect(
    inspect(
      batches.map(({ position, detail }) => ({ position, detail })),
      { depth: 9 },
    ),
  ).not.toMatch(/canary/);
  const [, second] = batches;
  expect(await recordsOf(opened, stream, { position: second?.position })).toEqual([{ id: 3 }, { id: 4 }]);
});

test('an address on another host is asked without our secrets', async () => {
  const other = await startApi(() => ({ body: { items: [{ id: 2 }] } }));
  const api = await startApi(() => ({ body: { items: [{ id: 1 }], next: `${other.url}/x?page=2` } }));
  const options = {
    base_url: api.url,
    headers: { 'x-token': canary },
    pagination: { type: 'next_url', path: 'next' },
  };
  const stream = { path: '/x', records: 'items', params: { token: canary } };
  const closed = await open(options, { secrets: [canary] });
  await expect(recordsOf(closed, stream)).rejects.toMatchObject({ code: 'http/origin' });
  expect(other.asked).toHaveLength(0);
  const allowed = await open({ ...options, allow_hosts: [new URL(other.url).host] }, { secrets: [canary] });
  expect(await recordsOf(allowed, stream)).toEqual([{ id: 1 }, { id: 2 }]);
  expect(inspect(other.asked, { depth: 9 })).not.toMatch(/canary/);
});
