import { expect, test } from 'vitest';
import { lintScalar } from '../../src/config/lints.ts';
import { diagnose, load, makeFolder } from './folder.ts';

test.each([
  ['012', '012 becomes the number 12', '"012"'],
  ['1.10', '1.10 becomes the number 1.1', '"1.10"'],
  ['1.0', '1.0 becomes the number 1', 'write 1'],
  ['0o17', '0o17 becomes the number 15', 'write 15'],
  ['0xff', '0xff becomes the number 255', '"0xff"'],
  ['1e3', '1e3 becomes the number 1000', 'write 1000'],
  [
    '0.12345678901234567890',
    '0.12345678901234567890 becomes the number 0.12345678901234568',
    '"0.12345678901234567890"',
  ],
  ['1_000', '1_000 is text, not a number', 'Write 1000'],
  ['yes', 'yes is text, not true', '"yes"'],
  ['Off', 'Off is text, not false', 'Write false'],
])('%s unquoted is a warning', async (text, message, help) => {
  const { warnings } = await load(makeFolder(`a:\n  b: ${text} # why\n`));
  expect(warnings).toEqual([
    {
      severity: 'warning',
      code: 'config/ambiguous',
      path: 'a.b',
      message,
      help: expect.stringContaining(help),
      span: expect.objectContaining({ start: 8, end: 8 + text.length }),
    },
  ]);
});

test.each(['.inf', '-.Inf', '.nan', '1e400'])('%s is an error: nothing can store it', async (text) => {
  expect((await diagnose(makeFolder(`a: ${text}\n`))).map(({ code }) => code)).toEqual(['config/number']);
});

test.each([
  '12',
  '-1.5',
  '0',
  '9007199254740993',
  '22:22',
  '2024-01-01',
  'true',
  'null',
  'y',
  'yesterday',
  '1_000_a',
  '"012"',
  "'yes'",
  '!!str 012',
  '!!str yes',
  '|\n  yes\n',
])('%s is what it looks like', async (text) => {
  expect((await load(makeFolder(`a: ${text}\n`))).warnings).toEqual([]);
});

test('an anchor is warned of once, however often it is used', async () => {
  expect((await load(makeFolder('a: &x 1.10\nb: *x\nc: [*x]\n'))).warnings).toHaveLength(1);
});

test('text that came from a variable is not judged', () => {
  expect(lintScalar('${A}', '${A}')).toBeUndefined();
});
