import { describe, expect, it, test } from 'vitest';
import { exactNumber } from '../../src/model/json.ts';
import type { Value } from '../../src/model/types.ts';
import { compareCursors, restoreCursor, toCursor } from '../../src/transform/cursor.ts';
import {
  boundLike,
  boundUnseen,
  createFutureTest,
  cursorAt,
  firstLike,
  lowerBy,
} from '../../src/transform/cursor-bound.ts';

const of = (value: Value) => toCursor(value, 'at');
const context = { field: 'at', now: '2024-03-10T12:00:00.000Z' };
const wrong = expect.objectContaining({ code: 'source/cursor_type' });

describe('values of a cursor field', () => {
  const rising: { readonly [name: string]: readonly Value[] } = {
    'numbers compare exactly': [
      exactNumber('-1e300'),
      -2,
      -1.5,
      0,
      9,
      10,
      exactNumber('9007199254740992.5'),
      9007199254740993n,
      exactNumber('1884518522168426724100000000.1'),
      exactNumber('1884518522168426724100000000.10000000000000000001'),
    ],
    'timestamps compare as instants, to the last digit': [
      '2024-01-01T12:00:00+14:00',
      '2024-01-01T00:00:00Z',
      '2023-12-31 23:00:00.000000001-01',
      '2024-01-01T01:00:00.0000000011+0100',
      '2024-01-01t00:00:00.5z',
      '2024-01-01T00:00:00.50000000000000000000000001Z',
      '2024-01-01T00:01Z',
    ],
    'text compares by code point': ['', '2024-01-01', '2024-01-02', 'a', 'ab', 'b', '\uffff', '😀'],
    'timestamps without a zone compare as text': ['2024-01-01 10:00:00', '2024-01-01 10:00:00.5'],
  };
  test.each(Object.entries(rising))('%s', (_, values) => {
    for (const [place, value] of values.slice(1).entries()) {
      const before = of(values[place] as Value);
      expect(compareCursors(before, of(value), 'at')).toBeLessThan(0);
      expect(compareCursors(of(value), before, 'at')).toBeGreaterThan(0);
    }
  });

  test.each<[Value, Value]>([
    [10, exactNumber('10.000000000000000000000000')],
    [0, -0],
    ['2024-01-01T00:00:00Z', '2024-01-01 01:00:00.000+01:00'],
    ['2024-01-01T00:00:00.5Z', '2023-12-31T19:00:00.500-05:00'],
  ])('%s and %s are equal', (a, b) => {
    expect(compareCursors(of(a), of(b), 'at')).toBe(0);
  });

  it('keep the text of the source, and come back from it', () => {
    for (const value of [9007199254740993n, '2024-01-01 01:00:00.1234567+01', 'ä', '2024-01-01']) {
      const { text, kind, order } = of(value);
      expect(text).toBe(String(value));
      expect(restoreCursor({ text, kind }, 'at')).toEqual({ text, kind, order });
    }
  });

  test.each<Value>([true, [1], { a: 1 }, Number.NaN, '2024-02-30T00:00:00Z', '2024-01-01T00:00:60Z'])(
    'cannot be %j',
    (value) => {
      expect(() => of(value)).toThrow(wrong);
    },
  );

  it('cannot be numbers written as text that sort the wrong way', () => {
    expect(() => compareCursors(of('9'), of('10'), 'at')).toThrow(wrong);
    expect(compareCursors(of('09'), of('10'), 'at')).toBeLessThan(0);
  });
});

describe('a lookback', () => {
  test.each<[Value, number, string]>([
    ['2024-01-01T00:30:00.1234567+00:00', 3_600_000, '2023-12-31T23:30:00.123456Z'],
    ['2024-01-01T00:00:00.25Z', 500, '2023-12-31T23:59:59.750000Z'],
    ['0001-01-01T00:00:01Z', 3_600_000, '0001-01-01T00:00:00.000000Z'],
    ['2024-03-01', 86_400_000, '2024-02-29'],
    ['2024-03-01', 1, '2024-02-29'],
    ['2024-01-01 00:30', 3_600_000, '2023-12-31 23:30'],
    ['2024-01-01 00:30:15.5', 3_600_000, '2023-12-31 23:30:15'],
    [9007199254740993n, 1, '9007199254740992'],
    [exactNumber('0.3'), 0.1, '0.2'],
    [5, 10, '-5'],
  ])('of %s by %d begins at %s', (value, lookback, expected) => {
    expect(lowerBy(of(value), lookback, 'at').text).toBe(expected);
  });

  it('cannot be taken from other text', () => {
    expect(() => lowerBy(of('abc'), 1, 'at')).toThrow(wrong);
  });
});

