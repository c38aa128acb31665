import fc from 'fast-check';
import { parseJson, printJson, type Value } from 'syncline';
import { expect, test } from 'vitest';
import {
  type Asked,
  batchesOf,
  type Options,
  open,
  type Reply,
  read,
  recordsOf,
  rowsOf,
  startApi,
} from './support.ts';

const ways: { readonly [type: string]: unknown } = {
  auto: 'auto',
  link: 'link_header',
  offset: 'offset',
  page: 'page',
  cursor: { type: 'cursor', param: 'cursor', path: 'next_cursor' },
  keyset: { type: 'keyset', param: 'above', field: 'id' },
};

/** Pages of these sizes, in every way at once. */
function answer(sizes: readonly number[], { query }: Asked, url: string): Reply {
  const starts = sizes.map((_, at) => sizes.slice(0, at).reduce((sum, size) => sum + size, 0));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const wanted = Number(query.get('offset') ?? query.get('above') ?? Number.NaN);
  const found = Number.isNaN(wanted)
    ? Number(query.get('page') ?? query.get('cursor') ?? 1) - 1
    : starts.lastIndexOf(wanted);
  const page = found < 0 ? sizes.length : found;
  const from = starts[page] ?? total;
  const items = rowsOf(total).slice(from, from + (sizes[page] ?? 0));
  const next = page + 1 < sizes.length ? String(page + 2) : null;
  const headers = next === null ? undefined : { link: `<${url}/x?way=link&page=${next}>; rel="next"` };
  return query.get('way') === 'link' ? { body: items, headers } : { body: { items, next_cursor: next } };
}

test('killed after any batch and resumed, however often, a read gives every record once', async () => {
  let sizes: readonly number[] = [];
  const api = await startApi((asked, url) => answer(sizes, asked, url));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(ways)),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 6 }),
      fc.array(fc.record({ rows: fc.integer({ min: 1, max: 9 }), batches: fc.integer({ min: 1, max: 4 }) }), {
        maxLength: 4,
      }),
      async (way, pages, kills) => {
        sizes = pages;
        const stream = {
          path: '/x',
          ...(way === 'link' ? {} : { records: 'items' }),
          params: { way },
          pagination: ways[way],
        };
        const taken: Value[] = [];
        let position: Value | undefined;
        for (const { rows, batches } of [...kills, { rows: 5, batches: Number.POSITIVE_INFINITY }]) {
          const opened = await open({ base_url: api.url });
          let left = batches;
          for await (const batch of read(opened, stream, { position, batch: { rows, bytes: 1e6 } })) {
            taken.push(...batch.records);
            position = parseJson(printJson(batch.position as Value));
            left -= 1;
            if (left === 0) break;
          }
          await opened.close();
        }
        expect(taken).toEqual(rowsOf(pages.reduce((sum, size) => sum + size, 0)));
      },
    ),
  );
});

const stream = { path: '/x', records: 'items', pagination: ways.cursor };

async function afterFirst(opened: Awaited<ReturnType<typeof open>>, more: Options = {}, rows = 1) {
  const [first] = await batchesOf(opened, { ...stream, ...more }, { batch: { rows, bytes: 1e6 } });
  return first?.position;
}

test.each<[string, Options]>([
  ['other parameters', { params: { state: 'open' } }],
  ['another path', { path: '/y' }],
  ['another body', { body: { a: 1 } }],
  ['other pages', { pagination: { type: 'cursor', param: 'cursor', path: 'next_cursor', limit: 9 } }],
])('a position under %s is lost', async (_, other) => {
  const api = await startApi((asked, url) => answer([2, 2], asked, url));
  const opened = await open({ base_url: api.url });
  const position = await afterFirst(opened);
  await expect(recordsOf(opened, { ...stream, ...other }, { position })).rejects.toMatchObject({
    code: 'source/position_lost',
  });
});

test('a position belongs to the range that was asked for', async () => {
  const api = await startApi((asked, url) => answer([2, 2], asked, url));
  const opened = await open({ base_url: api.url });
  const asking = (from: string, position?: Value) => ({
    position,
    cursor: { field: 'at', order: 'none' as const, key: [], from, kind: 'timestamp' as const },
    cursorOptions: { param: 'since' },
  });
  const [first] = await batchesOf(opened, stream, asking('2026-01-01T00:00:00Z'));
  const position = first?.position;
  expect(await recordsOf(opened, stream, asking('2026-01-01T00:00:00Z', position))).toHaveLength(2);
  await expect(recordsOf(opened, stream, asking('2026-01-02T00:00:00Z', position))).rejects.toMatchObject({
    code: 'source/position_lost',
  });
});

test('a page that changed below a position is not guessed at', async () => {
  let rows = rowsOf(4);
  const api = await startApi(() => ({ body: { items: rows, next_cursor: null } }));
  const opened = await open({ base_url: api.url });
  const position = await afterFirst(opened);
  expect(await recordsOf(opened, stream, { position })).toEqual(rows.slice(1));
  rows = rows.slice(1);
  await expect(recordsOf(opened, stream, { position })).rejects.toMatchObject({
    code: 'source/position_lost',
  });
});

test('after the end nothing more is asked for', async () => {
  const api = await startApi((asked, url) => answer([2, 2], asked, url));
  const opened = await open({ base_url: api.url });
  const position = (await batchesOf(opened, stream)).at(-1)?.position;
  expect(await recordsOf(opened, stream, { position })).toEqual([]);
  expect(api.asked).toHaveLength(2);
});
