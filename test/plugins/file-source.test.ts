import { chmod, mkdir, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Batch, SourceRecord } from 'syncline';
import { sourceContract } from 'syncline/testing';
import { describe, expect, test } from 'vitest';
import { source } from '../../plugins/file/index.ts';
import { contextOf, emptyFolder } from './file-sandbox.ts';

interface Given {
  readonly path: string;
  readonly [option: string]: unknown;
}

async function* batchesOf(
  directory: string,
  given: Given,
  signal = new AbortController().signal,
): AsyncGenerator<Batch> {
  const opened = await source.open({}, contextOf(directory));
  const options = { encoding: 'utf-8', empty: null, ...given };
  yield* opened.read({ stream: 's', options, batch: { rows: 2, bytes: 1e6 }, signal });
  await opened.close();
}

async function read(directory: string, given: Given): Promise<SourceRecord[]> {
  const records: SourceRecord[] = [];
  for await (const batch of batchesOf(directory, given)) records.push(...batch.records);
  return records;
}

/** Files by their names, each a csv file whose only row holds its own name. */
async function folderOf(...names: readonly string[]): Promise<string> {
  const folder = await emptyFolder();
  for (const name of names) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), `name\n${name}\n`);
  }
  return folder;
}

const namesOf = async (folder: string, path: string) =>
  (await read(folder, { path })).map((record) => record.name);

describe('patterns', () => {
  test.each([
    ['*.csv', ['a.csv', 'b.csv']],
    ['?.csv', ['a.csv', 'b.csv']],
    ['./deep/**/*.csv', ['deep/er/d.csv', 'deep/x.csv']],
    ['**/{b,d}.csv', ['b.csv', 'deep/er/d.csv']],
    ['{b,a}.csv', ['a.csv', 'b.csv']],
    ['deep/**/*', ['deep/er/d.csv', 'deep/x.csv']],
    ['deep/*/d.csv', ['deep/er/d.csv']],
    ['.h*.csv', ['.hidden.csv']],
    ['[ab].csv', ['[ab].csv']],
    ['{1}.csv', ['{1}.csv']],
  ])('%s', async (pattern, expected) => {
    const folder = await folderOf(
      'b.csv',
      'a.csv',
      'deep/x.csv',
      'deep/er/d.csv',
      '.hidden.csv',
      'deep/c.csv.tmp',
      'no.txt',
    );
    if (/[[{]\w+[\]}]\.csv$/.test(pattern)) await writeFile(join(folder, pattern), `name\n${pattern}\n`);
    const found = await namesOf(folder, pattern);
    expect(found).toEqual(expected);
  });

  test('a link to a folder above does not lead round in circles', async () => {
    const folder = await folderOf('in/a.csv');
    await symlink(folder, join(folder, 'in/loop'));
    expect(await namesOf(folder, '**/*.csv')).toEqual(['in/a.csv']);
  });

  test('one that matches nothing names itself and its folder', async () => {
    const folder = await folderOf('a.csv.tmp');
    await expect(read(folder, { path: 'data/*.csv' })).rejects.toMatchObject({
      code: 'source/file_missing',
      message: `no file matches ${join(folder, 'data/*.csv')}`,
    });
  });
});

test('each file of a pattern tells its own header', async () => {
  const folder = await emptyFolder();
  await writeFile(join(folder, '1.csv'), 'a,b\n1,2\n');
  await writeFile(join(folder, '2.csv'), 'b,c\n3,4\n');
  const headers: unknown[] = [];
  for await (const batch of batchesOf(folder, { path: '*.csv' })) headers.push(batch.header);
  expect(headers).toEqual([
    ['a', 'b'],
    ['b', 'c'],
  ]);
});

