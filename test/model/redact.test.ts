import { describe, expect, test } from 'vitest';
import { Decimal } from '../../src/model/decimal.ts';
import { redactor, redactValue } from '../../src/model/redact.ts';

describe('redactor', () => {
  const secret = 'p"ss wörd/1+1=2';
  const redact = redactor([secret]);

  test.each([
    ['as it is', secret],
    ['in JSON', JSON.stringify(secret).slice(1, -1)],
    ['in a URL', encodeURIComponent(secret)],
    ['in a form', new URLSearchParams({ '': secret }).toString().slice(1)],
    ['in the path of a URL', encodeURI(secret)],
  ])('finds a secret %s', (_, spelt) => {
    expect(redact(`before ${spelt} after`)).toBe('before ••• after');
  });

  test.each([
    ['with small digits', 'k%c3%b6y%2f1%21%28'],
    ['with every mark escaped', 'k%C3%B6y%2F1%21%28'],
    ['in JSON of ASCII alone', 'k\\u00f6y/1!('],
    ['in JSON with slashes escaped', 'köy\\/1!('],
    ['in JSON with both', 'k\\u00f6y\\/1!('],
  ])('finds what other programs make of a secret: %s', (_, spelt) => {
    expect(redactor(['köy/1!('])(`before ${spelt} after`)).toBe('before ••• after');
  });

  test.each(['', 'a', 'ab', 'user:', 'user1:', 'user12:'])(
    'leaves none of it in base64 after %j',
    (before) => {
      for (const encoding of ['base64', 'base64url'] as const) {
        const bytes = Buffer.from(before + secret + before);
        const left = redact(bytes.toString(encoding));
        expect(left).toContain('•••');
        const [head = '', tail = ''] = left.split('•••');
        // A character of base64 on the border belongs to both sides.
        expect(head.length * 6).toBeLessThanOrEqual(before.length * 8 + 6);
        expect(tail.replaceAll('=', '').length * 6).toBeLessThanOrEqual(before.length * 8 + 6);
      }
    },
  );

  test('takes the longer of two that begin alike', () => {
    expect(redactor(['tokn', 'tokn-12345'])('tokn-12345 tokn-1')).toBe('••• •••-1');
  });

  test('leaves alone what is shorter than 4 characters, or means something in a pattern', () => {
    expect(redactor(['abc', ''])('abc def')).toBe('abc def');
    expect(redactor(['a.*b'])('a--b a.*b')).toBe('a--b •••');
  });

  test('puts what the mask says in its place', () => {
    expect(redactor(['hush'], (found) => '•'.repeat(found.length))('x hush y')).toBe('x •••• y');
  });
});

test('redacts the texts and numbers in a value, and nothing else', () => {
  const redact = redactor(['hush', '123456']);
  const value = JSON.parse('{"__proto__":["a hush",{"hush":123456}],"n":1,"none":null,"yes":true}');
  const decimal = new Decimal('1.10');
  const redacted = redactValue({ ...value, decimal, wide: 2n ** 60n }, redact);
  expect(redacted).toEqual({
    ...JSON.parse('{"__proto__":["a •••",{"hush":"•••"}],"n":1,"none":null,"yes":true}'),
    decimal,
    wide: 2n ** 60n,
  });
});
