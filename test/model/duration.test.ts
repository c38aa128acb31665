import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseDuration, printDuration } from '../../src/model/duration.ts';
import '../counts.ts';

it.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['1m', 60_000],
  ['6h', 21_600_000],
  ['7d', 604_800_000],
  ['2w', 1_209_600_000],
  ['3mo', 7_776_000_000],
  ['0s', 0],
])('%s is %d milliseconds', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

it.each(['', '7', 'd', '-7d', '1.5h', '7 d', '7D', '1y', '99999999mo', '5constructor'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

it('reads what it prints', () => {
  fc.assert(
    fc.property(fc.nat(1e12), (milliseconds) => {
      expect(parseDuration(printDuration(milliseconds))).toBe(milliseconds);
    }),
  );
  expect([printDuration(90_000), printDuration(604_800_000), printDuration(1500)]).toEqual([
    '90s',
    '7d',
    '1500ms',
  ]);
});
