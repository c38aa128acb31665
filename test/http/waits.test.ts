import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/http/clock.ts';
import { startChaos } from '../kit/chaos-server.ts';
import * as mishaps from '../kit/mishaps.ts';
import { clientOf, fakeClock, readPages } from './support.ts';

const minute = 60_000;

/** Of the requests a server saw: the time between two that follow each other. */
function gaps(requests: readonly { readonly at: number }[]): number[] {
  return requests.slice(1).map(({ at }, index) => at - (requests[index]?.at ?? 0));
}

async function onClock() {
  const clock = fakeClock();
  const chaos = await startChaos({ now: clock.now });
  return { clock, chaos };
}

describe('what a server asks for', () => {
  const start = fakeClock().now();
  test.each([
    ['seconds', mishaps.limited('120'), 120_250],
    ['a date', mishaps.limited(new Date(start + 180_000).toUTCString()), 180_250],
    ['a reset', mishaps.forbiddenUntil(start / 1000 + 240), 240_250],
    ['a 503', mishaps.answer(503, { 'retry-after': '300' }), 300_250],
    ['as long as we wait at most', mishaps.limited('900'), 900_000],
    ['a budget used up by an answer that is good', mishaps.lastOfBudget('360'), 360_000],
  ])('is obeyed, and a little more so that not all come at once: %s', async (_, mishap, gap) => {
    const { clock, chaos } = await onClock();
    chaos.disturb(1, mishap);
    const { client, waits } = clientOf({ base_url: chaos.url }, { clock });
    expect(await readPages(client)).toEqual(chaos.rows);
    expect(gaps(chaos.requests)[0]).toBe(gap);
    expect(waits).toEqual([{ reason: 'told', ms: gap, until: new Date(start + gap).toISOString() }]);
  });

  test('holds whoever has the same budget', async () => {
    const { clock, chaos } = await onClock();
    chaos.disturb('/limited', mishaps.limited('120'));
    const options = { base_url: chaos.url, rate_limit: { key: 'one for two clients' } };
    const other = clientOf(options, { clock });
    const afterwards: Promise<unknown>[] = [];
    const onTry = () => afterwards.push(other.client.request({ url: '/items' }));
    const one = clientOf(options, { clock, onTry });
    await one.client.request({ url: '/limited' });
    await Promise.all(afterwards);
    const [first = 0, ...others] = chaos.requests.map(({ at }) => at);
    expect(others).toHaveLength(3);
    for (const at of others) expect(at - first).toBeGreaterThanOrEqual(2 * minute);
  });

  test('past `max_wait` ends the request with the time to come back, and those after it', async () => {
    const { clock, chaos } = await onClock();
    chaos.disturb(1, mishaps.limited('901'));
    const { client, waits } = clientOf({ base_url: chaos.url }, { clock });
    const until = new Date(start + 901_000).toISOString();
    await expect(readPages(client)).rejects.toMatchObject({ code: 'http/rate_limited', until });
    await expect(readPages(client)).rejects.toMatchObject({ code: 'http/rate_limited', until });
    expect(chaos.requests).toHaveLength(1);
    expect(waits).toEqual([]);
  });

  test('in every try ends the request as rate limited', async () => {
    const { clock, chaos } = await onClock();
    chaos.disturb(1, mishaps.limited('10'), 9);
    const { client } = clientOf({ base_url: chaos.url, retry: { attempts: 3 } }, { clock });
    await expect(readPages(client)).rejects.toMatchObject({
      code: 'http/rate_limited',
      message: expect.stringMatching(/answered 429 Too Many Requests \(3 tries\); it may be asked again at /),
    });
    expect(gaps(chaos.requests)).toEqual([10_250, 10_250]);
  });

  test('is obeyed on the clock of the machine', async () => {
    const chaos = await startChaos({ now: () => performance.now(), pages: 1 });
    chaos.disturb(1, mishaps.limited('1'));
    const { client } = clientOf({ base_url: chaos.url }, { clock: systemClock });
    expect(await readPages(client)).toEqual(chaos.rows);
    expect(gaps(chaos.requests)[0]).toBeGreaterThanOrEqual(1000);
  });
});

