import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readAll, readBatches } from './reading.ts';

const line = '{"a":"é€😀"}\n';

test.each([1, 2, 3, 5, 1000])('puts characters together that chunks of %d bytes cut', async (chunk) => {
  expect(await readAll(line, { format: 'jsonl', chunk })).toEqual([{ a: 'é€😀' }]);
  const utf16 = Buffer.from(`\uFEFF${line}`, 'utf16le');
  expect(await readAll(utf16, { format: 'jsonl', encoding: 'utf-16le', chunk })).toEqual([{ a: 'é€😀' }]);
});

test('reads windows-1252 in all its characters', async () => {
  const bytes = Buffer.from([...Buffer.from('a\n'), 0x80, 0x92, 0xe9, 0x81, 0x0a]);
  for (const encoding of ['windows-1252', 'latin1']) {
    expect(await readAll(bytes, { format: 'csv', encoding })).toEqual([{ a: '€’é\x81' }]);
  }
});

test.each([1, 2, 3, 4, 100])('names the byte that is not in the encoding (chunks of %d)', async (chunk) => {
  const bytes = Buffer.concat([Buffer.from('a\né€😀'), Buffer.from([0xe9]), Buffer.from('bc\n')]);
  await expect(readAll(bytes, { format: 'csv', chunk })).rejects.toMatchObject({
    code: 'source/encoding',
    message: 'data/x.csv is not utf-8: byte 12 cannot be decoded',
  });
});

test('refuses a file that ends inside a character, and an encoding that is none', async () => {
  await expect(readAll(Buffer.from([0x61, 0x0a, 0xe2, 0x82]), { format: 'csv' })).rejects.toMatchObject({
    code: 'source/encoding',
    message: expect.stringContaining('ends in the middle of a character'),
  });
  await expect(readAll('a\n', { format: 'csv', encoding: 'utf-5' })).rejects.toMatchObject({
    code: 'source/encoding',
    message: '"utf-5" is not an encoding',
  });
});

test('unpacks gzip by its first bytes, whatever the name', async () => {
  const packed = gzipSync(line.repeat(1000));
  expect(await readAll(packed, { format: 'jsonl', chunk: 100 })).toHaveLength(1000);
  expect(await readAll(gzipSync(`[${line}]`), { format: 'json', file: 'x.json.gz' })).toHaveLength(1);
});

test.each([1, 10, 18, 60])('refuses gzip that lacks its last %d bytes', async (missing) => {
  const packed = gzipSync(Buffer.from(Array.from({ length: 500 }, (_, id) => `{"id":${id}}\n`).join('')));
  const cut = packed.subarray(0, packed.length - missing);
  await expect(readBatches(cut, { format: 'jsonl' })).rejects.toMatchObject({ code: 'source/gzip' });
});

test('refuses a gzip name without gzip in it', async () => {
  await expect(readAll(line, { format: 'jsonl', file: 'x.jsonl.gz' })).rejects.toMatchObject({
    code: 'source/gzip',
  });
  await expect(readAll('', { format: 'jsonl', file: 'x.jsonl.gz' })).rejects.toMatchObject({
    code: 'source/gzip',
  });
});
