import { describe, expect, test } from 'vitest';
import { toldWait } from '../../src/http/told.ts';

const now = Date.parse('2026-01-02T03:04:05Z');
const s = 1000;

describe('Retry-After', () => {
  test.each<[string, number | undefined]>([
    ['0', 0],
    ['120', 120 * s],
    [' 7 ', 7 * s],
    ['1.5', 1.5 * s],
    ['3000000000', 3e9 * s],
    ['Fri, 02 Jan 2026 03:05:05 GMT', 60 * s],
    ['Friday, 02-Jan-26 03:05:05 GMT', 60 * s],
    ['Fri Jan  2 03:05:05 2026', 60 * s],
    ['Fri, 02 Jan 2015 03:05:05 GMT', 0],
    ['-5', undefined],
    ['soon 1', undefined],
    ['1e9', undefined],
    ['Fri, 99 Jan 2026 03:05:05 GMT', undefined],
    ['', undefined],
  ])('%j', (text, wait) => {
    expect(toldWait(429, { 'retry-after': text }, now)).toBe(wait);
  });

  test('as a date is measured by the clock of the server', () => {
    const headers = {
      'retry-after': 'Fri, 02 Jan 2026 12:00:30 GMT',
      date: 'Fri, 02 Jan 2026 12:00:00 GMT',
    };
    expect(toldWait(503, headers, now)).toBe(30 * s);
  });

  test('beside an answer of success means something else', () => {
    expect(toldWait(202, { 'retry-after': '10' }, now)).toBeUndefined();
  });

  test('comes before what the other headers say', () => {
    const headers = { 'retry-after': '3', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '50' };
    expect(toldWait(429, headers, now)).toBe(3 * s);
  });
});

describe('a budget of the server that is used up', () => {
  test.each<[string, { [name: string]: string }, number]>([
    ['by the header of the standard', { ratelimit: '"default";r=0;t=30' }, 30 * s],
    ['by the header of its draft', { ratelimit: 'limit=100, remaining=0, reset=30' }, 30 * s],
    ['in seconds from now', { 'ratelimit-remaining': '0', 'ratelimit-reset': '30' }, 30 * s],
    [
      'in seconds since 1970',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${now / s + 30}` },
      30 * s,
    ],
    [
      'in milliseconds since 1970',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${now + 30 * s}` },
      30 * s,
    ],
    ['as a date', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '2026-01-02T03:04:35Z' }, 30 * s],
    [
      'as a date of HTTP',
      { 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': 'Fri, 02 Jan 2026 03:04:35 GMT' },
      30 * s,
    ],
    [
      'and filled again meanwhile',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${now / s - 30}` },
      0,
    ],
  ])('%s', (_, headers, wait) => {
    expect(toldWait(200, headers, now)).toBe(wait);
    expect(toldWait(403, headers, now)).toBe(wait);
  });

  test.each<[{ [name: string]: string }]>([
    [{ 'x-ratelimit-remaining': '0' }],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': 'soon' }],
  ])('counts for a minute where a refusal does not say until when: %j', (headers) => {
    expect(toldWait(403, headers, now)).toBe(60 * s);
    expect(toldWait(200, headers, now)).toBeUndefined();
  });

  test.each([
    [{ 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': '30' }],
    [{ ratelimit: '"default";r=17;t=30' }],
    [{ 'x-ratelimit-remaining': 'many' }],
    [{}],
  ])('is not %j', (headers) => {
    expect(toldWait(200, headers, now)).toBeUndefined();
  });
});
