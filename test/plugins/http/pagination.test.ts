import { expect, test } from 'vitest';
import { type Asked, batchesOf, open, type Reply, recordsOf, rowsOf, startApi } from './support.ts';

const rows = rowsOf(7);
const size = 3;

/** One page, from a record on. */
function pageFrom(from: number) {
  const items = rows.slice(from, from + size);
  return { items, next: from + size < rows.length ? from + size : undefined };
}

/** An API for each way of telling the next page. */
const apis: {
  readonly [type: string]: { readonly pagination: unknown; answer(asked: Asked, url: string): Reply };
} = {
  page: {
    pagination: { type: 'page', limit: size, limit_param: 'per_page' },
    answer: ({ query }) => {
      expect(query.get('per_page')).toBe('3');
      return { body: { items: pageFrom((Number(query.get('page')) - 1) * size).items } };
    },
  },
  'page with a count of pages, from 0': {
    pagination: { type: 'page', param: 'p', start: 0, total_pages: 'pages' },
    answer: ({ query }) => ({ body: { items: pageFrom(Number(query.get('p')) * size).items, pages: 3 } }),
  },
  offset: {
    pagination: { type: 'offset', param: 'skip' },
    answer: ({ query }) => ({ body: pageFrom(Number(query.get('skip'))) }),
  },
  'offset with a total': {
    pagination: { type: 'offset', total: 'count' },
    answer: ({ query }) => ({ body: { ...pageFrom(Number(query.get('offset'))), count: '7' } }),
  },
  'offset with a total that is too small': {
    pagination: { type: 'offset', total: 'count' },
    answer: ({ query }) => ({ body: { ...pageFrom(Number(query.get('offset'))), count: 2 } }),
  },
  cursor: {
    pagination: { type: 'cursor', param: 'after', path: 'next' },
    answer: ({ query }) => ({ body: pageFrom(Number(query.get('after') ?? 0)) }),
  },
  'cursor in a header': {
    pagination: { type: 'cursor', in: 'header', param: 'X-After', path: 'next' },
    answer: ({ headers }) => ({ body: pageFrom(Number(headers['x-after'] ?? 0)) }),
  },
  'cursor with a condition': {
    pagination: { type: 'cursor', param: 'after', path: 'at', stop_when: { expr: '!body.more' } },
    answer: ({ query }) => {
      const { items, next } = pageFrom(Number(query.get('after') ?? 0));
      return { body: { items, at: next ?? 'end', more: next !== undefined } };
    },
  },
  'cursor with a condition by path': {
    pagination: { type: 'cursor', param: 'after', path: 'at', stop_when: 'body.done' },
    answer: ({ query }) => {
      const { items, next } = pageFrom(Number(query.get('after') ?? 0));
      return { body: { items, at: next ?? 'end', done: next === undefined } };
    },
  },
  next_url: {
    pagination: { type: 'next_url', path: 'next' },
    answer: ({ query }, url) => {
      const { items, next } = pageFrom(Number(query.get('from') ?? 0));
      return { body: { items, next: next && `${url}/things?from=${next}` } };
    },
  },
  'next_url that is relative': {
    pagination: { type: 'next_url', path: 'next' },
    answer: ({ query }) => {
      const { items, next } = pageFrom(Number(query.get('from') ?? 0));
      return { body: { items, next: next ? `?from=${next}` : '' } };
    },
  },
  link_header: {
    pagination: 'link_header',
    answer: ({ query }, url) => {
      const { items, next } = pageFrom(Number(query.get('from') ?? 0));
      const link = `<${url}/things?a=1,2;3>; rel="first"${next ? `, <${url}/things?from=${next}>; title="x, y"; rel="prev next"` : ''}`;
      return { headers: { link }, body: { items } };
    },
  },
  keyset: {
    pagination: { type: 'keyset', param: 'above', field: 'id' },
    answer: ({ query }) => ({ body: pageFrom(Number(query.get('above') ?? 0)) }),
  },
  none: { pagination: 'none', answer: () => ({ body: { items: rows } }) },
};

test.each(Object.entries(apis))(
  '%s: every record comes once, in order',
  async (_, { pagination, answer }) => {
    const api = await startApi(answer);
    const opened = await open({ base_url: api.url, pagination });
    const batches = await batchesOf(opened, { path: '/things', records: 'items' });
    expect(batches.flatMap(({ records }) => records)).toEqual(rows);
    expect(batches.at(-1)?.stopped).toMatch(/\w/);
    expect(batches.map(({ calls }) => calls?.pages)).toEqual(batches.map(() => 1));
  },
);

test('a short or empty page in the middle is a page like any other', async () => {
  const lengths = [3, 1, 0, 0, 3];
  const api = await startApi(({ query }) => {
    const page = Number(query.get('c') ?? 0);
    const before = lengths.slice(0, page).reduce((sum, one) => sum + one, 0);
    const items = rows.slice(before, before + (lengths[page] ?? 0));
    return { body: { items, next: page < 4 ? String(page + 1) : null } };
  });
  const opened = await open({ base_url: api.url, pagination: { type: 'cursor', param: 'c', path: 'next' } });
  expect(await recordsOf(opened, { path: '/x', records: 'items' })).toEqual(rows);
});

