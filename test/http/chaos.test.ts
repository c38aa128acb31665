import { describe, expect, test } from 'vitest';
import { type Mishap, startChaos } from '../kit/chaos-server.ts';
import * as mishaps from '../kit/mishaps.ts';
import { clientOf, fakeClock, readPages } from './support.ts';

const recoverable: { readonly [name: string]: Mishap } = {
  'a 429 with seconds': mishaps.limited('30'),
  'a 429 with a date': mishaps.limited('Fri, 02 Jan 2026 03:05:00 GMT'),
  'a 429 with a past date': mishaps.limited('Fri, 02 Jan 2015 03:05:00 GMT'),
  'a 429 with garbage': mishaps.limited('soon 1'),
  'a 429 with a negative wait': mishaps.limited('-5'),
  'a 429 that says nothing': mishaps.limited(),
  'a 403 with a reset': mishaps.forbiddenUntil(Date.parse('2026-01-02T03:10:00Z') / 1000),
  'a 403 with Retry-After': mishaps.answer(403, { 'retry-after': '60' }),
  'a 408': mishaps.answer(408),
  'a 425': mishaps.answer(425),
  'a 503': mishaps.unavailable,
  'a 503 with a web page': mishaps.outagePage,
  'a reset': mishaps.reset,
  silence: mishaps.hang,
  'silence halfway': mishaps.hangHalfway,
  'a drip': mishaps.drip,
  'a long Content-Length': mishaps.longLength,
  'a short Content-Length': mishaps.shortLength,
  'a cut through a character': mishaps.cutCharacter,
  'cut chunks': mishaps.cutChunks,
  'a cut at the end of the connection': mishaps.cutAtClose,
  'gzip without trailer': mishaps.cutGzip,
  'an empty body': mishaps.emptyBody,
};

describe.each(Object.entries(recoverable))('after %s', (_, mishap) => {
  test('on any page all rows are there, once each', async () => {
    const clock = fakeClock();
    const chaos = await startChaos({ now: clock.now });
    for (const page of [1, 2, 3, 4, 5]) chaos.disturb(page, mishap, page === 3 ? 2 : 1);
    const { client, tries } = clientOf({ base_url: chaos.url, timeout: { total: 300 } }, { clock });
    expect(await readPages(client)).toEqual(chaos.rows);
    // On a slow machine a good answer may come too late as well.
    expect(tries.length).toBeGreaterThanOrEqual(11);
    expect(tries.length).toBe(chaos.requests.length);
  });
});

const final: readonly (readonly [string, Mishap, { code: string; message: RegExp }])[] = [
  [
    'a login page',
    mishaps.loginPage,
    { code: 'http/not_json', message: /sent a web page where JSON should be$/ },
  ],
  [
    'a 400',
    mishaps.answer(400, {}, '{"error":"no such field"}'),
    { code: 'http/status', message: /answered 400 Bad Request: {"error":"no such field"}$/ },
  ],
  ['a 403 that forbids', mishaps.answer(403), { code: 'http/status', message: /answered 403 Forbidden$/ }],
  ['a 404', mishaps.answer(404), { code: 'http/status', message: /answered 404 Not Found$/ }],
  [
    'a 401',
    mishaps.unauthorized,
    { code: 'http/unauthorized', message: /answered 401 Unauthorized: {"error":"token expired"}$/ },
  ],
  [
    'a wait of 3e9 seconds',
    mishaps.limited('3000000000'),
    { code: 'http/rate_limited', message: /it may be asked again at 2121-/ },
  ],
  ['a bomb', mishaps.bomb, { code: 'http/too_large', message: /sent a body that is too large$/ }],
];

test.each(final)('%s is told at once, and not asked for again', async (_, mishap, { code, message }) => {
  const clock = fakeClock();
  const chaos = await startChaos({ now: clock.now });
  chaos.disturb(2, mishap, 9);
  const { client } = clientOf({ base_url: chaos.url }, { clock });
  await expect(readPages(client)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  expect(chaos.requests).toHaveLength(2);
});

test('what does not pass is told after the last try', async () => {
  const chaos = await startChaos();
  chaos.disturb(1, mishaps.unavailable, 9);
  const { client, clock } = clientOf({ base_url: chaos.url });
  await expect(readPages(client)).rejects.toMatchObject({
    code: 'http/status',
    message: `GET ${chaos.url}/items answered 503 Service Unavailable (5 tries)`,
  });
  expect(chaos.requests).toHaveLength(5);
  // Doubled each time, three quarters of it by the dice.
  expect(clock.slept).toEqual([375, 750, 1500, 3000]);
});

test.each([
  ['no body', mishaps.emptyBody, 'sent no body where JSON should be'],
  ['a part of one', mishaps.cutAtClose, 'sent a body that is cut off or not JSON'],
  ['half a character', mishaps.cutCharacter, 'sent a body that is no text'],
  [
    'gzip without trailer',
    mishaps.cutGzip,
    'sent a body that is cut off or damaged (gzip: unexpected end of file)',
  ],
])('an answer that is never whole is named: %s', async (_, mishap, what) => {
  const chaos = await startChaos();
  chaos.disturb(1, mishap, 2);
  const { client } = clientOf({ base_url: chaos.url, retry: { attempts: 2 } });
  const message = `GET ${chaos.url}/items ${what} (2 tries)`;
  await expect(readPages(client)).rejects.toMatchObject({ message });
});

test('the waits between tries grow no longer than `max`, whatever the dice say', async () => {
  const chaos = await startChaos();
  chaos.disturb(1, mishaps.unavailable, 9);
  const retry = { attempts: 6, initial: 100, max: 300 };
  const { client, clock } = clientOf({ base_url: chaos.url, retry }, { random: () => 1 });
  await expect(readPages(client)).rejects.toMatchObject({ code: 'http/status' });
  expect(clock.slept).toEqual([100, 200, 300, 300, 300]);
});

describe('the chaos server', () => {
  const pageAfter = async (mishap: Mishap, page: number) => {
    const chaos = await startChaos();
    chaos.disturb(page, mishap);
    const { client } = clientOf({ base_url: chaos.url });
    const asked = { url: `/items?cursor=c${page}`, expect: 'json' } as const;
    return { chaos, page: (await client.request(asked)).json() };
  };

  test('repeats a cursor', async () => {
    expect((await pageAfter(mishaps.repeatedCursor, 3)).page).toMatchObject({ next: 'c3' });
  });

  test('leads back to the page before', async () => {
    expect((await pageAfter(mishaps.cursorBack, 3)).page).toMatchObject({ next: 'c2' });
  });

  test('has null for items', async () => {
    expect((await pageAfter(mishaps.nullItems, 3)).page).toEqual({ items: null, next: 'c4' });
  });

  test('moves rows from page to page', async () => {
    const { chaos } = await pageAfter(mishaps.movingRows, 1);
    const { client } = clientOf({ base_url: chaos.url });
    const moved = (await client.request({ url: '/list', params: { page: 2 } })).json();
    expect(moved).toMatchObject({ items: chaos.rows.slice(10, 20) });
    expect(chaos.rows.slice(9, 11)).toEqual([{ id: 9 }, { id: 10 }]);
  });
});
