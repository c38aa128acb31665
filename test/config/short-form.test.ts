import { join } from 'node:path';
import { expect, test } from 'vitest';
import { around, complaints, load, plugins } from './load-text.ts';

/** A config whose stream is written so. */
function withStream(value: string, type = join(plugins, 'numbers.ts')): string {
  return around('primary_key: id').replace(
    /export: .*/,
    `export: { type: ${type}, streams: { campaigns: ${value} } }`,
  );
}

const streamOf = async (value: string, environment = {}) =>
  (await load(withStream(value), environment)).sources.get('export')?.streams.get('campaigns')?.options;

test('may be any scalar that its option accepts', async () => {
  expect(await streamOf('5')).toEqual({ upto: 5 });
  expect(await streamOf('"${COUNT}"', { COUNT: '7' })).toEqual({ upto: 7 });
});

test.each([
  ['"5"', 'config/type sources.export.streams.campaigns: expected a whole number or a map, got "5"'],
  ['true', 'config/type sources.export.streams.campaigns: expected a whole number or a map, got true'],
  ['[5]', 'config/type sources.export.streams.campaigns: expected a whole number or a map, got [5]'],
  ['0', 'config/limit sources.export.streams.campaigns.upto: 0 is too small: the least is 1'],
])('of a number is not %s, which is told once', async (value, complaint) => {
  expect(await complaints(withStream(value))).toEqual([complaint]);
});

test('of a text is no number', async () => {
  expect(await complaints(withStream('5', 'file'))).toEqual([
    'config/type sources.export.streams.campaigns: expected text or a map, got 5',
  ]);
});
