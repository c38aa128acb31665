import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openState, type State } from '../../src/state/state.ts';
import { opened, stateFile } from '../state/support.ts';
import { iso, scheduled, simulate, timesOf } from './support.ts';
import { changes, day, hour, onceADay, whenWallIs } from './wall.ts';

let folder: string;
let state: State;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-scheduler-'));
  state = await openState(join(folder, 'state.db'));
});
beforeEach(() => state.keepSchedules([]));
afterAll(async () => {
  await state.close();
  await rm(folder, { recursive: true });
});

const zones = ['America/New_York', 'Europe/London', 'Australia/Lord_Howe', 'America/Santiago', 'UTC'];

/** The days of a year on which clocks are changed; two others where they never are. */
const days = zones.flatMap((zone) => {
  const found = changes(zone, 2026);
  const at = found.length === 0 ? [Date.UTC(2026, 2, 8), Date.UTC(2026, 10, 1)] : found;
  return at.map((change) => ({ zone, day: iso(change).slice(0, 10), from: change - 12 * hour }));
});

/** Cron expressions, and when they are by what the clocks show. */
const crons: {
  readonly [name: string]: readonly [string, (zone: string, from: number, until: number) => number[]];
} = {
  half_hours: ['*/30 * * * *', (...when) => whenWallIs(...when, (_, minutes) => minutes % 30 === 0)],
  quarters: ['15,45 * * * *', (...when) => whenWallIs(...when, (_, minutes) => minutes % 30 === 15)],
  nights: ['30 2 * * *', (...when) => onceADay(...when, 2, 30)],
  small_hours: ['30 1 * * *', (...when) => onceADay(...when, 1, 30)],
  early: ['0 45 1 * * *', (...when) => onceADay(...when, 1, 45)],
  midnights: ['@daily', (...when) => onceADay(...when, 0, 0)],
  noons: ['0 12 * * *', (...when) => onceADay(...when, 12, 0)],
  twice: [
    '15,30 1 * * *',
    // Both may be in the gap, and end with it.
    (...when) =>
      [...new Set([...onceADay(...when, 1, 15), ...onceADay(...when, 1, 30)])].sort((a, b) => a - b),
  ],
};

function pipelinesIn(zone: string) {
  const schedules = Object.entries(crons).map(([name, [cron]]) => [
    name,
    `{ cron: "${cron}", timezone: ${zone} }`,
  ]);
  return scheduled(Object.fromEntries(schedules));
}

it('knows both days of each zone', () => {
  expect(days).toHaveLength(10);
});

describe.each(days)('24 hours around the change of clocks in $zone on $day', ({ zone, from }) => {
  const until = from + day;
  const expected = Object.fromEntries(
    Object.entries(crons).map(([name, [, instants]]) => [name, instants(zone, from, until)]),
  );

  it('start each pipeline at the exact instants, once each', async () => {
    const { started, told } = await simulate(await pipelinesIn(zone), {
      state,
      from,
      until,
    });
    for (const name of Object.keys(crons))
      expect({ name, times: timesOf(started, name) }).toEqual({ name, times: expected[name]?.map(iso) });
    expect(told).toEqual([]);
    expect(expected.half_hours?.length).toBeGreaterThanOrEqual(46);
  });

  it.each([
    ['5 seconds', 5_000],
    ['an hour', hour],
  ])('are the same when the clock is set back by %s, again and again', async (_, back) => {
    // Just after an occurrence, in the middle of nothing, and exactly at an occurrence.
    const steps = [3 * hour + 1, 11.6 * hour, 13 * hour, 20.5 * hour + 2_000].map((after) => ({
      at: from + after,
      by: -back,
    }));
    const { started } = await simulate(await pipelinesIn(zone), {
      state,
      from,
      until,
      steps,
    });
    for (const name of Object.keys(crons))
      expect({ name, times: timesOf(started, name) }).toEqual({ name, times: expected[name]?.map(iso) });
  });

  it('lose no more than the hour by which the clock is set forward, and make up for it with one run', async () => {
    const [at, to] = [from + 11.6 * hour, from + 12.6 * hour];
    const { started } = await simulate(await pipelinesIn(zone), {
      state,
      from,
      until,
      steps: [{ at, by: hour }],
    });
    for (const [name, instants] of Object.entries(expected)) {
      const outside = instants.filter((instant) => instant <= at || instant > to);
      const lost = outside.length < instants.length ? [to] : [];
      const times = [...outside, ...lost].sort((a, b) => a - b).map(iso);
      expect({ name, times: timesOf(started, name) }).toEqual({ name, times });
    }
  });
});

