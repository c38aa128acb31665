import { expect, test } from 'vitest';
import { nextLink } from '../../../plugins/http/link.ts';
import { open, recordsOf, rowsOf, startApi } from './support.ts';

const ways: readonly (readonly [string, (next: string | null, url: string) => object, string, string])[] = [
  ['next', (next, url) => ({ next: next && `${url}/x?p=${next}` }), 'p', '`next` (`next_url`)'],
  ['links.next', (next) => ({ links: { next: next && `/x?p=${next}` } }), 'p', '`links.next`'],
  ['odata', (next, url) => (next ? { '@odata.nextLink': `${url}/x?p=${next}` } : {}), 'p', '@odata.nextLink'],
  ['_links', (next) => ({ _links: { next: next ? { href: `?p=${next}` } : {} } }), 'p', '`_links.next.href`'],
  ['next_cursor', (next_cursor) => ({ next_cursor }), 'cursor', '`next_cursor`, and sent as `cursor`'],
  ['Google', (nextPageToken) => (nextPageToken ? { nextPageToken } : {}), 'pageToken', 'sent as `pageToken`'],
  ['Instantly', (next_starting_after) => ({ next_starting_after }), 'starting_after', 'starting_after'],
  ['LinkedIn', (nextPageToken) => ({ metadata: { nextPageToken } }), 'pageToken', 'metadata.nextPageToken'],
  ['Slack', (next) => ({ response_metadata: { next_cursor: next ?? '' } }), 'cursor', 'response_metadata'],
];

test.each(ways)('auto finds %s, and says so once', async (_, tell, param, told) => {
  const rows = rowsOf(5);
  const api = await startApi(({ query }, url) => {
    const from = Number(query.get(param) ?? 0);
    const next = from + 2 < rows.length ? String(from + 2) : null;
    return { body: { items: rows.slice(from, from + 2), ...tell(next, url) } };
  });
  const opened = await open({ base_url: api.url });
  for (const _ of [1, 2]) expect(await recordsOf(opened, { path: '/x', records: 'items' })).toEqual(rows);
  expect(opened.notices).toEqual([expect.stringContaining(told)]);
});

test('auto follows a Link header, also of a bare array', async () => {
  const api = await startApi(({ query }, url) => {
    const page = Number(query.get('page') ?? 1);
    const headers = page < 3 ? { link: `<${url}/x?page=${page + 1}>; rel=next` } : undefined;
    return { body: [{ id: page }], headers };
  });
  const opened = await open({ base_url: api.url });
  expect(await recordsOf(opened, { path: '/x' })).toEqual(rowsOf(3));
});

test('what auto found on the first page holds for the others', async () => {
  const api = await startApi(({ query }) =>
    query.get('cursor')
      ? { body: { items: [{ id: 2 }], next_cursor: null, next: '/elsewhere' } }
      : { body: { items: [{ id: 1 }], next_cursor: 'b' } },
  );
  const opened = await open({ base_url: api.url });
  expect(await recordsOf(opened, { path: '/x', records: 'items' })).toEqual(rowsOf(2));
});

test('without a sign of a next page one is all, and that is said', async () => {
  const api = await startApi(() => ({ body: { items: rowsOf(3), total: 3, next: null } }));
  const opened = await open({ base_url: api.url });
  expect(await recordsOf(opened, { path: '/x', records: 'items' })).toEqual(rowsOf(3));
  expect(opened.notices).toEqual([expect.stringContaining('one page is all')]);
});

test.each([{ has_more: true }, { pagination: { has_more: true } }, { next: 'abc' }, { next_page: 2 }])(
  'a sign of more that auto cannot follow is an error: %o',
  async (sign) => {
    const api = await startApi(() => ({ body: { items: rowsOf(3), ...sign } }));
    const opened = await open({ base_url: api.url });
    await expect(recordsOf(opened, { path: '/x', records: 'items' })).rejects.toMatchObject({
      code: 'source/pagination',
    });
  },
);

test.each([
  [undefined, undefined],
  ['', undefined],
  ['</a>; rel="last"', undefined],
  ['</a>; rel="next"', '/a'],
  ['</a>;rel=next', '/a'],
  ['</a>; REL="Next"', '/a'],
  ['</a?b=1,2>; rel="prev", </c?d=";">; title="a, b"; rel="last next"', '/c?d=";"'],
  ['</a>; title="rel=next"', undefined],
])('a Link header %s', (header, next) => {
  expect(nextLink(header)).toBe(next);
});
