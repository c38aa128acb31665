import { expect, it } from 'vitest';
import { wrapped } from '../../src/tui/fitted.ts';

it('breaks lines between words, and keeps what is indented so', () => {
  expect(wrapped('{\n  "name": "a b c d"\n}', 12)).toEqual(['{', '  "name": "a', '  b c d"', '}']);
  expect(wrapped('one two', 3)).toEqual(['one', 'two']);
  expect(wrapped('abcdef', 4)).toEqual(['abcd', 'ef']);
  expect(wrapped(`${' '.repeat(20)}x`, 8)).toEqual(['    x']);
});