describe('after an outage', () => {
  const from = Date.UTC(2026, 4, 4, 8, 30);

  it.each([
    ['one', 0, 0],
    ['one', 1, 1],
    ['one', 5, 1],
    ['none', 0, 0],
    ['none', 1, 0],
    ['none', 5, 0],
  ] as const)('catch_up: %s over %i occurrences makes %i runs', async (policy, missed, runs) => {
    const pipelines = await scheduled({
      hourly: `{ cron: "@hourly", catch_up: ${policy} }`,
      every: `{ every: 1h, catch_up: ${policy} }`,
    });
    const before = await simulate(pipelines, { state, from, until: from + hour });
    expect(timesOf(before.started, 'hourly')).toEqual(['2026-05-04T09:00:00.000Z']);
    const back = from + hour + missed * hour + 60_000;
    const after = await simulate(pipelines, {
      state,
      from: back,
      until: back + hour / 4,
    });
    for (const name of ['hourly', 'every'])
      expect(timesOf(after.started, name)).toEqual(Array.from({ length: runs }, () => iso(back)));
    expect(after.told).toHaveLength(missed === 0 ? 0 : 2);
    expect((await state.skippedOccurrences()).get('hourly')).toBe(missed - runs);
  });

  it('and a second start right after it nothing runs again', async () => {
    const pipelines = await scheduled({ hourly: '"@hourly"' });
    await simulate(pipelines, { state, from, until: from + hour });
    const counts: number[] = [];
    for (const hours of [3, 3.1, 3.2]) {
      const back = from + hours * hour;
      counts.push((await simulate(pipelines, { state, from: back, until: back + 1000 })).started.length);
    }
    expect(counts).toEqual([1, 0, 0]);
  });

  it('a schedule that was changed meanwhile, or is new, has missed nothing', async () => {
    await simulate(await scheduled({ a: '"@hourly"' }), { state, from, until: from + hour });
    const later = from + 10 * hour;
    const changed = await scheduled({ a: '"15 * * * *"', b: '"@hourly"' });
    expect((await simulate(changed, { state, from: later, until: later + 60_000 })).started).toEqual([]);
    // Nor has one that was away for a while.
    const first = await scheduled({ a: '"@hourly"' });
    const { started } = await simulate(first, { state, from: later + hour, until: later + hour + 60_000 });
    expect(started).toEqual([]);
  });

  it('of years of seconds one run is made, at once', async () => {
    const pipelines = await scheduled({ seconds: '"* * * * * *"' });
    await simulate(pipelines, { state, from, until: from + 2_000 });
    const later = from + 3 * 365 * day + 500;
    const { started, told } = await simulate(pipelines, { state, from: later, until: later + 400 });
    expect(started).toHaveLength(1);
    expect(told).toEqual([
      'seconds: at least 1,000 occurrences of its schedule missed: one run makes up for them',
    ]);
  });
});

