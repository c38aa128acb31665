import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAll, readBatches } from './reading.ts';

const csv = (content: string, more: object = {}) => readAll(content, { format: 'csv', ...more });

describe('csv', () => {
  test('gives every record every column, an empty cell as null', async () => {
    expect(await csv('id,name\n1,Ada\n2,\n,\n')).toEqual([
      { id: '1', name: 'Ada' },
      { id: '2', name: null },
      { id: null, name: null },
    ]);
  });

  test('keeps an empty cell as text when told so', async () => {
    expect(await csv('id,name\n2,\n3,""\n', { empty: 'text' })).toEqual([
      { id: '2', name: '' },
      { id: '3', name: '' },
    ]);
  });

  test('drops a byte order mark, takes CRLF, skips blank lines, needs no last line end', async () => {
    expect(await csv('\uFEFFid,name\r\n\r\n1,Ada\r\n\n2,"Bo\r\nB"\r\n3,C')).toEqual([
      { id: '1', name: 'Ada' },
      { id: '2', name: 'Bo\r\nB' },
      { id: '3', name: 'C' },
    ]);
  });

  test('reads delimiters, line ends and doubled quotes inside quotes; others are characters', async () => {
    expect(await csv('a,"b,c"\n"say ""hi""\n",5" pipe\n')).toEqual([{ a: 'say "hi"\n', 'b,c': '5" pipe' }]);
  });

  test('keeps what looks like a blank line, a line end or a byte order mark and is a cell', async () => {
    expect(await csv('a\n""\n\uFEFF\n"\r"\r\n', { empty: 'text' })).toEqual([
      { a: '' },
      { a: '\uFEFF' },
      { a: '\r' },
    ]);
  });

  test('takes another delimiter, and a tab for tsv', async () => {
    expect(await csv('a;b\n1,5;2\n', { delimiter: ';' })).toEqual([{ a: '1,5', b: '2' }]);
    expect(await readAll('a\tb\n1,5\t2\n', { format: 'tsv' })).toEqual([{ a: '1,5', b: '2' }]);
  });

  test.each([
    [
      'one cell too few',
      'a,b\n1,2\n\n"x\ny",3\n4\n',
      'line 6 of data/x.csv has 1 cell, where the header has 2',
    ],
    ['one cell too many', 'a,b\n1,2,3\n', 'line 2 of data/x.csv has 3 cells, where the header has 2'],
    [
      'a quoted cell too many',
      'a,b\n1,2\n"1","2","3"\n',
      'line 3 of data/x.csv has 3 cells, where the header has 2',
    ],
  ])('refuses a ragged row: %s', async (_, content, message) => {
    await expect(csv(content)).rejects.toMatchObject({ code: 'source/ragged_row', message });
  });

  test.each([
    ['a,b\n1,2\n3,"x\n4,5\n', 'line 3 of data/x.csv opens a quote that is never closed'],
    ['a,b\n1,"x" y\n', 'line 2 of data/x.csv has something after a closing quote'],
    // papaparse itself would drop the blank.
    ['a,b\n"1" ,x\n', 'line 2 of data/x.csv has something after a closing quote'],
  ])('refuses wrong quoting', async (content, message) => {
    await expect(csv(content)).rejects.toMatchObject({ code: 'source/malformed', message });
  });

  test('refuses what has no header row', async () => {
    await expect(csv('')).rejects.toMatchObject({ code: 'source/no_header' });
    await expect(csv('a,b\r1,2\r')).rejects.toMatchObject({ code: 'source/no_header' });
  });

  test('refuses a delimiter that cannot be one', async () => {
    for (const delimiter of ['"', '\n', '', '\uFEFF']) {
      await expect(csv('a\n', { delimiter })).rejects.toMatchObject({ code: 'source/option' });
    }
  });

  test('gives blank and repeated header cells names of their own, and loses none', async () => {
    const [batch] = await readBatches('a,,a,a_2,_C2\n1,2,3,4,5\n', { format: 'csv' });
    expect(batch?.header).toEqual(['a', '_C2_2', 'a_3', 'a_2', '_C2']);
    expect(batch?.records).toEqual([{ a: '1', _C2_2: '2', a_3: '3', a_2: '4', _C2: '5' }]);
  });

  test('tells the header when there are no rows', async () => {
    expect(await readBatches('a,b\n', { format: 'csv' })).toMatchObject([
      { records: [], header: ['a', 'b'] },
    ]);
  });

  test('has a column named __proto__', async () => {
    const [record] = await csv('__proto__,b\nx,2\n');
    expect(Object.entries(record ?? {})).toEqual([
      ['__proto__', 'x'],
      ['b', '2'],
    ]);
  });

  test('fills batches by rows and by bytes', async () => {
    const rows = await readBatches('a\n1\n2\n3\n', { format: 'csv', batch: { rows: 2, bytes: 1e6 } });
    expect(rows.map((batch) => batch.records.length)).toEqual([2, 1]);
    const bytes = await readBatches('a\n1234567\n2\n3\n', { format: 'csv', batch: { rows: 9, bytes: 4 } });
    expect(bytes.map((batch) => batch.records.length)).toEqual([1, 2]);
  });

  test('reads what csv-parse reads, however the bytes are cut', async () => {
    const cell = fc.oneof(fc.constantFrom('', 'x', '"', ',', '\n', '\r\n', 'é"'), fc.string());
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { maxLength: 6 });
    const quoted = (text: string, force: boolean) =>
      force || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    await fc.assert(
      fc.asyncProperty(table, fc.boolean(), fc.integer({ min: 1, max: 9 }), async (rows, force, chunk) => {
        const content = ['a,b', ...rows.map((row) => row.map((text) => quoted(text, force)).join(','))].join(
          '\r\n',
        );
        const expected = parse(content, { columns: true, record_delimiter: '\r\n' });
        expect(await csv(content, { chunk, empty: 'text' })).toEqual(expected);
      }),
    );
  });
});
