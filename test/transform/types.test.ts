import { describe, expect, test } from 'vitest';
import { Decimal } from '../../src/model/decimal.ts';
import type { ColumnType, Value } from '../../src/model/types.ts';
import { Refusal } from '../../src/transform/refusal.ts';
import { createCoercion, type Notation } from '../../src/transform/types.ts';

function coerce(type: ColumnType, value: Value, notation: Notation = {}) {
  const cell = createCoercion(type, notation)(value);
  return cell instanceof Refusal ? `${cell.code}: ${cell.reason}` : cell;
}

const nest = (depth: number): Value => (depth === 0 ? [] : [nest(depth - 1)]);

describe('integer', () => {
  test.each<[Value, Value]>([
    [5, 5],
    [5.0, 5],
    [-0, 0],
    ['007', 7],
    ['-12', -12],
    ['+5', 5],
    ['-0', 0],
    [9007199254740993n, 9007199254740993n],
    [7n, 7],
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    [1e17, 100000000000000000n],
    [new Decimal('9007199254740993.0'), 9007199254740993n],
  ])('takes %s', (value, cell) => {
    const got = coerce('integer', value);
    expect(got).toBe(cell);
    expect(Object.is(got, -0)).toBe(false);
  });

  test.each<[Value, string]>([
    ['n/a', '"n/a" is not an integer'],
    ['5.0', '"5.0" is not an integer'],
    ['', '"" is not an integer'],
    [' 5', '" 5" is not an integer'],
    ['0x10', '"0x10" is not an integer'],
    ['1,234', '"1,234" is not an integer'],
    [1.5, '1.5 is not an integer'],
    [Number.NaN, 'NaN is not an integer'],
    [true, 'true is not an integer'],
    [{}, 'an object is not an integer'],
    [
      '9223372036854775808',
      '"9223372036854775808" is outside the range of 64-bit integers: use type decimal',
    ],
    [2n ** 63n, '9223372036854775808 is outside the range of 64-bit integers: use type decimal'],
    [new Decimal('1e30'), '1e30 is outside the range of 64-bit integers: use type decimal'],
    [new Decimal('0.12345678901234567890'), '0.12345678901234567890 is not an integer'],
  ])('refuses %s', (value, reason) => {
    expect(coerce('integer', value)).toBe(`row/type: ${reason}`);
  });

  test('takes separators between thousands only', () => {
    expect(coerce('integer', '-1,234,567', { group: ',' })).toBe(-1234567);
    expect(coerce('integer', '1234', { group: ',' })).toBe(1234);
    for (const text of ['1,5', '1,2345', ',123', '1234,567', '1,234,', '12,,345'])
      expect(coerce('integer', text, { group: ',' })).toContain('row/type');
  });

  test('says no quickly to a million digits', () => {
    expect(coerce('integer', '9'.repeat(1_000_000))).toContain('outside the range');
  });
});

describe('number', () => {
  test.each<[Value, number]>([
    [1.5, 1.5],
    [-0, 0],
    ['1.10', 1.1],
    ['.5', 0.5],
    ['-1e-3', -0.001],
    ['0.1', 0.1],
    ['123456789.123456', 123456789.123456],
    ['1e300', 1e300],
    ['0e5', 0],
    [2n ** 53n, 2 ** 53],
  ])('takes %s', (value, cell) => {
    expect(coerce('number', value)).toBe(cell);
  });

  test.each<Value>([
    '1884518522.1684267241',
    '1e400',
    '1e-400',
    9007199254740993n,
    new Decimal('0.12345678901234567890'),
  ])('refuses the digits of %s', (value) => {
    expect(coerce('number', value)).toContain('has more digits than a number holds: use type decimal');
  });

  test.each<Value>([
    '',
    'x',
    '0x10',
    'Infinity',
    '1_000',
    '1.2.3',
    '.',
    'e5',
    true,
    [],
    Number.POSITIVE_INFINITY,
    Number.NaN,
  ])('refuses %s', (value) => {
    expect(coerce('number', value)).toContain('row/type');
  });

  test('takes separators before the point', () => {
    expect(coerce('number', '1,234.5', { group: ',' })).toBe(1234.5);
    expect(coerce('number', '1,23', { group: ',' })).toContain('row/type');
  });
});

