import type { OpenSource, SourceRecord, Value } from 'syncline';
import { describe, expect, test } from 'vitest';
import { fakeClock } from '../../http/support.ts';
import { type Mishap, startChaos } from '../../kit/chaos-server.ts';
import * as mishaps from '../../kit/mishaps.ts';
import { open, read } from './support.ts';

const stream = {
  path: '/items',
  records: 'items',
  pagination: { type: 'cursor', param: 'cursor', path: 'next' },
};

interface Walked {
  readonly records: readonly SourceRecord[];
  readonly position?: Value;
  readonly error?: unknown;
}

/** What came before the end, or before the error. */
async function walk(opened: OpenSource, more: Parameters<typeof read>[2] = {}): Promise<Walked> {
  const records: SourceRecord[] = [];
  let position = more.position;
  try {
    for await (const batch of read(opened, stream, more)) {
      records.push(...batch.records);
      position = batch.position;
    }
    return { records, position };
  } catch (error) {
    return { records, position, error };
  }
}

const recoverable: { readonly [name: string]: Mishap } = {
  'a 429 with seconds': mishaps.limited('30'),
  'a 429 with a date': mishaps.limited('Fri, 02 Jan 2026 03:05:00 GMT'),
  'a 429 with a past date': mishaps.limited('Fri, 02 Jan 2015 03:05:00 GMT'),
  'a 429 with garbage': mishaps.limited('soon 1'),
  'a 403 with a reset': mishaps.forbiddenUntil(Date.parse('2026-01-02T03:10:00Z') / 1000),
  'a 503': mishaps.unavailable,
  'a 503 with a web page': mishaps.outagePage,
  'a reset': mishaps.reset,
  silence: mishaps.hang,
  'a drip': mishaps.drip,
  'a long Content-Length': mishaps.longLength,
  'a short Content-Length': mishaps.shortLength,
  'cut chunks': mishaps.cutChunks,
  'a cut at the end of the connection': mishaps.cutAtClose,
  'gzip without trailer': mishaps.cutGzip,
  'an empty body': mishaps.emptyBody,
};

test.each(Object.entries(recoverable))(
  'after %s on every page all rows are there, once each',
  async (_, mishap) => {
    const clock = fakeClock();
    const chaos = await startChaos({ now: clock.now });
    for (const page of [1, 2, 3, 4, 5]) chaos.disturb(page, mishap);
    const opened = await open({ base_url: chaos.url, timeout: { total: '500ms' } }, { clock });
    expect(await walk(opened)).toMatchObject({ records: chaos.rows });
  },
);

test('nothing is asked for earlier than told, ahead neither', async () => {
  const clock = fakeClock();
  const chaos = await startChaos({ now: clock.now });
  for (const page of [1, 2, 3, 4, 5]) chaos.disturb(page, mishaps.limited('30'));
  const opened = await open({ base_url: chaos.url }, { clock });
  await walk(opened);
  const times = chaos.requests.map(({ at }) => at);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  // Every page was refused once, and asked for again.
  expect(gaps.filter((gap) => gap >= 30_000)).toHaveLength(5);
  expect(chaos.requests).toHaveLength(10);
});

const final: { readonly [name: string]: Mishap } = {
  'a login page': mishaps.loginPage,
  'a 400': mishaps.answer(400),
  'a 401': mishaps.unauthorized,
  'a wait of 3e9 seconds': mishaps.limited('3000000000'),
  'a bomb': mishaps.bomb,
  'a cursor that repeats': mishaps.repeatedCursor,
  'a cursor that leads back': mishaps.cursorBack,
};

describe.each(Object.entries(final))('%s', (_, mishap) => {
  test.each([1, 2, 3, 4, 5])('on page %i ends the read there, and it goes on from there', async (page) => {
    const chaos = await startChaos();
    chaos.disturb(page, mishap);
    const opened = await open({ base_url: chaos.url });
    const first = await walk(opened);
    expect(first.error).toMatchObject({ code: expect.stringMatching(/^(http|source)\//) });
    expect(chaos.requests.length).toBeLessThanOrEqual(page + 2);
    const resumed = await open({ base_url: chaos.url });
    const rest = await walk(resumed, { position: first.position });
    const all = [...first.records, ...rest.records].map(({ id }) => Number(id));
    // The first page has two names: asked for as `c1`, it is only known by the next one.
    const isFirst = chaos.requests.some(({ url }) => url.includes('=c1'));
    expect(isFirst ? [...new Set(all)].sort((a, b) => a - b) : all).toEqual(chaos.rows.map(({ id }) => id));
  });
});

test.each([1, 2, 3, 4, 5])('null for items on page %i is an empty page', async (page) => {
  const chaos = await startChaos();
  chaos.disturb(page, mishaps.nullItems);
  const others = chaos.rows.filter(({ id }) => Math.ceil(id / 10) !== page);
  expect(await walk(await open({ base_url: chaos.url }))).toMatchObject({ records: others });
});

test('rows that move on while pages are counted come twice, and none is lost', async () => {
  const chaos = await startChaos();
  const before = [...chaos.rows];
  chaos.disturb('/list', mishaps.movingRows, 2);
  const opened = await open({ base_url: chaos.url, pagination: 'page' });
  const records: SourceRecord[] = [];
  for await (const batch of read(opened, { path: '/list', records: 'items' })) records.push(...batch.records);
  expect(new Set(records.map(({ id }) => id))).toEqual(new Set(before.map(({ id }) => id)));
});

test('calls count pages, tries, tries again and waits', async () => {
  const chaos = await startChaos();
  chaos.disturb(2, mishaps.limited('30'));
  chaos.disturb(3, mishaps.unavailable, 2);
  const opened = await open({ base_url: chaos.url });
  const sum = { pages: 0, requests: 0, retries: 0, waited_ms: 0 };
  for await (const { calls } of read(opened, stream))
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += calls?.[name] ?? 0;
  expect(sum).toMatchObject({ pages: 5, requests: 8, retries: 3 });
  expect(sum.waited_ms).toBeGreaterThanOrEqual(30_000 + 375 + 750);
});
