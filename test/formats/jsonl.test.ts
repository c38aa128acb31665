import { Decimal } from 'syncline';
import { expect, test } from 'vitest';
import { readAll, readBatches } from './reading.ts';

const jsonl = (content: string, more: object = {}) => readAll(content, { format: 'jsonl', ...more });

test('reads one object per line, and passes over blank lines', async () => {
  expect(await jsonl('\uFEFF{"a":1}\r\n\r\n  \n{"a":"é"}\n{"a":null}')).toEqual([
    { a: 1 },
    { a: 'é' },
    { a: null },
  ]);
});

test('has no records where there are no lines', async () => {
  expect(await readBatches('', { format: 'jsonl' })).toEqual([]);
});

test('keeps every digit, and fields named __proto__', async () => {
  const [record] = await jsonl('{"__proto__":1,"big":9007199254740993,"exact":0.12345678901234567890123}\n');
  expect(Object.entries(record ?? {})).toEqual([
    ['__proto__', 1],
    ['big', 9007199254740993n],
    ['exact', new Decimal('0.12345678901234567890123')],
  ]);
});

test.each([
  ['{"a":1}\n\n{"a":\n', 3, 'is not JSON'],
  ['{"a":1}\n[1]\n', 2, 'holds an array where a record should be'],
  ['{"a":1}\n12345678901234567.8\n', 2, 'holds a number where a record should be'],
  ['{"a":1}\n{"a":1}{"a":2}\n', 2, 'is not JSON'],
  ['{"a":1}\n{"a', 2, 'is not JSON'],
  [`{"a":1}\n{"a":${'['.repeat(50_000)}12345678901234567890${']'.repeat(50_000)}}`, 2, 'is nested too deep'],
])('names the line that is no record (%#)', async (content, line, what) => {
  await expect(jsonl(content)).rejects.toMatchObject({
    code: 'source/malformed',
    message: expect.stringContaining(`line ${line} of data/x.jsonl ${what}`),
  });
});

test('fills batches by rows and by bytes', async () => {
  const lines = '{"a":1}\n{"a":2}\n{"a":3}\n';
  const rows = await readBatches(lines, { format: 'jsonl', batch: { rows: 2, bytes: 1e6 } });
  expect(rows.map((batch) => batch.records.length)).toEqual([2, 1]);
  const bytes = await readBatches(lines, { format: 'jsonl', batch: { rows: 9, bytes: 10 } });
  expect(bytes.map((batch) => batch.records.length)).toEqual([2, 1]);
});