describe('a bound that a person wrote', () => {
  test.each<[string, Value, string]>([
    ['2024-01-01', '2024-05-05T00:00:00+02:00', '2024-01-01T00:00:00Z'],
    ['2024-01-01', '2024-05-05', '2024-01-01'],
    ['2024-01-01T10:00', '2024-05-05 00:00:00', '2024-01-01 10:00'],
    ['2024-01-01T10:00:00', '2024-05-05', '2024-01-01'],
    ['-1d', '2024-05-05T00:00:00+02:00', '2024-03-09T12:00:00.000000Z'],
    ['-1d', '2024-05-05', '2024-03-09'],
    ['-1d', '2024-05-05 00:00:00', '2024-03-09 12:00:00'],
    ['1000', 5, '1000'],
    ['-5', 5, '-5'],
    ['m', 'abc', 'm'],
    ['2024-01-01T00:00:00Z', 'abc', '2024-01-01T00:00:00Z'],
  ])('%s among %s is %s', (text, like, expected) => {
    const bound = boundLike(text, of(like), context);
    expect(bound).toMatchObject({ text: expected, kind: of(like).kind });
  });

  test.each<[string, Value]>([
    ['-90d', 5],
    ['2024-01-01', 5],
    ['5', '2024-05-05T00:00:00Z'],
    ['2024-01-01 10:00', '2024-05-05T00:00:00Z'],
    ['2024-01-01T10:00:00Z', '2024-05-05 00:00:00'],
    ['-90d', 'abc'],
  ])('%s cannot stand among %s', (text, like) => {
    expect(() => boundLike(text, of(like), context)).toThrow(wrong);
  });

  it('is told as an instant, a number or text before a value is known', () => {
    expect(
      ['-1d', '2024-01-01', '2024-01-01 10:00', '7', 'm'].map((text) => boundUnseen(text, context)),
    ).toEqual([
      { text: '2024-03-09T12:00:00.000Z', kind: 'timestamp' },
      { text: '2024-01-01T00:00:00.000Z', kind: 'timestamp' },
      { text: '2024-01-01T10:00:00.000Z', kind: 'timestamp' },
      { text: '7', kind: 'number' },
      { text: 'm', kind: 'text' },
    ]);
  });

  it('takes the place of a cursor in the kind that cursor has', () => {
    const known = { text: '2024-05-05T00:00:00Z', kind: 'timestamp' } as const;
    expect(cursorAt('2024-01-01', known, context)).toEqual({
      text: '2024-01-01T00:00:00Z',
      kind: 'timestamp',
    });
    expect(cursorAt('7', undefined, context)).toEqual({ text: '7', kind: 'number' });
  });
});

describe('the future', () => {
  const isFuture = createFutureTest(context.now);
  it('begins a day after the start of the run', () => {
    const later = ['2024-03-11T12:00:00.001Z', '2024-03-11T13:30+01:00', '2024-03-12', '2024-03-11 12:01'];
    const earlier = [
      '2024-03-11T12:00:00Z',
      '2024-03-11T13:00+14:00',
      '2024-03-11',
      '2024-03-11 11:59',
      'x',
      '9',
    ];
    expect(later.map(of).map(isFuture)).toEqual(later.map(() => true));
    expect(earlier.map(of).map(isFuture)).toEqual(earlier.map(() => false));
    expect(isFuture(of(99_999_999_999_999))).toBe(false);
  });

  it('has a beginning of time in every form', () => {
    const firsts = ['2024-03-11T12:00Z', '2024-03-12', '2024-03-11 12:01'].map(
      (text) => firstLike(of(text), 'at').text,
    );
    expect(firsts).toEqual(['0001-01-01T00:00:00.000000Z', '0001-01-01', '0001-01-01 00:00']);
  });
});
