import { expect, test } from 'vitest';
import { parseJson, printJson, showJson } from '../../src/model/json.ts';
import type { Value } from '../../src/model/types.ts';

test.each([
  '{"__proto__":{"n":1.10,"i":9007199254740993,"e":1e400},"text":"a\\"\\u0000\\ud800","no":null,"yes":[true,false]}',
  '[]',
  '-0.5',
])('shows data as it is printed: %s', (text) => {
  expect(showJson(parseJson(text))).toBe(printJson(parseJson(text)));
});

test.each([
  ['9007199254740993', 9007199254740993n],
  ['-1234567890123456789', -1234567890123456789n],
  ['0.12345678901234567', '0.12345678901234567'],
  ['1884518522.1684267241', '1884518522.1684267241'],
  ['1e400', '1e400'],
  ['12E-324', '12E-324'],
])('keeps every digit of %s, wherever in a text it stands', (text, exact) => {
  for (let before = 0; before < 40; before += 1) {
    const [, number] = parseJson(`[${JSON.stringify('.'.repeat(before))},${text}]`) as readonly Value[];
    expect(typeof exact === 'bigint' ? number : String(number)).toBe(exact);
  }
});

test('says that a text with long numbers is nested too deep', () => {
  const text = `${'['.repeat(50_000)}12345678901234567890${']'.repeat(50_000)}`;
  expect(() => parseJson(text)).toThrow(new RangeError('nested too deep'));
});

test('shows in words what is no data', () => {
  const shown = showJson([
    new Map(),
    new Date(0),
    () => 1,
    Number.NaN,
    undefined,
    new (class A {
      b = 1;
    })(),
  ]);
  expect(JSON.parse(shown)).toEqual([
    '[object Map]',
    '[object Date]',
    '() => 1',
    'NaN',
    'undefined',
    { b: 1 },
  ]);
});

test('prints whatever code hands over, an object inside of itself too', () => {
  const print = (value: unknown) => JSON.parse(printJson(value as Value));
  const cyclic: { [name: string]: unknown } = { shared: [] };
  cyclic.left = cyclic;
  cyclic.right = cyclic;
  cyclic.again = cyclic.shared;
  expect(print(cyclic)).toEqual({ shared: [], left: '…', right: '…', again: [] });
  expect([undefined, Symbol('x'), () => 1].map(print)).toEqual([null, null, null]);
  let deep: Value = [];
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  expect(printJson(deep)).toBe(`${'['.repeat(500)}"…"${']'.repeat(500)}`);
});