describe('a wait', () => {
  test('of more than 2^31 ms does not end at once', async () => {
    const stop = new AbortController();
    const wait = systemClock.sleep(2 ** 31, stop.signal);
    // A timer that cannot hold the time fires after 1 ms, before this one.
    await expect(Promise.race([wait, systemClock.sleep(50, stop.signal).then(() => 'later')])).resolves.toBe(
      'later',
    );
    stop.abort('enough');
    await expect(wait).rejects.toBe('enough');
  });

  test.each([
    ['that a server asked for', mishaps.limited('60')],
    ['after a failure', mishaps.unavailable],
  ])('%s ends as soon as it is aborted', async (_, mishap) => {
    const chaos = await startChaos();
    chaos.disturb(1, mishap, 9);
    const { client, stop } = clientOf(
      { base_url: chaos.url, retry: { initial: 60_000 } },
      { clock: systemClock, onWait: () => queueMicrotask(() => stop.abort('enough')) },
    );
    await expect(readPages(client)).rejects.toBe('enough');
    expect(chaos.requests).toHaveLength(1);
  });
});

test.each([
  ['of an answer that does not come', mishaps.hang],
  ['of an answer that does not end', mishaps.drip],
])('the wait %s ends as soon as it is aborted', async (_, mishap) => {
  const chaos = await startChaos();
  const stop = new AbortController();
  chaos.disturb(1, (exchange) => {
    mishap(exchange);
    stop.abort('enough');
  });
  const { client } = clientOf({ base_url: chaos.url }, { signal: stop.signal });
  await expect(readPages(client)).rejects.toBe('enough');
  expect(chaos.requests).toHaveLength(1);
});

describe('what may have been done already', () => {
  const post = { method: 'POST', url: '/items', body: '{}' };
  test.each([
    ['is not asked again', post, 1],
    ['is asked again where it only reads', { ...post, repeatable: true }, 2],
    ['is asked again under its idempotency key', { ...post, idempotency_key: 'row 7' }, 2],
    ['is asked again where the method means the same twice', { ...post, method: 'PUT' }, 2],
  ])('%s', async (_, request, times) => {
    const chaos = await startChaos();
    chaos.disturb('/items', mishaps.unavailable);
    const { client } = clientOf({ base_url: chaos.url });
    await client.request(request).catch(() => undefined);
    expect(chaos.requests).toHaveLength(times);
    const keys = chaos.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual(Array(times).fill('idempotency_key' in request ? 'row 7' : undefined));
  });

  test('is not asked again at any time a server names', async () => {
    const chaos = await startChaos();
    chaos.disturb('/items', mishaps.answer(503, { 'retry-after': '99999' }));
    const { client } = clientOf({ base_url: chaos.url });
    await expect(client.request(post)).rejects.toMatchObject({
      code: 'http/status',
      hint: expect.stringMatching(/^The server may have done it/),
    });
  });

  test.each([
    ['too many', mishaps.limited()],
    ['too early', mishaps.answer(425)],
    ['too late', mishaps.answer(408)],
  ])('is asked again when the server says it did nothing: %s', async (_, mishap) => {
    const chaos = await startChaos();
    chaos.disturb('/items', mishap);
    const { client } = clientOf({ base_url: chaos.url });
    expect(await client.request(post)).toMatchObject({ status: 200 });
    expect(chaos.requests.map(({ body }) => body)).toEqual(['{}', '{}']);
  });
});

describe('the caller judges an answer', () => {
  test.each([
    ['accepts it', 'accept', mishaps.answer(400), 1, { status: 400 }],
    ['has it asked for again', 'retry', mishaps.answer(400), 2, { status: 200 }],
    ['leaves it to the rules', undefined, mishaps.unavailable, 2, { status: 200 }],
  ] as const)('%s', async (_, verdict, mishap, times, expected) => {
    const chaos = await startChaos();
    chaos.disturb(1, mishap);
    const { client } = clientOf({ base_url: chaos.url });
    const judge = ({ status }: { status: number }) => (status === 200 ? undefined : verdict);
    expect(await client.request({ url: '/items', judge })).toMatchObject(expected);
    expect(chaos.requests).toHaveLength(times);
  });

  test('has it asked for again even if it may have been done', async () => {
    const chaos = await startChaos();
    chaos.disturb('/items', mishaps.answer(400));
    const { client } = clientOf({ base_url: chaos.url });
    const judge = ({ status }: { status: number }) => (status === 400 ? 'retry' : undefined);
    await client.request({ method: 'POST', url: '/items', judge });
    expect(chaos.requests).toHaveLength(2);
  });

  test('refuses it', async () => {
    const chaos = await startChaos();
    const { client } = clientOf({ base_url: chaos.url });
    await expect(client.request({ url: '/items', judge: () => 'fail' })).rejects.toMatchObject({
      code: 'http/status',
    });
  });
});
