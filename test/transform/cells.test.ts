import { describe, expect, it } from 'vitest';
import type { Cell } from '../../src/model/types.ts';
import { compareCells, equalCells, keyOf, keyOfRow, type OrderedType } from '../../src/transform/cells.ts';

describe('equalCells', () => {
  it.each([
    ['1', '1.0', true],
    ['1', '1e0', true],
    ['[1]', '[true]', false],
    ['{"a":1,"b":null}', '{"b":null,"a":1}', true],
    ['{"a":null}', '{"b":null}', false],
    ['{"__proto__":1}', '{}', false],
    ['{"__proto__":1}', '{"a":1}', false],
    ['{"__proto__":{}}', '{"a":{}}', false],
    ['[]', '{}', false],
    ['[1,2]', '[2,1]', false],
    ['9007199254740993', '9007199254740992', false],
    ['0.1234567890123456789', '0.1234567890123456788', false],
    ['0.1234567890123456789', '1234567890123456789e-19', true],
    ['-10000000000000000000000', '-1e22', true],
    ['1e400', '10e399', true],
    ['1e400', '1e401', false],
    ['-1e400', '1e400', false],
    ['-0', '0', true],
    ['n/a', '"n/a"', true],
    ['n/a', 'n/b', false],
  ])('json %s and %s: %s', (a, b, equal) => {
    expect(equalCells('json', a, b)).toBe(equal);
    expect(equalCells('json', b, a)).toBe(equal);
  });

  it('keeps null apart from everything, and other types as they are', () => {
    expect(equalCells('json', 'null', null)).toBe(false);
    expect(equalCells('string', '1', '1.0')).toBe(false);
    expect(equalCells('string', null, null)).toBe(true);
  });
});

describe('compareCells', () => {
  it.each<[OrderedType, readonly NonNullable<Cell>[]]>([
    ['string', ['', 'A', 'a', 'a\0', 'aa', '\u{e9}', '\u{ffff}', '\u{1f600}', '\u{1f601}']],
    ['decimal', ['-100', '-99.5', '-0.55', '-0.5', '0', '0.05', '0.5', '0.55', '9', '10', '10.25', '100']],
    ['integer', [-9223372036854775808n, -1, 0, 9007199254740991, 9007199254740992n, 9007199254740993n]],
    ['boolean', [false, true]],
  ])('orders %s', (type, cells) => {
    for (const [i, a] of cells.entries()) {
      for (const [j, b] of cells.entries()) {
        expect(Math.sign(compareCells(type, a, b)), `${a} and ${b}`).toBe(Math.sign(i - j));
      }
    }
  });

  it('orders text as its UTF-8 bytes', () => {
    const texts = ['\u{10000}', '\u{ffff}', '\u{d7ff}', '\u{e000}', 'z', '\u{10ffff}'];
    const byBytes = texts.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(texts.toSorted((a, b) => compareCells('string', a, b))).toEqual(byBytes);
  });
});

describe('keyOf', () => {
  it('gives every key a text of its own', () => {
    const keys: Cell[][] = [
      [1],
      ['1'],
      ['"1'],
      [true],
      ['true'],
      [''],
      [1, 2],
      ['1', '2'],
      ['12', ''],
      ['', '12'],
    ];
    keys.push(
      ['1:2', '3'],
      ['1', '2:3'],
      ['a,b', 'c'],
      ['a', 'b,c'],
      ['a,"b', 'c'],
      ['a', 'b,"c'],
      ['\0', ''],
      ['', '\0'],
    );
    for (const size of [1, 2]) {
      const sized = keys.filter((key) => key.length === size);
      expect(new Set(sized.map(keyOf)).size).toBe(sized.length);
    }
  });

  it('finds the key of a row at its places', () => {
    expect(keyOfRow(['x', 'a', 1], [1])).toBe(keyOf(['a']));
    expect(keyOfRow(['x', 'a', 1], [2, 1])).toBe(keyOf([1, 'a']));
  });
});