describe('decimal', () => {
  test.each<[Value, string]>([
    ['+012.500', '12.5'],
    ['-0.0', '0'],
    ['-0', '0'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['1e3', '1000'],
    ['1.25e-3', '0.00125'],
    ['-120e-1', '-12'],
    ['0100', '100'],
    ['123456789012345678901234567890.5', '123456789012345678901234567890.5'],
    [1e21, '1000000000000000000000'],
    [1e-7, '0.0000001'],
    [-0, '0'],
    [9007199254740993n, '9007199254740993'],
    [new Decimal('1884518522.1684267241'), '1884518522.1684267241'],
  ])('makes %s canonical', (value, cell) => {
    expect(coerce('decimal', value)).toBe(cell);
  });

  test.each<Value>(['NaN', 'abc', '', '-', '1e', Number.NaN, Number.NEGATIVE_INFINITY, true, {}])(
    'refuses %s',
    (value) => {
      expect(coerce('decimal', value)).toContain('row/type');
    },
  );

  test.each(['1e999999999', '1e-999999999', '9'.repeat(1001), `${'0'.repeat(1_000_000)}1`])(
    'refuses to write out too many digits',
    (text) => {
      expect(coerce('decimal', text)).toContain('has more than 1000 digits');
    },
  );
});

describe('boolean', () => {
  test.each<[Value, boolean]>([
    [true, true],
    [false, false],
    ['true', true],
    ['false', false],
    [1, true],
    [0, false],
    [1n, true],
  ])('takes %s', (value, cell) => {
    expect(coerce('boolean', value)).toBe(cell);
  });

  test.each<Value>(['yes', '1', '0', 'TRUE', '', 2, 0.5, []])('refuses %s', (value) => {
    expect(coerce('boolean', value)).toContain('is not a boolean');
  });
});

describe('timestamp', () => {
  test.each([
    ['2024-05-01T10:00:00Z', '2024-05-01T10:00:00.000000Z'],
    ['2024-05-01t10:00:00.5z', '2024-05-01T10:00:00.500000Z'],
    ['2024-05-01 10:00:00.123456+00', '2024-05-01T10:00:00.123456Z'],
    ['2024-05-01T10:00Z', '2024-05-01T10:00:00.000000Z'],
    ['2024-05-01T00:30:00+02:00', '2024-04-30T22:30:00.000000Z'],
    ['2024-05-01T00:30:00.25-0530', '2024-05-01T06:00:00.250000Z'],
    ['2024-02-29T00:00:00+14:00', '2024-02-28T10:00:00.000000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000000Z'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z'],
    ['0099-03-01T00:00:00+01:00', '0099-02-28T23:00:00.000000Z'],
  ])('takes %s', (text, cell) => {
    expect(coerce('timestamp', text)).toBe(cell);
  });

  test.each([
    '2024-13-01T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2024-00-10T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T10:60:00Z',
    '2016-12-31T23:59:60Z',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '2024-01-01T10:00:00+14:01',
    '2024-01-01T10:00:00+1',
    '2024-01-01T10:00:00.Z',
    '2024-01-01T10:00:00ZZ',
    '2024-01-01T1:00:00Z',
    '2024-01-0aT10:00:00Z',
    '2024-01-01X10:00:00Z',
    '2024-01-01',
    '24-01-01T10:00:00Z',
    'now',
    '',
  ])('refuses %j', (text) => {
    expect(coerce('timestamp', text)).toContain('row/type');
  });

  test('refuses a seventh fractional digit instead of dropping it', () => {
    expect(coerce('timestamp', '2024-01-01T00:00:00.1234567Z')).toContain('more than six fractional digits');
  });

  test('needs a zone, from the text or from timezone', () => {
    expect(coerce('timestamp', '2024-07-01T10:00:00')).toContain('without a zone: set timezone');
    expect(coerce('timestamp', '2024-07-01T10:00:00.5', { timezone: 'Europe/Berlin' })).toBe(
      '2024-07-01T08:00:00.500000Z',
    );
    expect(coerce('timestamp', '2024-07-01T10:00:00Z', { timezone: 'Europe/Berlin' })).toBe(
      '2024-07-01T10:00:00.000000Z',
    );
    expect(coerce('timestamp', '0001-01-02T00:00:00', { timezone: 'America/New_York' })).toBe(
      '0001-01-02T04:56:02.000000Z',
    );
  });

  test('takes a repeated local time as the first, and a skipped one as if clocks had not been set forward yet', () => {
    const timezone = 'Europe/Berlin';
    expect(coerce('timestamp', '2024-10-27T02:30:00', { timezone })).toBe('2024-10-27T00:30:00.000000Z');
    expect(coerce('timestamp', '2024-10-27T03:00:00', { timezone })).toBe('2024-10-27T02:00:00.000000Z');
    expect(coerce('timestamp', '2024-03-31T02:30:00', { timezone })).toBe('2024-03-31T01:30:00.000000Z');
    expect(coerce('timestamp', '2011-12-30T12:00:00', { timezone: 'Pacific/Apia' })).toBe(
      '2011-12-30T22:00:00.000000Z',
    );
  });

  test('refuses an unknown zone before any value', () => {
    expect(() => createCoercion('timestamp', { timezone: 'Europe/Berln' })).toThrow(
      expect.objectContaining({ code: 'config/value' }),
    );
  });

  test.each<[Notation['format'], Value, string]>([
    ['epoch_s', 1714557600, '2024-05-01T10:00:00.000000Z'],
    ['epoch_s', '1714557600.25', '2024-05-01T10:00:00.250000Z'],
    ['epoch_s', -0.5, '1969-12-31T23:59:59.500000Z'],
    ['epoch_s', -1, '1969-12-31T23:59:59.000000Z'],
    ['epoch_ms', 1714557600001, '2024-05-01T10:00:00.001000Z'],
    ['epoch_ms', '-1', '1969-12-31T23:59:59.999000Z'],
    ['epoch_us', 1714557600000001, '2024-05-01T10:00:00.000001Z'],
    ['epoch_us', 253402300799999999n, '9999-12-31T23:59:59.999999Z'],
  ])('reads %s of %s', (format, value, cell) => {
    expect(coerce('timestamp', value, { format })).toBe(cell);
  });

  test.each<[Notation['format'], Value]>([
    ['epoch_s', 1e12],
    ['epoch_us', 0.5],
    ['epoch_s', '2024-05-01T10:00:00Z'],
    ['epoch_s', Number.NaN],
    ['epoch_s', true],
    ['iso8601', 1714557600],
    [undefined, 1714557600],
  ])('%s refuses %s', (format, value) => {
    expect(coerce('timestamp', value, { format })).toContain('row/type');
  });
});

describe('date', () => {
  test('takes a day there is', () => {
    expect(coerce('date', '2024-02-29')).toBe('2024-02-29');
    for (const value of [
      '2023-02-29',
      '0000-01-01',
      '2024-1-1',
      '2024-01-01T00:00:00Z',
      '2024/01/01',
      '',
      20240101,
    ])
      expect(coerce('date', value)).toContain('is not a date');
  });
});

describe('string', () => {
  test.each<[Value, string]>([
    ['', ''],
    [' 1.10 ', ' 1.10 '],
    ['😀', '😀'],
    [5, '5'],
    [-0, '0'],
    [false, 'false'],
    [9007199254740993n, '9007199254740993'],
    [new Decimal('1884518522.1684267241'), '1884518522.1684267241'],
  ])('takes %s', (value, cell) => {
    expect(coerce('string', value)).toBe(cell);
  });

  test('refuses what is not text, and text that a database would change', () => {
    expect(coerce('string', [])).toBe('row/type: an array is not text');
    expect(coerce('string', Number.NaN)).toContain('row/type');
    expect(coerce('string', 'a\0b')).toBe('row/text: "a\\u0000b" holds a NUL character');
    expect(coerce('string', 'a\ud800')).toBe('row/text: "a\\ud800" holds half of a surrogate pair');
  });

  test('shows long text cut', () => {
    expect(coerce('integer', 'x'.repeat(100_000))).toBe(`row/type: "${'x'.repeat(60)}…" is not an integer`);
  });
});

describe('json', () => {
  test.each<[Value, string]>([
    ['a', '"a"'],
    [true, 'true'],
    [9007199254740993n, '9007199254740993'],
    [{ a: [new Decimal('1.2345678901234567890'), -0, null] }, '{"a":[1.2345678901234567890,0,null]}'],
    [JSON.parse('{"__proto__":{"x":1}}') as Value, '{"__proto__":{"x":1}}'],
    ['\\u0000', '"\\\\u0000"'],
  ])('prints value %# with every digit', (value, cell) => {
    expect(coerce('json', value)).toBe(cell);
  });

  test('refuses bad text wherever it is', () => {
    expect(coerce('json', { a: ['x\0'] })).toContain('row/text');
    expect(coerce('json', { a: { 'k\udc00': 1 } })).toContain('row/text');
    expect(coerce('json', [Number.NaN])).toContain('row/type');
  });

  test('refuses what JSON has no word for', () => {
    const values = [
      Symbol('x'),
      () => 1,
      new Date(0),
      new Map(),
      new (class Own {})(),
      [undefined],
      new Array(1),
    ];
    for (const value of values) expect(coerce('json', value as unknown as Value)).toContain('row/type');
    for (const value of values) expect(coerce('string', value as unknown as Value)).toContain('row/type');
  });

  test('refuses nesting beyond 500 levels, not one less', () => {
    expect(coerce('json', nest(499))).toBe('['.repeat(500) + ']'.repeat(500));
    expect(coerce('json', nest(500))).toContain('row/depth');
    expect(coerce('json', nest(5000))).toContain('row/depth');
  });
});