test('a POST sends its cursor where its body says, in JSON and in a form', async () => {
  const api = await startApi(({ method, headers, body }) => {
    expect(method).toBe('POST');
    const isJson = headers['content-type'] === 'application/json';
    const form = new URLSearchParams(body);
    const sent = isJson ? JSON.parse(body) : { kind: form.get('kind'), after: form.get('after') };
    expect(sent.kind ?? sent.variables.kind).toBe('all');
    const { items, next } = pageFrom(Number((isJson ? sent.variables.after : sent.after) ?? 0));
    return { body: { items, next } };
  });
  const opened = await open({ base_url: api.url });
  const cursor = (param: string) => ({ type: 'cursor', param, path: 'next' });
  const json = { path: '/q', records: 'items', body: { query: '{…}', variables: { kind: 'all' } } };
  expect(await recordsOf(opened, { ...json, pagination: cursor('variables.after') })).toEqual(rows);
  const form = { path: '/q', records: 'items', form: { kind: 'all' } };
  expect(await recordsOf(opened, { ...form, pagination: cursor('after') })).toEqual(rows);
});

test('params, headers and what the path says are sent with every page', async () => {
  const api = await startApi(({ query }) => ({ body: pageFrom(Number(query.get('after') ?? 0)) }));
  const opened = await open({ base_url: `${api.url}/v2/`, headers: { 'X-Of': 'source', 'X-Too': '1' } });
  await recordsOf(opened, {
    path: '/things?raw=a%2Cb',
    records: 'items',
    params: { state: 'a&b c', tag: ['x', 2], on: true },
    headers: { 'X-Of': 'stream' },
    pagination: { type: 'cursor', param: 'after', path: 'next' },
  });
  expect(api.asked.map(({ path, query }) => [path, query.get('after')])).toEqual([
    ['/v2/things', null],
    ['/v2/things', '3'],
    ['/v2/things', '6'],
  ]);
  for (const { query, headers } of api.asked) {
    expect([query.get('raw'), query.get('state'), query.getAll('tag'), query.get('on')]).toEqual([
      'a,b',
      'a&b c',
      ['x', '2'],
      'true',
    ]);
    expect([headers['x-of'], headers['x-too']]).toEqual(['stream', '1']);
  }
});

test('jsonl and csv are pages too', async () => {
  const api = await startApi(({ path, query }) => {
    const isFirst = query.get('page') === '1';
    if (path === '/csv') return { body: isFirst ? 'id,name\n1,Ann\n2,\n' : 'id,name\n' };
    return { body: isFirst ? '{"id":1}\n{"id":2}\n' : '\n' };
  });
  const opened = await open({ base_url: api.url, pagination: 'page' });
  expect(await recordsOf(opened, { path: '/csv', format: 'csv' })).toEqual([
    { id: '1', name: 'Ann' },
    { id: '2', name: null },
  ]);
  expect(await recordsOf(opened, { path: '/jsonl', format: 'jsonl' })).toEqual([{ id: 1 }, { id: 2 }]);
});

test('a declared total is shown as progress', async () => {
  const api = await startApi(({ query }) => ({
    body: { ...pageFrom(Number(query.get('offset'))), count: 7 },
  }));
  const opened = await open({ base_url: api.url, pagination: { type: 'offset', total: 'count' } });
  const batches = await batchesOf(
    opened,
    { path: '/things', records: 'items' },
    { batch: { rows: 2, bytes: 9e6 } },
  );
  expect(batches.map(({ progress }) => progress?.done)).toEqual([2, 3, 5, 6, 7]);
  expect(batches[0]?.progress?.total).toBe(7);
  expect(batches[0]?.detail).toMatch(/^GET \/things\?offset=0 200 in \d+ ms$/);
});

test('one page ahead is asked for, and never more', async () => {
  const api = await startApi(({ query }) => ({ body: pageFrom(Number(query.get('offset'))) }));
  const opened = await open({ base_url: api.url, pagination: 'offset' });
  const stop = new AbortController();
  const batches = opened
    .read({
      stream: 's',
      options: { path: '/x', format: 'json', records: 'items' },
      batch: { rows: 1, bytes: 9e6 },
      signal: stop.signal,
    })
    [Symbol.asyncIterator]();
  expect(api.asked).toHaveLength(0);
  for (const _ of [1, 2, 3]) await batches.next();
  expect(api.asked.length).toBeLessThanOrEqual(2);
  await batches.next();
  expect(api.asked.length).toBeLessThanOrEqual(3);
  stop.abort(new Error('enough'));
  await batches.next();
  await batches.next();
  await expect(batches.next()).rejects.toThrow('enough');
});
