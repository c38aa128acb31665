import { describe, expect, it } from 'vitest';
import type { Cell, ColumnType, Strategy } from '../../src/model/types.ts';
import { MergeTable, targetOf } from './merge-table.ts';

/** What one field becomes when its values come in one after the other, in batches of their own. */
function merged(
  type: ColumnType,
  strategy: Strategy,
  ...cells: readonly (Cell | undefined)[]
): Cell | undefined {
  const table = new MergeTable(
    targetOf([
      { name: 'id', type: 'integer' },
      { name: 'field', type, strategy },
    ]),
  );
  for (const cell of cells) table.commit([[1, cell]]);
  return table.only?.[1];
}

const simple = [
  'overwrite',
  'first_value',
  'first_non_null_value',
  'last_non_null_value',
  'shallow_merge',
  'deep_merge',
  'keep_edits',
] as const;

describe('the table of strategies', () => {
  it.each([
    ['overwrite', 'new', null],
    ['first_value', 'old', 'old'],
    ['first_non_null_value', 'old', 'old'],
    ['last_non_null_value', 'new', 'old'],
    ['shallow_merge', 'new', 'old'],
    ['deep_merge', 'new', 'old'],
    ['keep_edits', 'new', null],
  ] as const)('%s makes %j of two texts, and %j of a text and null', (type, ofTexts, ofNull) => {
    expect(merged('string', { type }, 'old', 'new')).toBe(ofTexts);
    expect(merged('string', { type }, 'old', null)).toBe(ofNull);
  });

  it.each(simple)('%s leaves the existing value when the field is missing', (type) => {
    expect(merged('string', { type }, 'old', undefined)).toBe('old');
  });

  it.each(simple)('%s stores null when a new row lacks the field', (type) => {
    expect(merged('string', { type }, undefined)).toBe(null);
  });

  it('fills an existing null, except under first_value', () => {
    for (const type of simple) {
      const filled = type === 'first_value' ? null : 'new';
      expect(merged('string', { type }, null, 'new'), type).toBe(filled);
      expect(merged('string', { type }, undefined, 'new'), type).toBe(filled);
    }
  });

  it.each<[ColumnType, Cell, Cell]>([
    ['integer', 9, 10],
    ['integer', 9007199254740991, 9007199254740992n],
    ['number', -1.5, 0.25],
    ['decimal', '9.5', '10.25'],
    ['decimal', '0.123456789012345678901234567890', '0.123456789012345678901234567891'],
    ['timestamp', '2023-12-31T23:59:59.999999Z', '2024-01-01T00:00:00.000000Z'],
    ['date', '2023-12-31', '2024-01-01'],
    ['string', 'Z', 'a'],
    ['boolean', false, true],
  ])('max and min of type %s tell %s from %s', (type, less, greater) => {
    expect(merged(type, { type: 'max' }, less, greater)).toBe(greater);
    expect(merged(type, { type: 'max' }, greater, less)).toBe(greater);
    expect(merged(type, { type: 'max' }, greater, null)).toBe(greater);
    expect(merged(type, { type: 'min' }, less, greater)).toBe(less);
    expect(merged(type, { type: 'min' }, greater, less)).toBe(less);
    expect(merged(type, { type: 'min' }, less, null)).toBe(less);
  });

  it.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])('bool_or and bool_and of %s and %s are as named', (existing, incoming) => {
    expect(merged('boolean', { type: 'bool_or' }, existing, incoming)).toBe(existing || incoming);
    expect(merged('boolean', { type: 'bool_and' }, existing, incoming)).toBe(existing && incoming);
    expect(merged('boolean', { type: 'bool_or' }, existing, null)).toBe(existing);
    expect(merged('boolean', { type: 'bool_and' }, existing, null)).toBe(existing);
  });
});

describe('union', () => {
  it.each([
    ['new elements come last', '["b","a"]', '["a","c","c"]', '["b","a","c"]'],
    ['what is no array is one element', '"a"', '{"b":1}', '["a",{"b":1}]'],
    ['true is not 1, and "1" neither', '[1]', '[true,"1",1.0,1e0]', '[1,true,"1"]'],
    [
      'objects are equal whatever the order of their keys',
      '[{"a":1,"b":2}]',
      '[{"b":2,"a":1}]',
      '[{"a":1,"b":2}]',
    ],
    ['nothing added leaves the text alone', '[ 1.0, 1 ]', '1', '[ 1.0, 1 ]'],
    ['null inside is an element', '[1]', '[null,null]', '[1,null]'],
    [
      'long numbers are exact',
      '[9007199254740993]',
      '[9007199254740992,1e22]',
      '[9007199254740993,9007199254740992,1e+22]',
    ],
    [
      'a long integer is equal to its short form',
      '[10000000000000000000000]',
      '[1e22,10.0e21]',
      '[10000000000000000000000]',
    ],
    ['text that is no JSON counts as that text', 'n/a', '["b"]', '["n/a","b"]'],
  ])('%s', (_, existing, incoming, result) => {
    expect(merged('json', { type: 'union' }, existing, incoming)).toBe(result);
  });

  it('keeps what is there when null comes in', () => {
    expect(merged('json', { type: 'union' }, '[1]', null)).toBe('[1]');
  });
});

