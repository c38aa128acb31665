import fc from 'fast-check';
import { type Cell, type Column, printJson, type Row, type Target } from 'syncline';
import { printRows, type RowsFormat, widenCsv } from 'syncline/formats';
import { expect, test } from 'vitest';
import { readAll } from './reading.ts';

function target(columns: readonly Column[], stamps: Target['stamps'] = {}): Target {
  return {
    pipeline: 'p',
    name: 't',
    mode: 'replace',
    columns: columns.map((column) => ({ ...column, strategy: { type: 'overwrite' }, tracked: false })),
    primary_key: [],
    stamps,
    run: { id: 'RUN', started_at: '2026-01-02T03:04:05.000Z' },
  };
}

/** The text of a file with these batches. */
function textOf(
  format: RowsFormat,
  into: Target,
  batches: readonly (readonly Row[])[],
  formulas?: 'escape',
): string {
  const printer = printRows(format, into, { formulas });
  let text = '';
  let before = 0;
  for (const rows of batches) {
    text += printer.print(rows, before);
    before += rows.length;
  }
  return text + printer.end(before);
}

const columns = [
  { name: 'id', type: 'integer' },
  { name: 'price', type: 'decimal' },
  { name: 'tags', type: 'json' },
  { name: 'na"me', type: 'string' },
  { name: 'ok', type: 'boolean' },
] as const;
const rows: readonly Row[] = [
  [2n ** 53n + 1n, '-12345678901234567890.123', '[1,{"a":null}]', 'a,"b"\n', true],
  [1, null, undefined, '', false],
];
const stamps = { run_id: '_run_id', synced_at: '_synced_at' };

test('prints JSON lines with exact numbers, and leaves missing cells out', () => {
  expect(textOf('jsonl', target(columns, stamps), [rows])).toBe(
    '{"id":9007199254740993,"price":-12345678901234567890.123,"tags":[1,{"a":null}],"na\\"me":"a,\\"b\\"\\n","ok":true,"_run_id":"RUN","_synced_at":"2026-01-02T03:04:05.000Z"}\n' +
      '{"id":1,"price":null,"na\\"me":"","ok":false,"_run_id":"RUN","_synced_at":"2026-01-02T03:04:05.000Z"}\n',
  );
});

test('prints one array over several batches', () => {
  expect(textOf('json', target([{ name: 'id', type: 'integer' }]), [[], [[1]], [], [[2], [3]]])).toBe(
    '[\n{"id":1},\n{"id":2},\n{"id":3}\n]\n',
  );
});

test('prints one header row over several batches', () => {
  expect(textOf('csv', target(columns, stamps), [rows.slice(0, 1), rows.slice(1)])).toBe(
    'id,price,tags,"na""me",ok,_run_id,_synced_at\n' +
      '9007199254740993,-12345678901234567890.123,"[1,{""a"":null}]","a,""b""\n",true,RUN,2026-01-02T03:04:05.000Z\n' +
      '1,,,,false,RUN,2026-01-02T03:04:05.000Z\n',
  );
});

test('prints a file without rows', () => {
  const empty = target([{ name: 'id', type: 'integer' }]);
  expect(textOf('jsonl', empty, [])).toBe('');
  expect(textOf('json', empty, [])).toBe('[]\n');
  expect(textOf('csv', empty, [])).toBe('id\n');
});

test('escapes text that a spreadsheet would run, and no numbers', () => {
  const risky = target([
    { name: '=n', type: 'string' },
    { name: 'x', type: 'decimal' },
  ]);
  const cells = ['=1+1', '+49', '-5', '@a', '\tb', '\rc', 'plain', "'q"].map((text): Row => [text, '-1.5']);
  expect(textOf('csv', risky, [cells], 'escape')).toBe(
    `'=n,x\n'=1+1,-1.5\n'+49,-1.5\n'-5,-1.5\n'@a,-1.5\n'\tb,-1.5\n"'\rc",-1.5\nplain,-1.5\n'q,-1.5\n`,
  );
  expect(textOf('csv', risky, [cells])).toContain('\n=1+1,-1.5\n');
});

const anyText = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed());
const anyRow = fc.tuple(
  anyText,
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
  fc.boolean(),
  fc.jsonValue().map((value) => JSON.stringify(value)),
);
const typed: readonly Column[] = [
  { name: '__proto__', type: 'string' },
  { name: 'integer', type: 'integer' },
  { name: 'number', type: 'number' },
  { name: 'boolean', type: 'boolean' },
  { name: 'json', type: 'json' },
];

test.each(['jsonl', 'json'] as const)('what %s prints is read back equal', async (format) => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRow), async (rows) => {
      const read = await readAll(textOf(format, target(typed), [rows]), { format, chunk: 50 });
      const back = read.map((record) => typed.map(({ name }) => printJson(record[name] ?? null)));
      const expected = rows.map((row) => [
        JSON.stringify(row[0]),
        String(row[1]),
        printJson(row[2]),
        String(row[3]),
        printJson(JSON.parse(row[4])),
      ]);
      expect(back).toEqual(expected);
    }),
  );
});

test('what csv prints is read back as the same text', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRow), fc.constantFrom(1, 5), async (rows, width) => {
      const shown = typed.slice(0, width);
      const text = textOf('csv', target(shown), [rows.map((row) => row.slice(0, width))]);
      const read = await readAll(text, { format: 'csv', empty: 'text', chunk: 50 });
      const back = read.map((record) => shown.map(({ name }) => record[name]));
      expect(back).toEqual(rows.map((row) => row.slice(0, width).map((cell: Cell) => String(cell))));
    }),
  );
});

test('prints csv rows again under more columns', async () => {
  async function* chunks() {
    yield Buffer.from('a,b\n1,"x,\ny"\n,2\n');
  }
  const texts: string[] = [];
  for await (const text of widenCsv(chunks(), ['a', 'b'], ['c', 'a', 'b', 'd'])) texts.push(text);
  expect(texts.join('')).toBe(',1,"x,\ny",\n,,2,\n');
});
