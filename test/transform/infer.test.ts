import { expect, test } from 'vitest';
import { Decimal } from '../../src/model/decimal.ts';
import type { ColumnType, Value } from '../../src/model/types.ts';
import { type Evidence, evidenceOf, holds, inferType, noEvidence, widen } from '../../src/transform/infer.ts';

const seen = (values: readonly Value[]): Evidence =>
  values.reduce<Evidence>((all, value) => all | evidenceOf(value), noEvidence);

test.each<[string, readonly Value[], ColumnType | undefined]>([
  ['nothing but null', [null, null], undefined],
  ['whole numbers', [1, null, 5.0, 9007199254740993n], 'integer'],
  ['whole numbers and fractions', [1, 1.5], 'number'],
  ['an integer no double holds, and a fraction', [9007199254740993n, 1.5], 'decimal'],
  ['an integer a double holds, and a fraction', [10n ** 17n, 1.5], 'number'],
  ['an integer outside int64', [1, 2n ** 63n], 'decimal'],
  ['more digits than a double', [1, new Decimal('0.12345678901234567890')], 'decimal'],
  ['true and false', [true, false], 'boolean'],
  ['text', ['1', '2024-01-01', 'true'], 'string'],
  ['text and numbers', ['a', 1], 'string'],
  ['booleans and numbers', [true, 1], 'string'],
  ['numbers that are not finite', [Number.NaN, new Decimal('1e400'), 1], 'integer'],
  ['an array', [[1]], 'json'],
  ['an object among text', ['a', { b: 1 }], 'json'],
])('%s: %o', (_name, values, type) => {
  expect(inferType(seen(values))).toBe(type);
  expect(inferType(seen([...values].reverse()))).toBe(type);
});

test('an inferred column reads nothing out of text', () => {
  expect(holds('integer', evidenceOf('5'))).toBe(false);
  expect(holds('boolean', evidenceOf(1))).toBe(false);
  expect(holds('number', evidenceOf(9007199254740993n))).toBe(false);
  expect(holds('string', evidenceOf(5))).toBe(true);
  expect(holds('json', seen([1, 'a', true, {}]))).toBe(true);
});

test('a column widens to what holds both', () => {
  expect(widen('integer', evidenceOf(1.5))).toBe('number');
  expect(widen('number', evidenceOf(9007199254740993n))).toBe('decimal');
  expect(widen('integer', evidenceOf('x'))).toBe('string');
  expect(widen('timestamp', evidenceOf('x'))).toBe('string');
  expect(widen('string', evidenceOf([]))).toBe('json');
  expect(widen('number', evidenceOf(Number.NaN))).toBe('number');
});
