import { expect, it } from 'vitest';
import { schedulerLease } from '../../src/state/state.ts';
import { opened, stateFile } from './support.ts';

const hour = 3_600_000;
const now = Date.UTC(2026, 0, 1);

it('an occurrence is taken once, whoever asks, and counts what it skips once', async () => {
  const file = await stateFile();
  const [one, other] = [await opened(file), await opened(file)];
  await one.watchSchedule('people', 'hourly', now);
  const taken = await Promise.all(
    [one, other, one, other].map((state) => state.takeOccurrence('people', now + hour, 3)),
  );
  expect(taken.filter(Boolean)).toHaveLength(1);
  expect(await other.skippedOccurrences()).toEqual(new Map([['people', 3]]));
  expect(await one.takeOccurrence('others', now + hour, 0)).toBe(true);
});

it('a schedule is watched on from its last occurrence that is over', async () => {
  const state = await opened(await stateFile());
  expect(await state.watchSchedule('people', 'hourly', now)).toBe(now);
  for (const hours of [1, 2, 3]) await state.takeOccurrence('people', now + hours * hour, 0);
  expect(await state.watchSchedule('people', 'hourly', now + 9 * hour)).toBe(now + 3 * hour);
  // The clock was set back since.
  expect(await state.watchSchedule('people', 'hourly', now + 2.5 * hour)).toBe(now + 2 * hour);
  expect(await state.watchSchedule('people', 'hourly', now - hour)).toBe(now - hour);
  expect(await state.watchSchedule('people', 'daily', now + 9 * hour)).toBe(now + 9 * hour);
});

it('occurrences of the last day are remembered, and older ones let go', async () => {
  const state = await opened(await stateFile());
  for (let hours = 0; hours <= 48; hours++) await state.takeOccurrence('people', now + hours * hour, 0);
  expect(await state.takeOccurrence('people', now + 24 * hour, 0)).toBe(false);
  expect(await state.takeOccurrence('people', now + 23 * hour, 0)).toBe(true);
});

it('schedules that are gone are forgotten', async () => {
  const state = await opened(await stateFile());
  for (const name of ['people', 'others']) {
    await state.watchSchedule(name, 'hourly', now);
    await state.takeOccurrence(name, now + hour, 1);
  }
  await state.keepSchedules(['others']);
  expect([...(await state.skippedOccurrences()).keys()]).toEqual(['others']);
  expect(await state.watchSchedule('people', 'hourly', now + 9 * hour)).toBe(now + 9 * hour);
});

it('takes an occurrence for the daemon that schedules, and for none that has been replaced', async () => {
  const state = await opened(await stateFile());
  await state.watchSchedule('people', 'text', now);
  const take = (fence: number, at: number) => state.takeOccurrence('people', at, 5, fence);
  const before = await state.acquire(schedulerLease, 'daemon', 0);
  if (!('fence' in before)) throw new Error('nobody else has it');
  expect(await take(before.fence, now + hour)).toBe(true);
  await before.release();
  const after = await state.acquire(schedulerLease, 'daemon', 0);
  if (!('fence' in after)) throw new Error('it was given back');
  expect(await take(before.fence, now + 2 * hour)).toBe(false);
  expect(await state.skippedOccurrences()).toEqual(new Map([['people', 5]]));
  expect(await take(after.fence, now + 2 * hour)).toBe(true);
  expect(await state.status()).toEqual([]);
});
