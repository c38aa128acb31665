import { describe, expect, test } from 'vitest';
import { Decimal } from '../../src/model/decimal.ts';
import type { Value } from '../../src/model/types.ts';
import { compileExpression } from '../../src/transform/expression.ts';

const record = {
  ...(JSON.parse(`{"a":5,"f":1.5,"s":"x","n":null,"b":true,"o":{"p":{"q":1},"constructor":2},"l":[1,2,{"y":3}],
    "tags":["u","v"]}`) as { [name: string]: Value }),
  big: 9007199254740993n,
  dec: new Decimal('1884518522.1684267241'),
};
const now = '2024-01-02T03:04:05.000Z';

function evaluate(text: string, item: Value = record): Value {
  return compileExpression(text)({ record, item, run: { id: 'R1', started_at: now }, now: new Date(now) });
}

function failure(text: string, item?: Value): string {
  try {
    return `gave ${String(evaluate(text, item))}`;
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    return `${code}: ${message}`;
  }
}

describe('a missing key', () => {
  test.each([
    'record.x',
    'record.x.y.z',
    'record.n.x',
    'record.s.x',
    'record.l[9]',
    'record.l[9].y',
    'record["x"]',
    'record.l["x"]',
    'record.dec.text',
  ])('%s reads as null', (text) => {
    expect(evaluate(text)).toBeNull();
  });

  test('is told from null by has', () => {
    expect(evaluate('has(record.n)')).toBe(true);
    expect(evaluate('has(record.x)')).toBe(false);
    expect(evaluate('has(record.x.y)')).toBe(false);
  });

  test('is null inside macros too', () => {
    expect(evaluate('record.l.map(e, e.y)')).toEqual([null, null, 3]);
    expect(evaluate('cel.bind(v, record.x, v.y) == null')).toBe(true);
    expect(evaluate('record.tags.exists(t, t == "v")')).toBe(true);
  });

  test('stays one for names every object has', () => {
    expect(evaluate('record.constructor')).toBeNull();
    expect(evaluate('record.toString')).toBeNull();
    expect(evaluate('record.__proto__')).toBeNull();
    expect(evaluate('item.__proto__.z', JSON.parse('{"__proto__":{"z":9}}') as Value)).toBe(9);
    expect(evaluate('record.o.constructor')).toBe(2);
    expect(evaluate('item.constructor', { constructor: 'c' })).toBe('c');
  });
});

describe('numbers', () => {
  test.each<[string, Value]>([
    ['record.a + 1', 6],
    ['1 + record.a', 6],
    ['record.f * 2', 3],
    ['record.a / 2', 2.5],
    ['7 / 2', 3],
    ['record.a % 2 == 1', true],
    ['record.a % record.a', 0],
    ['record.a == 5', true],
    ['record.a == 5.0', true],
    ['record.a < 6 && 4 < record.a', true],
    ['1 in record.l', true],
    ['size(record.tags) + record.a', 7],
    ['record.tags[record.a - 4]', 'v'],
    ['record.big', 9007199254740993n],
    ['record.big + 1', 9007199254740994n],
    ['9007199254740990 + 1', 9007199254740991],
    ['5u', 5],
  ])('%s is %s', (text, value) => {
    expect(evaluate(text)).toBe(value);
  });

  test('that a double would round are not mixed with doubles', () => {
    expect(failure('record.big + 0.5')).toContain('9007199254740993 has more digits than a double');
  });

  test('with all their digits are compared and passed on, not rounded', () => {
    expect(evaluate('record.dec')).toBe(record.dec);
    expect(evaluate('text(record.dec)')).toBe('1884518522.1684267241');
    expect(evaluate('record.dec > 1884518522.16')).toBe(true);
    expect(evaluate('2000000000 <= record.dec')).toBe(false);
    expect(evaluate('record.dec == record.dec')).toBe(true);
    expect(evaluate('record.dec != 1')).toBe(true);
    expect(evaluate('double(record.dec) * 0.0')).toBe(0);
    expect(failure('record.dec + 1')).toBe(
      'row/expression: no such overload: decimal + int in `record.dec + 1`',
    );
  });
});

describe('results', () => {
  test.each<[string, Value]>([
    ["coalesce(record.x, record.n, 'd')", 'd'],
    ['coalesce(record.x)', null],
    ['text(record.a) + "!"', '5!'],
    ['text(record.l)', '[1,2,{"y":3}]'],
    ['text(record.b)', 'true'],
    ['text(null)', null],
    ['now', now],
    ['now - duration("24h")', '2024-01-01T03:04:05.000Z'],
    ['now.getFullYear()', 2024],
    ['run.id', 'R1'],
    ['record.b ? 1 : null', 1],
    ['record.b ? record.x : "none"', null],
    ['[1, record.a, "x", [null]]', [1, 5, 'x', [null]]],
    ['record.o', { p: { q: 1 }, constructor: 2 } as unknown as Value],
  ])('%s is %j', (text, value) => {
    expect(evaluate(text)).toEqual(value);
  });

  test('keep every key of an object', () => {
    const made = evaluate('{"constructor": 1, "__proto__": record.a, "k": [2]}');
    expect(JSON.stringify(made)).toBe('{"constructor":1,"__proto__":5,"k":[2]}');
  });

  test('see the element under each as item', () => {
    expect(evaluate('item.v + record.a', { v: 1 })).toBe(6);
    expect(evaluate('item', 'text')).toBe('text');
    expect(evaluate('item', null)).toBeNull();
  });

  test.each(['now - now', 'b"abc"', 'type(1)'])('%s is no value of a record', (text) => {
    expect(failure(text)).toContain('which is no value of a record');
  });
});

describe('mistakes', () => {
  test.each([
    ['record.a +', 'Unexpected token: EOF in `record.a +`'],
    ['recrod.a', 'Unknown variable: recrod in `recrod`'],
    ['1 + "x"', 'no such overload: int + string in `1 + "x"`'],
    ['', 'Unexpected token: EOF in ``'],
    ['process.exit(1)', 'Unknown variable: process'],
  ])('%j is refused before any record', (text, reason) => {
    expect(failure(text)).toContain(`config/expression: ${reason}`);
  });

  test.each([
    ['record.n + 1', 'no such overload: null + int in `record.n + 1`'],
    ['true && record.s + 1 == "x1"', 'no such overload: string + int in `record.s + 1`'],
    ['size(record.x)', "found no matching overload for 'size(null)'"],
    ['record.x ? 1 : 2', "Ternary condition must be bool, got 'null' in `record.x`"],
    ['1 / 0', 'division by zero'],
    ['now.getHours("Nowhere")', 'Invalid time zone specified: Nowhere'],
  ])('%j fails for the record', (text, reason) => {
    expect(failure(text)).toContain(`row/expression: ${reason}`);
  });
});
