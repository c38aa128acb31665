import { expect, it } from 'vitest';
import { periodOf } from '../../src/transform/period.ts';

it.each([
  ['2026-11-22T23:30:00.000Z', 'hour', 'UTC', '2026-11-22T23'],
  ['2026-11-22T23:30:00.000Z', 'hour', 'Europe/Berlin', '2026-11-23T00'],
  ['2026-11-22T23:30:00.000Z', 'day', 'Europe/Berlin', '2026-11-23'],
  ['2026-11-22T03:30:00.000Z', 'day', 'America/New_York', '2026-11-21'],
  ['2026-11-30T23:30:00.000Z', 'month', 'Europe/Berlin', '2026-12'],
  ['2026-11-22T12:00:00.000Z', 'week', 'UTC', '2026-W47'],
  ['2026-11-23T00:00:00.000Z', 'week', 'UTC', '2026-W48'],
  // The days around a new year belong to the week that has their Thursday.
  ['2027-01-03T12:00:00.000Z', 'week', 'UTC', '2026-W53'],
  ['2027-01-04T12:00:00.000Z', 'week', 'UTC', '2027-W01'],
  ['2024-12-30T12:00:00.000Z', 'week', 'UTC', '2025-W01'],
] as const)('%s falls into the %s of %s: %s', (instant, period, zone, expected) => {
  expect(periodOf(instant, period, zone)).toBe(expected);
});

it('refuses a zone nobody knows', () => {
  expect(() => periodOf('2026-11-22T12:00:00.000Z', 'day', 'Nowhere/City')).toThrow('is not a time zone');
});
