import { expect, it } from 'vitest';
import type { Scheduler } from '../../src/daemon/scheduler.ts';
import { opened, stateFile } from '../state/support.ts';
import { scheduled, simulate, timesOf } from './support.ts';

const hour = 3_600_000;
const from = Date.UTC(2026, 4, 4, 8, 30);
const hours = (times: readonly string[]) => times.map((time) => time.slice(11, 16));

/** What is done when the clock shows a time, once; another pipeline wakes the scheduler then. */
function atTimes(acts: { readonly [time: string]: (scheduler: Scheduler) => Promise<void> }) {
  const left = new Map(Object.entries(acts));
  return async (scheduler: Scheduler, now: number) => {
    for (const [time, act] of left) {
      if (new Date(now).toISOString().slice(11, 16) < time) continue;
      left.delete(time);
      await act(scheduler);
    }
  };
}

const waking = '"*/10 * * * *"';

it('a paused pipeline is started by none of its occurrences, and they are counted and not made up for', async () => {
  const state = await opened(await stateFile());
  const pipelines = await scheduled({ people: '"@hourly"', other: waking });
  const { started, told } = await simulate(pipelines, {
    state,
    from,
    until: from + 6 * hour,
    looks: atTimes({
      '09:10': () => state.pause('people'),
      '12:10': (scheduler) => scheduler.resume('people'),
    }),
  });
  expect(hours(timesOf(started, 'people'))).toEqual(['09:00', '13:00', '14:00']);
  expect((await state.skippedOccurrences()).get('people')).toBe(3);
  expect(told).toEqual(Array(3).fill('people: it is paused: 1 occurrence of its schedule left out'));
  const while_ = started.filter(({ paused }) => paused.length > 0);
  expect(while_.every(({ paused }) => paused.join() === 'people')).toBe(true);
});

it('a pause outlives the daemon, and what nobody was there for is left out too', async () => {
  const state = await opened(await stateFile());
  const pipelines = await scheduled({ people: '"@hourly"' });
  await simulate(pipelines, { state, from, until: from + hour });
  await state.pause('people');
  const later = from + 5 * hour;
  const { started } = await simulate(pipelines, { state, from: later, until: later + hour });
  expect(started).toEqual([]);
  expect((await state.skippedOccurrences()).get('people')).toBe(5);
});

it('a run that was to follow is left out when its pipeline is paused meanwhile', async () => {
  const state = await opened(await stateFile());
  const pipelines = await scheduled({ slow: '{ cron: "@hourly", overlap: queue }', other: waking });
  const { started } = await simulate(pipelines, {
    state,
    from,
    until: from + 4 * hour,
    running: (now) => new Set(now > from + hour && now < from + 2.4 * hour ? ['slow'] : []),
    looks: atTimes({
      '10:10': () => state.pause('slow'),
      '11:40': (scheduler) => scheduler.resume('slow'),
    }),
  });
  expect(hours(timesOf(started, 'slow'))).toEqual(['09:00', '12:00']);
  expect((await state.skippedOccurrences()).get('slow')).toBe(2);
});

it('an occurrence whose start was put off beyond the resumption belongs to the pause', async () => {
  const state = await opened(await stateFile());
  const pipelines = await scheduled({ people: '{ cron: "0 10 * * *", jitter: 59m }', other: waking });
  const start = (await simulate(pipelines, { state, from, until: from + 3 * hour })).started;
  const at = timesOf(start, 'people')[0]?.slice(11, 16) ?? '';
  const day = 24 * hour;
  const { started } = await simulate(pipelines, {
    state: await opened(await stateFile()),
    from,
    until: from + 3 * hour,
  });
  expect(hours(timesOf(started, 'people'))).toEqual([at]);
  const fresh = await opened(await stateFile());
  await fresh.pause('people');
  const again = await simulate(pipelines, {
    state: fresh,
    from,
    until: from + day / 6,
    // Before it would start: at the full hour it occurs, and at the first look after that it is resumed.
    looks: atTimes({ '10:00': (scheduler) => scheduler.resume('people') }),
  });
  expect(timesOf(again.started, 'people')).toEqual([]);
  expect((await fresh.skippedOccurrences()).get('people')).toBe(1);
});

it('resuming what was not paused takes nothing from it', async () => {
  const state = await opened(await stateFile());
  const pipelines = await scheduled({ people: '{ cron: "@hourly", jitter: 59m }', other: waking });
  const { started } = await simulate(pipelines, {
    state,
    from,
    until: from + 3 * hour,
    looks: (scheduler) => scheduler.resume('people'),
  });
  expect(timesOf(started, 'people').length).toBeGreaterThan(0);
  expect((await state.skippedOccurrences()).get('people')).toBe(0);
});
