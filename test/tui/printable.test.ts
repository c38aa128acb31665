import { expect, test } from 'vitest';
import { wrapped } from '../../src/tui/fitted.ts';
import { printable, shortened } from '../../src/tui/printable.ts';

test('what a terminal obeys, or what turns text around, is shown as an escape', () => {
  expect(printable('a\u001b[2J\u0007\u009b\u007f')).toBe('a\\u001b[2J\\u0007\\u009b\\u007f');
  for (const [first, last] of [
    [0x202a, 0x202e],
    [0x2066, 0x2069],
  ] as const)
    for (let code = first; code <= last; code++)
      expect(printable(`a${String.fromCharCode(code)}b`)).toBe(`a\\u${code.toString(16)}b`);
});

test('tabs, lines and everything else stay', () => {
  const text = 'a\tb\nשלום é 中 👍 \u200f';
  expect(printable(text)).toBe(text);
  expect(shortened('a\n\n b', 9)).toBe('a b');
});

test('breaks a text into lines, of which what is indented stays so', () => {
  expect(wrapped('  "name": "Ann Lee"', 16)).toEqual(['  "name": "Ann', 'Lee"']);
  expect(wrapped(`  ${'x'.repeat(6)}`, 4)).toEqual(['xxxx', 'xx']);
  expect(wrapped('', 4)).toEqual(['']);
});