describe('while its pipeline still runs, an occurrence', () => {
  const from = Date.UTC(2026, 4, 4, 8, 30);
  const runningUntil = (until: number) => (now: number) =>
    new Set(now > from + hour && now < until ? ['slow'] : []);

  it('is skipped, and counted', async () => {
    const { started, told } = await simulate(await scheduled({ slow: '"@hourly"' }), {
      state,
      from,
      until: from + 5 * hour,
      running: runningUntil(from + 3 * hour),
    });
    expect(timesOf(started, 'slow').map((time) => time.slice(11, 13))).toEqual(['09', '12', '13']);
    expect(told).toEqual([
      'slow: it still runs: its occurrence at 2026-05-04T10:00:00.000Z is skipped',
      'slow: it still runs: its occurrence at 2026-05-04T11:00:00.000Z is skipped',
    ]);
    expect(await state.skippedOccurrences()).toEqual(new Map([['slow', 2]]));
  });

  it('is queued once, with overlap: queue, and runs after', async () => {
    const pipelines = await scheduled({
      slow: '{ cron: "@hourly", overlap: queue }',
      other: '"20 11 * * *"',
    });
    const { started } = await simulate(pipelines, {
      state,
      from,
      until: from + 4 * hour,
      running: runningUntil(from + 2.6 * hour),
    });
    // The daemon looks when a run ends; here another pipeline's occurrence wakes it.
    expect(timesOf(started, 'slow').map((time) => time.slice(11, 16))).toEqual(['09:00', '11:20', '12:00']);
    expect((await state.skippedOccurrences()).get('slow')).toBe(1);
  });
});

describe('the scheduler', () => {
  const from = Date.UTC(2026, 4, 4, 8, 30);

  it('puts pipelines that occur at the same time into one run', async () => {
    const pipelines = await scheduled({ a: '"@hourly"', b: '{ every: 1h }', c: '"5 * * * *"' });
    const { started } = await simulate(pipelines, {
      state,
      from,
      until: from + hour,
    });
    expect(started.map(({ pipelines }) => pipelines)).toEqual([['a', 'b'], ['c']]);
  });

  it('spreads starts over the jitter, and runs each occurrence all the same', async () => {
    const pipelines = await scheduled({
      a: '{ every: 1h, jitter: 30m }',
      b: '{ every: 1h, jitter: 30m }',
      wide: '{ every: 1h, jitter: 5h }',
    });
    const { started } = await simulate(pipelines, { state, from, until: from + 20 * hour });
    const delays = ['a', 'b'].map((name) => timesOf(started, name).map((time) => Date.parse(time) % hour));
    for (const some of delays) {
      expect(some.length).toBeGreaterThanOrEqual(19);
      expect(Math.max(...some)).toBeLessThan(hour / 2);
      expect(new Set(some).size).toBeGreaterThan(15);
    }
    expect(delays[0]).not.toEqual(delays[1]);
    // Where the next occurrence comes before the start of one, one start stands for both.
    const skipped = (await state.skippedOccurrences()).get('wide') ?? 0;
    expect(timesOf(started, 'wide').length).toBeGreaterThan(0);
    expect(skipped).toBeGreaterThan(0);
  });

  it('takes an occurrence once where two daemons share a state', async () => {
    const file = await stateFile();
    const pipelines = await scheduled({ a: '"@hourly"' });
    const both = await Promise.all(
      [await opened(file), await opened(file)].map((state) =>
        simulate(pipelines, { state, from, until: from + 10 * hour }),
      ),
    );
    const times = both.flatMap(({ started }) => timesOf(started, 'a')).sort();
    expect(times).toHaveLength(10);
    expect(new Set(times).size).toBe(10);
  });

  it('tries again when the state could not be written', async () => {
    let failures = 2;
    const failing = {
      ...state,
      takeOccurrence: async (...given: Parameters<typeof state.takeOccurrence>) => {
        if (failures-- > 0) throw new Error('the disk is full');
        return state.takeOccurrence(...given);
      },
    };
    const { started, told } = await simulate(await scheduled({ a: '"@hourly"' }), {
      state: failing,
      from,
      until: from + hour,
    });
    expect(timesOf(started, 'a')).toEqual(['2026-05-04T09:00:20.000Z']);
    expect(told).toEqual(Array(2).fill('a: its schedule waits for the state: the disk is full'));
  });
});
