import { expect, test } from 'vitest';
import type { Cell, ColumnType } from '../../src/model/types.ts';
import { compileCheck } from '../../src/transform/checks.ts';

test.each<[unknown, Cell | undefined, ColumnType, string]>([
  [{ format: 'email' }, 'n/a', 'string', '"n/a" is not an e-mail address'],
  [{ minimum: 0 }, -1, 'integer', '-1 must be >= 0'],
  [{ maximum: 10 }, 9007199254740993n, 'integer', '9007199254740993 must be <= 10'],
  [{ maximum: 10 }, '10.5', 'decimal', '"10.5" must be <= 10'],
  [{ enum: ['a', 'b'] }, 'c', 'string', '"c" is not one of "a", "b"'],
  [{ const: true }, false, 'boolean', 'false is not true'],
  [{ type: 'string' }, null, 'string', 'null must be string'],
  [{ type: 'string' }, undefined, 'string', 'a missing value must be string'],
  [{ items: { type: 'integer' } }, '[1,"x"]', 'json', '"[1,\\"x\\"]" at /1 must be integer'],
  [{ format: 'date-time' }, 'soon', 'string', '"soon" is not a date and time'],
])('%j refuses %s', (schema, cell, type, reason) => {
  expect(compileCheck('c', schema)(cell, type)).toBe(reason);
});

test.each<[unknown, Cell | undefined, ColumnType]>([
  [{ format: 'email' }, 'ada@example.com', 'string'],
  [{ format: 'email' }, null, 'string'],
  [{ type: 'integer', minimum: 0 }, 9007199254740993n, 'integer'],
  [{ type: 'number' }, '0.1', 'decimal'],
  [{ required: ['a'] }, '{"a":1}', 'json'],
  [{ format: 'date-time' }, '2024-05-01T10:00:00.000000Z', 'timestamp'],
  [{ format: 'date' }, '2024-05-01', 'date'],
  [{ type: ['string', 'null'] }, undefined, 'string'],
])('%j accepts %s', (schema, cell, type) => {
  expect(compileCheck('c', schema)(cell, type)).toBeUndefined();
});

test.each(['constructor', 'toString', '__proto__'])('what every object inherits is no field: %s', (name) => {
  const check = compileCheck('c', { required: [name] });
  expect(check('{}', 'json')).toContain(name);
  expect(check(`{"${name}":1}`, 'json')).toBeUndefined();
});

test.each([
  [{ type: 'text' }],
  [{ minimun: 0 }],
  [{ format: 'e-mail' }],
  [{ pattern: '(' }],
  ['string'],
  [null],
])('%j is no check', (schema) => {
  expect(() => compileCheck('amount', schema)).toThrow(
    expect.objectContaining({ code: 'config/check', message: expect.stringContaining('checks.amount') }),
  );
});

test('lets columns have schemas of the same $id', () => {
  const text = compileCheck('a', { $id: 'short', maxLength: 2 });
  const number = compileCheck('b', { $id: 'short', maximum: 2 });
  expect([text('abc', 'string'), number(3, 'integer'), number(2, 'integer')]).toEqual([
    expect.stringContaining('2 characters'),
    expect.stringContaining('<= 2'),
    undefined,
  ]);
});
