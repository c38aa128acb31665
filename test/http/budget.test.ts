import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Budget, type RateLimit } from '../../src/http/budget.ts';
import { startChaos } from '../kit/chaos-server.ts';
import * as mishaps from '../kit/mishaps.ts';
import { clientOf, fakeClock } from './support.ts';

const never = new AbortController().signal;

function budgetWith(...limits: RateLimit[]) {
  const clock = fakeClock(0);
  const budget = new Budget(clock);
  for (const limit of limits) budget.join(limit);
  return { clock, budget };
}

/** When each of so many requests began, in the order in which they came. */
async function begins(requests: number, ...limits: RateLimit[]): Promise<{ came: number; at: number }[]> {
  const { clock, budget } = budgetWith(...limits);
  const began: { came: number; at: number }[] = [];
  const ask = (came: number) =>
    budget.spend(
      async () => began.push({ came, at: clock.elapsed() }),
      () => undefined,
      never,
    );
  await Promise.all(Array.from({ length: requests }, (_, came) => ask(came)));
  return began;
}

/** The bytes in use once what is not reachable is gone. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

describe('a budget', () => {
  test('remembers nothing of requests that are over', async () => {
    const { budget } = budgetWith({ concurrency: 4 });
    const ask = async (requests: number) => {
      for (let asked = 0; asked < requests; asked++)
        await budget.spend(
          async () => undefined,
          () => undefined,
          never,
        );
    };
    await ask(1000);
    const before = heapInUse();
    await ask(50_000);
    expect((heapInUse() - before) / 50_000).toBeLessThan(16);
  });

  test('never lets more than `requests` begin within `per`, and serves who came first', async () => {
    const amount = fc.integer({ min: 1, max: 5 });
    const limit = fc.record({ requests: amount, per: fc.integer({ min: 1, max: 1000 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(limit, { minLength: 1, maxLength: 2 }), async (limits) => {
        const began = await begins(20, ...limits);
        expect(began.map(({ came }) => came)).toEqual([...Array(20).keys()]);
        for (const { requests, per } of limits)
          for (const [index, { at }] of began.entries())
            expect(at - (began[index - requests]?.at ?? -per)).toBeGreaterThanOrEqual(per);
      }),
    );
  });

  test('waits no longer than it has to', async () => {
    const began = await begins(7, { requests: 3, per: 1000 });
    expect(began.map(({ at }) => at)).toEqual([0, 0, 0, 1000, 1000, 1000, 2000]);
  });

  test('lets no more than `concurrency` run at once', async () => {
    const { budget } = budgetWith({ concurrency: 2 }, { concurrency: 3 });
    let running = 0;
    const seen: number[] = [];
    const ask = () =>
      budget.spend(
        async () => {
          running += 1;
          seen.push(running);
          await new Promise(setImmediate);
          running -= 1;
        },
        () => undefined,
        never,
      );
    await Promise.all(Array.from({ length: 9 }, ask));
    expect(seen).toHaveLength(9);
    expect(Math.max(...seen)).toBe(2);
  });

  test('tells of its waits', async () => {
    const { budget } = budgetWith({ requests: 1, per: 1000 });
    const waits: unknown[] = [];
    const ask = () =>
      budget.spend(
        async () => undefined,
        (wait) => waits.push(wait),
        never,
      );
    await ask();
    await ask();
    expect(waits).toEqual([{ reason: 'budget', until: '1970-01-01T00:00:01.000Z', ms: 1000 }]);
  });

  test('lets nobody pass in front because one in the queue gave up', async () => {
    const { budget } = budgetWith({ concurrency: 1 });
    const stop = new AbortController();
    const order: string[] = [];
    const ask = (name: string, work: () => Promise<void>, signal = never) =>
      budget.spend(
        async () => {
          order.push(name);
          await work();
        },
        () => undefined,
        signal,
      );
    let finish = () => {};
    const busy = ask('first', () => new Promise((resolve) => (finish = resolve)));
    const second = ask('second', async () => {});
    const gone = ask('gone', async () => {}, stop.signal);
    const fourth = ask('fourth', async () => {});
    stop.abort('enough');
    await expect(gone).rejects.toBe('enough');
    expect(order).toEqual(['first']);
    finish();
    await Promise.all([busy, second, fourth]);
    expect(order).toEqual(['first', 'second', 'fourth']);
  });

  test('is free again after work that failed', async () => {
    const { budget } = budgetWith({ concurrency: 1 });
    const fail = () => Promise.reject(new Error('no'));
    await expect(budget.spend(fail, () => undefined, never)).rejects.toThrow('no');
    expect(
      await budget.spend(
        async () => 'yes',
        () => undefined,
        never,
      ),
    ).toBe('yes');
  });
});

describe('clients', () => {
  test('share the budget of a key, and obey the limits of all', async () => {
    const clock = fakeClock();
    const chaos = await startChaos({ now: clock.now });
    const key = 'shared by clients';
    const [slow, fast] = [
      clientOf({ base_url: chaos.url, rate_limit: { key, requests: 1, per: 60_000 } }, { clock }),
      clientOf({ base_url: chaos.url, rate_limit: { key } }, { clock }),
    ];
    for (const { client } of [slow, fast, slow, fast]) await client.request({ url: '/items' });
    const [first = 0] = chaos.requests.map(({ at }) => at);
    expect(chaos.requests.map(({ at }) => at - first)).toEqual([0, 60_000, 120_000, 180_000]);
    await slow.client.close();
    await fast.client.request({ url: '/items' });
    await fast.client.request({ url: '/items' });
    expect(chaos.requests.slice(-1)).toMatchObject([{ at: first + 180_000 }]);
  });

  test('do not wait past `max_wait` for a budget of their own', async () => {
    const chaos = await startChaos();
    const rate_limit = { requests: 1, per: 3_600_000 };
    const { client } = clientOf({ base_url: chaos.url, rate_limit });
    await client.request({ url: '/items' });
    await expect(client.request({ url: '/items' })).rejects.toMatchObject({
      code: 'http/rate_limited',
      message: `GET ${chaos.url}/items has to wait until 2026-01-02T04:04:05.000Z: its \`rate_limit\` is used up`,
      until: '2026-01-02T04:04:05.000Z',
    });
    expect(chaos.requests).toHaveLength(1);
  });

  test('spend a request of the budget on every try', async () => {
    const clock = fakeClock();
    const chaos = await startChaos({ now: clock.now });
    chaos.disturb(1, mishaps.unavailable, 2);
    const { client } = clientOf({ base_url: chaos.url, rate_limit: { requests: 1, per: 60_000 } }, { clock });
    await client.request({ url: '/items' });
    const [first = 0] = chaos.requests.map(({ at }) => at);
    expect(chaos.requests.map(({ at }) => at - first)).toEqual([0, 60_000, 120_000]);
  });
});