test('the format is what the name tells, gzip or not, or what is declared', async () => {
  const folder = await emptyFolder();
  await writeFile(join(folder, 'x.JSONL.gz'), gzipSync('{"a":1}\n'));
  await writeFile(join(folder, 'x.ndjson'), '{"a":2}\n');
  await writeFile(join(folder, 'x.dat'), 'a|b\n|3\n');
  expect(await read(folder, { path: 'x.JSONL.gz' })).toEqual([{ a: 1 }]);
  expect(await read(folder, { path: 'x.ndjson' })).toEqual([{ a: 2 }]);
  expect(await read(folder, { path: 'x.dat', format: 'csv', delimiter: '|', empty: 'text' })).toEqual([
    { a: '', b: '3' },
  ]);
  await expect(read(folder, { path: 'x.dat' })).rejects.toMatchObject({ code: 'source/format' });
});

test('an option that means nothing for the format is refused', async () => {
  const folder = await folderOf('a.csv', 'a.json');
  await expect(read(folder, { path: 'a.csv', records: 'data' })).rejects.toMatchObject({
    code: 'source/option',
  });
  await expect(read(folder, { path: 'a.json', delimiter: ';' })).rejects.toMatchObject({
    code: 'source/option',
  });
});

test('a missing file and a folder are explained', async () => {
  const folder = await folderOf('dir.csv/x.csv');
  await expect(read(folder, { path: 'no.csv' })).rejects.toMatchObject({
    code: 'source/file_missing',
    message: `no.csv is not there (${join(folder, 'no.csv')})`,
  });
  await expect(read(folder, { path: 'dir.csv' })).rejects.toMatchObject({
    code: 'source/file_unreadable',
    message: 'dir.csv is a folder',
  });
});

test.skipIf(process.getuid?.() === 0)('a file without permission is explained', async () => {
  const folder = await folderOf('a.csv');
  await chmod(join(folder, 'a.csv'), 0o000);
  await expect(read(folder, { path: 'a.csv' })).rejects.toMatchObject({ code: 'source/file_unreadable' });
});

test.each(['loop/*.csv', '*/a.csv', '{loop,in}/a.csv'])(
  'a folder that cannot be read is explained, and hides nothing: %s',
  async (path) => {
    const folder = await folderOf('in/a.csv');
    await symlink('loop', join(folder, 'loop'));
    await expect(read(folder, { path })).rejects.toMatchObject({
      code: 'source/file_unreadable',
      message: expect.stringContaining(join(folder, 'loop')),
    });
  },
);

test.runIf(process.platform === 'linux')('a file that fails while it is read is explained', async () => {
  const given = { path: '/proc/self/mem', format: 'jsonl' };
  await expect(read('/', given)).rejects.toMatchObject({
    code: 'source/file_unreadable',
    message: expect.stringContaining('cannot be read'),
  });
});

const threeLines = '{"a":1}\n{"a":2}\n{"a":3}\n';
const changes: readonly [string, (file: string) => Promise<void>][] = [
  ['appended to', (file) => writeFile(file, '{"a":4}\n', { flag: 'a' })],
  ['touched', (file) => utimes(file, 1, 1)],
  [
    'replaced',
    async (file) => {
      await writeFile(`${file}.new`, threeLines);
      await rename(`${file}.new`, file);
    },
  ],
];

test.each(changes)('a file that is %s while it is read ends the read with an error', async (_, change) => {
  const folder = await emptyFolder();
  const file = join(folder, 'x.jsonl');
  await writeFile(file, threeLines);
  const reading = batchesOf(folder, { path: 'x.jsonl' });
  await reading.next();
  await change(file);
  const rest = (async () => {
    for await (const _ of reading);
  })();
  await expect(rest).rejects.toMatchObject({ code: 'source/file_changed' });
});

test('stops when it is told to', async () => {
  const folder = await folderOf('a.csv');
  const stop = new AbortController();
  stop.abort(new Error('stop'));
  await expect(batchesOf(folder, { path: 'a.csv' }, stop.signal).next()).rejects.toThrow('stop');
});

describe('contract', async () => {
  sourceContract({
    test,
    definition: source,
    options: async () => ({}),
    stream: { path: 'test/fixtures/file/three.jsonl', encoding: 'utf-8', empty: null },
    records: [{ id: 1, name: 'Ada' }, { id: 2, name: null }, { id: 3 }],
    unreadable: [{ path: 'test/fixtures/file/none.jsonl' }, { path: 'test/fixtures' }, { path: '*.nothing' }],
  });
});
