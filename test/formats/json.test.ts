import fc from 'fast-check';
import { parseJson } from 'syncline';
import { expect, test } from 'vitest';
import { readAll, readBatches } from './reading.ts';

const json = (content: string, more: object = {}) => readAll(content, { format: 'json', ...more });

test('reads the records of a top-level array', async () => {
  expect(await json('\uFEFF [ {"a":1} ,\n{"a":"],}\\"\\\\"}, {} ]\n')).toEqual([
    { a: 1 },
    { a: '],}"\\' },
    {},
  ]);
  expect(await json('[]')).toEqual([]);
  expect(await json('[{}]', { records: '$' })).toEqual([{}]);
});

test('reads the array at a path, whatever lies around it', async () => {
  const document = {
    meta: { next: [[1]], note: '"[' },
    data: { ids: [1], items: [{ a: [1, { b: 2 }] }, { c: {} }] },
    z: [],
  };
  expect(await json(JSON.stringify(document, null, 2), { records: 'data.items' })).toEqual(
    document.data.items,
  );
});

test('takes null at the path for no records', async () => {
  expect(await json('{"data":{"items":null}}', { records: 'data.items' })).toEqual([]);
});

test.each([
  [
    '{"data":{"items":[]},"ids":[1]}',
    'items',
    'has nothing at `records: items`',
    'It has these arrays: data.items, ids.',
  ],
  [
    '{"data":{"items":{}}}',
    'data.items',
    'has an object at `records: data.items`',
    'There is no array in it.',
  ],
  ['{"toString":[]}', 'valueOf', 'has nothing at `records: valueOf`', 'It has these arrays: toString.'],
  ['{"items":[]}', undefined, 'has an object at `records: $`', 'It has these arrays: items.'],
  [
    '[{}]',
    'items',
    'has nothing at `records: items`',
    'The document itself is an array: leave `records` out.',
  ],
  ['12', undefined, 'has a number at `records: $`', 'There is no array in it.'],
])('says where the arrays of %s are', async (content, records, message, hint) => {
  await expect(json(content, { records })).rejects.toMatchObject({
    code: 'source/records',
    message: expect.stringContaining(message),
    hint,
  });
});

test.each([
  ['', 'is empty'],
  ['[{"a":1},{"a":2}', 'is cut off'],
  ['[{"a":1},{"a":"x', 'is cut off'],
  ['[{"a":1}]{', 'is cut off'],
  ['[{"a":1}] x', 'is not JSON'],
  ['[{"a":1}]\\', 'is cut off'],
  ['{"a":[1] "b":2}', 'is not JSON'],
  ['{"a":1}\n{"a":2}\n', 'is not JSON'],
  ['[{"a":1}]]', 'line 1 of data/x.json has a "]" that closes nothing'],
  ['[{"a":1}\n}', 'line 2 of data/x.json has a "}" that closes nothing'],
])('refuses %j before its first record', async (content, message) => {
  const read = readBatches(content, { format: 'json', batch: { rows: 1, bytes: 1 } });
  await expect(read).rejects.toMatchObject({
    code: 'source/malformed',
    message: expect.stringContaining(message),
  });
});

test.each([
  ['[{"a":1},\n\n  {"a":}]', 3, 'is not JSON'],
  ['{\n"x":[1\n],"r":[{},\n{\n"a":1,\n"b" 2}]}', 6, 'is not JSON'],
  ['[{"a":1},\n 2]', 2, 'holds a number where a record should be'],
  ['[{"a":1},\n{}\n,]', 3, 'is not JSON'],
  ['[,{}]', 1, 'is not JSON'],
])('names the line of a record that is none: %j', async (content, line, what) => {
  const records = content.startsWith('{') ? 'r' : '$';
  await expect(json(content, { records })).rejects.toMatchObject({
    message: expect.stringContaining(`line ${line} of data/x.json ${what}`),
  });
});

test('fills batches by rows and by bytes', async () => {
  const rows = await readBatches('[{},{},{}]', { format: 'json', batch: { rows: 2, bytes: 1e6 } });
  expect(rows.map((batch) => batch.records.length)).toEqual([2, 1]);
  const bytes = await readBatches('[{"a":1},{},{}]', { format: 'json', batch: { rows: 9, bytes: 7 } });
  expect(bytes.map((batch) => batch.records.length)).toEqual([1, 2]);
});

test('reads what a parser of the whole text reads, however the bytes are cut', async () => {
  const record = fc.dictionary(fc.string(), fc.jsonValue());
  await fc.assert(
    fc.asyncProperty(
      fc.array(record),
      fc.jsonValue(),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(undefined, 1),
      async (items, other, chunk, indent) => {
        const content = JSON.stringify({ other, deep: { items }, after: other }, null, indent);
        expect(await json(content, { chunk, records: 'deep.items' })).toEqual(
          items.map((item) => parseJson(JSON.stringify(item))),
        );
      },
    ),
  );
});

test('every document that was cut off is refused', async () => {
  const content = '{"a":[{"x":"\\"]\\\\"},{"y":[1,{"z":null}]}],"b":"c"}';
  for (let length = 0; length < content.length; length++) {
    await expect(json(content.slice(0, length), { records: 'a', chunk: 3 })).rejects.toMatchObject({
      code: 'source/malformed',
    });
  }
  expect(await json(content, { records: 'a' })).toHaveLength(2);
});
