import { expect, test } from 'vitest';
import { batchesOf, type Options, open, type Reply, recordsOf, rowsOf, startApi } from './support.ts';

async function readOf(reply: Reply, stream: Options = {}) {
  const api = await startApi(() => reply);
  return recordsOf(await open({ base_url: api.url, pagination: 'none' }), { path: '/x', ...stream });
}

test.each<[string, unknown, Options, unknown]>([
  ['the body, where it is an array', rowsOf(2), {}, rowsOf(2)],
  ['an array in it', { data: { items: rowsOf(2) } }, { records: 'data.items' }, rowsOf(2)],
  ['a name with a dot', { 'a.b': rowsOf(1) }, { records: '["a.b"]' }, rowsOf(1)],
  ['an object, as one record', { data: { id: 1 } }, { records: 'data' }, [{ id: 1 }]],
  ['the body, as one record', { id: 1, error: null }, { records: '$' }, [{ id: 1, error: null }]],
  ['null, which is none', { items: null }, { records: 'items' }, []],
  ['none, with an empty list of errors', { items: [], errors: [] }, { records: 'items' }, []],
  ['nothing there, where that means none', { next: 'a' }, { records: 'items', on_missing: 'empty' }, []],
  [
    'GraphQL with a part of the data',
    { data: { all: rowsOf(1) }, errors: [{ message: 'no' }] },
    { records: 'data.all' },
    rowsOf(1),
  ],
])('records are %s', async (_, body, stream, records) => {
  expect(await readOf({ body }, stream)).toEqual(records);
});

test('a record gets the fields that were left out, and keeps those it has, null too', async () => {
  const body = { items: [{ id: 1 }, { id: 2, tags: null }, { id: 3, tags: ['a'] }] };
  expect(await readOf({ body }, { records: 'items', fill: { tags: [], note: '' } })).toEqual([
    { id: 1, tags: [], note: '' },
    { id: 2, tags: null, note: '' },
    { id: 3, tags: ['a'], note: '' },
  ]);
});

test('204 is no records', async () => {
  expect(await readOf({ status: 204 }, { records: 'items' })).toEqual([]);
  expect(await readOf({ status: 204 }, { format: 'csv' })).toEqual([]);
});

test.each<[string, unknown, Options, string | RegExp, string?]>([
  [
    'an object, where nothing was declared',
    { data: { items: [], 'a.b': [] }, total: 0 },
    {},
    'the body of GET /x is an object with the keys data, total',
    'Write one of the arrays in it: `records: data.items`, `records: data.["a.b"]`.',
  ],
  [
    'a path that leads nowhere',
    { items: [], id: 1 },
    { records: 'data' },
    /has nothing at `records: data`; the body has the keys items, id$/,
    'It has these arrays: items.',
  ],
  [
    'an error, where nothing there means none',
    { error: 'no' },
    { records: 'items', on_missing: 'empty' },
    /answered with an error: no$/,
  ],
  ['null on the way', { data: null }, { records: 'data.items' }, /has nothing at/],
  ['a number there', { data: 5 }, { records: 'data' }, /has a number at/],
  ['a number in the list', [{ id: 1 }, 2], {}, 'element 2 of `records: $` in GET /x is not an object'],
  [
    'an error object',
    { error: { message: 'quota used up.' } },
    { records: 'items' },
    'GET /x answered with an error: quota used up',
  ],
  [
    'an error text',
    { error: 'bad_token', error_description: 'no' },
    {},
    'GET /x answered with an error: bad_token',
  ],
  ['an error beside an empty list', { items: [], error: { code: 7 } }, { records: 'items' }, /an error: 7$/],
  ['an error as the only record', { error: { code: 7 } }, { records: '$' }, /an error: 7$/],
  [
    'GraphQL errors without data',
    { data: null, errors: [{ message: 'no field x' }] },
    { records: 'data.all' },
    'GET /x answered with an error: no field x',
  ],
  [
    'GraphQL errors with null',
    { data: { all: null }, errors: [{ message: 'denied' }] },
    { records: 'data.all' },
    /denied/,
  ],
  ['a text', '"hello"', {}, /the body is a text/],
])('an answer that is %s is an error, and not zero rows', async (_, body, stream, message, hint) => {
  const read = readOf({ body, headers: { 'content-type': 'application/json' } }, stream);
  await expect(read).rejects.toMatchObject({
    code: 'source/records',
    message: typeof message === 'string' ? message : expect.stringMatching(message),
    ...(hint !== undefined && { hint }),
  });
});

test.each(['json', 'jsonl', 'csv'])('a web page is no %s', async (format) => {
  const reply = { body: '\n<!DOCTYPE html><form>log in</form>', headers: { 'content-type': 'text/plain' } };
  await expect(readOf(reply, { format })).rejects.toMatchObject({
    code: 'http/not_json',
    hint: expect.stringContaining('login page'),
  });
});

test('a body that cannot be sent is refused before anything is asked', async () => {
  const api = await startApi(() => ({ body: [] }));
  const opened = await open({ base_url: api.url });
  const cursor = { type: 'cursor', param: 'a', path: 'b', in: 'body', limit: 1 };
  for (const stream of [
    { body: {}, form: {} },
    { body: {}, method: 'GET' },
    { pagination: cursor },
    { pagination: cursor, body: [1] },
  ])
    await expect(recordsOf(opened, { path: '/x', ...stream })).rejects.toMatchObject({
      code: 'source/option',
    });
  expect(api.asked).toHaveLength(0);
});

test('a page is split where it is larger than a batch, in rows or bytes', async () => {
  const rows = rowsOf(10).map((row) => ({ ...row, text: 'x'.repeat(1000) }));
  const api = await startApi(() => ({ body: rows }));
  const opened = await open({ base_url: api.url });
  const sizes = async (batch: { rows: number; bytes: number }) =>
    (await batchesOf(opened, { path: '/x' }, { batch })).map(({ records }) => records.length);
  expect(await sizes({ rows: 4, bytes: 1e9 })).toEqual([4, 4, 2]);
  expect(await sizes({ rows: 100, bytes: 3500 })).toEqual([3, 3, 3, 1]);
  expect(await sizes({ rows: 100, bytes: 1 })).toEqual(Array(10).fill(1));
});