describe('shallow_merge and deep_merge', () => {
  it.each([
    ['{"a":1,"b":{"x":1}}', '{"b":{"y":2}}', '{"a":1,"b":{"y":2}}', '{"a":1,"b":{"x":1,"y":2}}'],
    ['{"a":{"x":1}}', '{"a":null}', '{"a":null}', '{"a":null}'],
    ['{"a":[1,{"x":1}]}', '{"a":[{"y":2}]}', '{"a":[{"y":2}]}', '{"a":[{"y":2}]}'],
    ['{"a":1}', '[2]', '[2]', '[2]'],
    ['"text"', '{"a":1}', '{"a":1}', '{"a":1}'],
    [
      '{"__proto__":{"x":1}}',
      '{"__proto__":{"y":2}}',
      '{"__proto__":{"y":2}}',
      '{"__proto__":{"x":1,"y":2}}',
    ],
    [
      '{"a":12345678901234567890}',
      '{"b":0.1234567890123456789}',
      ...two('{"a":12345678901234567890,"b":0.1234567890123456789}'),
    ],
    ['{ "a" : 1.0, "b":2 }', '{"a":1}', ...two('{ "a" : 1.0, "b":2 }')],
  ])('%s meets %s', (existing, incoming, shallow, deep) => {
    expect(merged('json', { type: 'shallow_merge' }, existing, incoming)).toBe(shallow);
    expect(merged('json', { type: 'deep_merge' }, existing, incoming)).toBe(deep);
  });

  function two(text: string): [string, string] {
    return [text, text];
  }
});

describe('newest', () => {
  const columns = [
    { name: 'id', type: 'integer' },
    { name: 'at', type: 'timestamp' },
    { name: 'name', type: 'string', strategy: { type: 'newest', by: 'at' } },
    { name: 'city', type: 'string', strategy: { type: 'newest', by: 'at' } },
  ] as const;
  const early = '2024-01-01T00:00:00.000000Z';
  const late = '2024-01-02T00:00:00.000000Z';

  it.each([
    ['newer wins', early, late, 'new'],
    ['older loses', late, early, 'old'],
    ['equal wins', early, early, 'new'],
    ['null loses to any', early, null, 'old'],
    ['missing loses to any', early, undefined, 'old'],
    ['any wins over null', null, early, 'new'],
    ['null wins over null', null, null, 'new'],
    ['missing wins over missing', undefined, undefined, 'new'],
  ])('%s', (_, known, arriving, winner) => {
    const table = new MergeTable(targetOf(columns));
    table.commit([[1, known, 'old', 'old']]);
    table.commit([[1, arriving, 'new', 'new']]);
    expect(table.only?.slice(2)).toEqual([winner, winner]);
  });

  it('is judged by the row before, for every field alike, and moves its own field only forward', () => {
    const table = new MergeTable(targetOf(columns));
    table.commit([
      [1, late, 'a', 'a'],
      [1, early, 'b', null],
      [1, late, 'c', undefined],
      [1, early, 'd', 'd'],
    ]);
    expect(table.only).toEqual([1, late, 'c', 'a']);
  });

  it('lets a newer null clear, and no older row fill it again', () => {
    const table = new MergeTable(targetOf(columns));
    table.commit([
      [1, early, 'a', 'a'],
      [1, late, null, 'b'],
    ]);
    expect(table.only).toEqual([1, late, null, 'b']);
    table.commit([[1, early, 'c', 'c']]);
    expect(table.only).toEqual([1, late, null, 'b']);
  });

  it('takes every row for new while nothing is known of the field it goes by', () => {
    const table = new MergeTable(targetOf([columns[0], columns[2]]));
    table.commit([
      [1, 'a'],
      [1, 'b'],
    ]);
    expect(table.only).toEqual([1, 'b']);
  });
});

describe('json', () => {
  it.each(['overwrite', 'last_non_null_value', 'keep_edits'] as const)(
    '%s takes an equal value for no change',
    (type) => {
      expect(merged('json', { type }, '{"a":1.0,"b":[true]}', '{"b":[true],"a":1}')).toBe(
        '{"a":1.0,"b":[true]}',
      );
      expect(merged('json', { type }, '{"a":1}', '{"a":true}')).toBe('{"a":true}');
    },
  );
});

describe('a strategy that does not suit its column', () => {
  it.each([
    ['max', 'json'],
    ['min', 'json'],
    ['bool_or', 'integer'],
    ['bool_and', 'string'],
    ['union', 'string'],
  ] as const)('%s of type %s is refused, naming the column and what to do', (type, columnType) => {
    expect(() => merged(columnType, { type }, null)).toThrow(
      expect.objectContaining({
        code: 'merge/type',
        message: expect.stringContaining(`"field" is of type ${columnType}`),
        hint: expect.stringContaining('`type: '),
      }),
    );
  });

  it('is no matter in the primary key, which does not merge', () => {
    const table = new MergeTable(targetOf([{ name: 'id', type: 'string', strategy: { type: 'bool_or' } }]));
    expect(table.commit([['a'], ['a']]).counts).toMatchObject({ inserted: 1 });
  });
});
