import { expect, test } from 'vitest';
import { Decimal } from '../../src/model/decimal.ts';
import { parseJson, printJson } from '../../src/model/json.ts';
import type { Value } from '../../src/model/types.ts';

test('prints what was read, every number with its digits', () => {
  const text = '{"a":[9007199254740993,0.10000000000000000001,1e400],"b":null,"c":"\\ud800"}';
  expect(printJson(parseJson(text))).toBe(text);
});

test('prints whatever code hands over, an object inside of itself too', () => {
  const print = (value: unknown) => JSON.parse(printJson(value as Value));
  const cyclic: { [name: string]: unknown } = { big: 1n, shared: [] };
  cyclic.left = cyclic.right = cyclic;
  cyclic.again = cyclic.shared;
  expect(print(cyclic)).toEqual({ big: 1, shared: [], left: '…', right: '…', again: [] });
  for (const value of [undefined, Symbol('x'), () => 1]) expect(print(value)).toBe(null);
  expect(print([1n, undefined, Symbol('x'), { f: () => 1 }])).toEqual([1, null, null, { f: null }]);
  expect(printJson([new Decimal('1e400'), new Map()] as unknown as Value)).toBe('[1e400,{}]');
});

test('prints nesting of any depth, cut where nobody reads on', () => {
  let deep: Value = [];
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  expect(printJson(deep)).toBe(`${'['.repeat(1000)}"…"${']'.repeat(1000)}`);
});
