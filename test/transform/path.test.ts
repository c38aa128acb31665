import { describe, expect, test } from 'vitest';
import { Decimal } from '../../src/model/decimal.ts';
import type { Value } from '../../src/model/types.ts';
import { parsePath, readPath, topLevelField } from '../../src/transform/path.ts';

const record = JSON.parse(
  '{"a":{"b":[{"c":1}]},"a.b":{"c":2},"First Name":"x","n":null,"$oid":"o","__proto__":{"z":3},"t":"text"}',
) as Value;
const run = { id: 'R1', started_at: '2024-01-01T00:00:00Z' };
const read = (text: string, item: Value = record) => readPath(parsePath(text), { item, record, run });

describe('a path', () => {
  test.each([
    ['a.b.0.c', 1],
    ['["a.b"].c', 2],
    ['["a.b"]["c"]', 2],
    ['a["b"].0.c', 1],
    ['a.["b"].0.c', 1],
    ['First Name', 'x'],
    ['["$oid"]', 'o'],
    ['__proto__.z', 3],
    ['n', null],
    ['$run.id', 'R1'],
    ['$now', run.started_at],
    ['$record.t', 'text'],
    ['$record["a.b"].c', 2],
  ])('%s reads what lies there', (text, value) => {
    expect(read(text)).toBe(value);
  });

  test.each([
    'x',
    'n.x',
    't.length',
    't.0',
    'a.b.length',
    'a.b.1',
    'a.b.-1',
    'constructor',
    'toString',
    'a.constructor',
  ])('%s is missing, which is not null', (text) => {
    expect(read(text)).toBeUndefined();
  });

  test('does not look into a number', () => {
    expect(read('d.text', { d: new Decimal('1e400') })).toBeUndefined();
  });

  test('reads the element under each, and the record by its root', () => {
    expect(read('$', { t: 'element' })).toEqual({ t: 'element' });
    expect(read('t', { t: 'element' })).toBe('element');
    expect(read('$record.t', { t: 'element' })).toBe('text');
    expect(read('$record', null)).toBe(record);
  });

  test('reads the record of the parent stream, where there is one', () => {
    const parent = { id: 7, 'a.b': 'dotted' };
    expect(readPath(parsePath('$parent.id'), { item: 1, record, run, parent })).toBe(7);
    expect(readPath(parsePath('$parent["a.b"]'), { item: 1, record, run, parent })).toBe('dotted');
    expect(readPath(parsePath('$parent'), { item: 1, record, run })).toBeUndefined();
  });

  test.each([
    ['', 'it ends where a name is expected'],
    ['a.', 'it ends where a name is expected'],
    ['a..b', 'a name is expected at ".b"'],
    ['.a', 'a name is expected at ".a"'],
    ['a[0]', 'a name is expected at "[0]"'],
    ['["a"', 'a name is expected at "["a""'],
    ['["a"]b', 'a name is expected at "b"'],
    ['["\\x"]', 'is not JSON text'],
    ['$.a', 'it begins with $'],
    ['$foo', 'it begins with $foo'],
    ['$now.x', 'it begins with $now'],
    ['$parents.id', 'it begins with $parents'],
    ['$partition', 'it begins with $partition'],
  ])('%j is refused', (text, reason) => {
    expect(() => parsePath(text)).toThrow(
      expect.objectContaining({ code: 'config/path', message: expect.stringContaining(reason) }),
    );
  });

  test('in JavaScript style is answered with the right one', () => {
    expect(() => parsePath('tags[0].x')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('tags.0.x') }),
    );
  });

  test('tells the top-level field it reads', () => {
    expect(topLevelField('["a.b"].c')).toBe('a.b');
    expect(topLevelField('$')).toBeUndefined();
    expect(topLevelField('$record.t')).toBe('t');
  });
});
