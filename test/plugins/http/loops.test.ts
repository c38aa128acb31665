import { expect, test } from 'vitest';
import { open, type Reply, recordsOf, rowsOf, startApi } from './support.ts';

const byCursor = { type: 'cursor', param: 'cursor', path: 'next' };
const stream = { path: '/x', records: 'items' };

/** Every page has a record of its own, and leads where it is told. */
async function circle(lead: (from: string | null, page: number) => string) {
  let page = 0;
  return startApi(({ query }) => {
    page += 1;
    return { body: { items: [{ id: page }], next: lead(query.get('cursor'), page) } };
  });
}

test.each([
  ['A to A', () => 'a', 2],
  ['A to B to A', (from: string | null) => (from === 'a' ? 'b' : 'a'), 3],
  ['around ten', (_: string | null, page: number) => String(page % 10), 11],
])('a cursor that leads from %s ends the read, named', async (_, lead, most) => {
  const api = await circle(lead);
  const opened = await open({ base_url: api.url, pagination: byCursor });
  await expect(recordsOf(opened, stream)).rejects.toMatchObject({
    code: 'source/pagination_loop',
    message: expect.stringMatching(/^GET \/x led back to the page "\w", where it was already$/),
  });
  expect(api.asked).toHaveLength(most);
});

test('an address that comes again ends the read, also one that only repeats our secret', async () => {
  const api = await startApi(({ query }, url) => ({
    body: { items: [{ id: Math.random() }], next: `${url}/x?p=1&key=${query.get('key')}` },
  }));
  const options = { base_url: api.url, pagination: { type: 'next_url', path: 'next' } };
  const opened = await open(options, { secrets: ['canary'] });
  const read = recordsOf(opened, { ...stream, params: { key: 'canary' } });
  await expect(read).rejects.toMatchObject({ message: expect.stringContaining('the page /x?…') });
  expect(api.asked).toHaveLength(2);
});

test.each(['page', 'offset', { type: 'keyset', param: 'from', field: 'n' }])(
  'an API that does not know the parameter of %o is found out by its second page',
  async (pagination) => {
    const api = await startApi(() => ({ body: { items: [{ id: 1, n: 'a' }] } }));
    const opened = await open({ base_url: api.url, pagination });
    await expect(recordsOf(opened, stream)).rejects.toMatchObject({ code: 'source/pagination_loop' });
    expect(api.asked).toHaveLength(2);
  },
);

test('empty pages that follow one another are no loop', async () => {
  const api = await startApi(({ query }) => {
    const page = Number(query.get('cursor') ?? 0);
    return { body: { items: page === 4 ? rowsOf(1) : [], next: page < 4 ? page + 1 : null } };
  });
  const opened = await open({ base_url: api.url, pagination: byCursor });
  expect(await recordsOf(opened, stream)).toEqual(rowsOf(1));
});

const pages = ({ query }: { query: URLSearchParams }): Reply => {
  const page = Number(query.get('cursor') ?? 1);
  return { body: { items: [{ id: page * 2 - 1 }, { id: page * 2 }], next: page < 3 ? page + 1 : null } };
};

test.each([
  [{ max_pages: 2 }, 'reached `max_pages: 2`', 2],
  [{ max_rows: 4 }, 'reached `max_rows: 4`', 2],
  [{ max_rows: 5 }, 'reached `max_rows: 5`', 3],
])('more than %o is an error', async (limit, message, asked) => {
  const api = await startApi(pages);
  const opened = await open({ base_url: api.url, pagination: { ...byCursor, ...limit } });
  await expect(recordsOf(opened, stream)).rejects.toMatchObject({
    code: 'source/page_limit',
    message: expect.stringContaining(message),
    hint: expect.stringContaining('step'),
  });
  expect(api.asked).toHaveLength(asked);
});

test.each([{ max_pages: 3 }, { max_rows: 6 }])('as much as %o is none', async (limit) => {
  const api = await startApi(pages);
  const opened = await open({ base_url: api.url, pagination: { ...byCursor, ...limit } });
  expect(await recordsOf(opened, stream)).toEqual(rowsOf(6));
});

test('a single page that reached the cap of its server is not taken for whole', async () => {
  const api = await startApi(() => ({ body: rowsOf(15) }));
  const opened = await open({ base_url: api.url });
  const capped = (max_rows: number) =>
    recordsOf(opened, { path: '/x', pagination: { type: 'none', max_rows } });
  await expect(capped(15)).rejects.toMatchObject({ code: 'source/page_limit' });
  expect(await capped(16)).toEqual(rowsOf(15));
});
