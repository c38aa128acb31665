import { mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { type Batch, parseJson, printJson, type SourceRecord, type Value } from 'syncline';
import { expect, test } from 'vitest';
import { source } from '../../plugins/file/index.ts';
import { slowCases } from '../counts.ts';
import { contextOf, emptyFolder } from './file-sandbox.ts';

async function read(directory: string, path: string, rows: number, position?: Value): Promise<Batch[]> {
  const opened = await source.open({}, contextOf(directory));
  const options = { path, encoding: 'utf-8', empty: null };
  const { signal } = new AbortController();
  const batches: Batch[] = [];
  for await (const batch of opened.read({
    stream: 's',
    options,
    position,
    batch: { rows, bytes: 1e6 },
    signal,
  }))
    batches.push(batch);
  await opened.close();
  return batches;
}

const recordsOf = (batches: readonly Batch[]): SourceRecord[] => batches.flatMap(({ records }) => records);

/** The position after the first `count` records. */
async function positionAfter(directory: string, path: string, count: number): Promise<Value> {
  const position = (await read(directory, path, 1))[count - 1]?.position;
  if (position === undefined) throw new Error(`no position after ${count} records`);
  return parseJson(printJson(position));
}

const printers = {
  jsonl: (ids: readonly number[]) => ids.map((id) => `{"id":"${id}"}\n`).join(''),
  json: (ids: readonly number[]) => JSON.stringify(ids.map((id) => ({ id: String(id) }))),
  csv: (ids: readonly number[]) => `id\n${ids.map((id) => `"${id}"\n`).join('')}`,
  'csv.gz': (ids: readonly number[]) => gzipSync(`id\n${ids.map((id) => `${id}\n`).join('')}`),
};

const file = fc.record({
  format: fc.constantFrom(...(Object.keys(printers) as (keyof typeof printers)[])),
  count: fc.nat(5),
});

test('whatever the files and batches, a read goes on from any position with exactly the rest', async () => {
  const parts = fc.array(file, { minLength: 1, maxLength: 4 });
  const size = fc.integer({ min: 1, max: 4 });
  await fc.assert(
    fc.asyncProperty(parts, size, size, async (files, before, after) => {
      const folder = await emptyFolder();
      for (const [index, { format, count }] of files.entries()) {
        const ids = Array.from({ length: count }, (_, at) => index * 10 + at);
        await writeFile(join(folder, `${index}.${format}`), printers[format](ids));
      }
      const batches = await read(folder, '*', before);
      for (const [index, { position }] of batches.entries()) {
        if (position === undefined) throw new Error('a batch has no position');
        const rest = await read(folder, '*', after, parseJson(printJson(position)));
        expect(recordsOf(rest)).toEqual(recordsOf(batches.slice(index + 1)));
      }
    }),
    { numRuns: slowCases * 5 },
  );
});

/** Three files of two records each, as they were one hour ago. */
async function threeFiles(): Promise<string> {
  const folder = await emptyFolder();
  for (const name of ['a', 'b', 'c']) {
    const path = join(folder, `${name}.csv`);
    await writeFile(path, `id,n\n${name}1,1\n${name}2,2\n`);
    await utimes(path, 1.7e9, 1.7e9);
  }
  return folder;
}

test('a position names the file, how it was, and how many of its records were read', async () => {
  const folder = await threeFiles();
  expect(await positionAfter(folder, '*.csv', 3)).toEqual({
    file: 'b.csv',
    size: 15,
    mtime: 1.7e12,
    records: 1,
    earlier: { files: 1, size: 15, mtime: 1.7e12 },
  });
});

test('the header is told again where nothing else is left', async () => {
  const folder = await threeFiles();
  const batches = await read(folder, 'c.csv', 2, await positionAfter(folder, 'c.csv', 2));
  expect(batches.map(({ records, header }) => ({ records, header }))).toEqual([
    { records: [], header: ['id', 'n'] },
  ]);
});

const append = { flag: 'a' };
const losses: readonly [string, (folder: string) => Promise<unknown>, string][] = [
  ['grew', (folder) => writeFile(join(folder, 'b.csv'), 'b3,3\n', append), 'b.csv was changed'],
  ['was touched', (folder) => utimes(join(folder, 'b.csv'), 1.6e9, 1.6e9), 'b.csv was changed'],
  ['is gone', (folder) => rm(join(folder, 'b.csv')), 'b.csv is gone'],
  ['was renamed', (folder) => rename(join(folder, 'b.csv'), join(folder, 'd.csv')), 'b.csv is gone'],
  ['has a new one before it', (folder) => writeFile(join(folder, 'aa.csv'), 'id,n\n'), 'files before b.csv'],
  ['lost one before it', (folder) => rm(join(folder, 'a.csv')), 'files before b.csv'],
  [
    'has one before it that grew',
    (folder) => writeFile(join(folder, 'a.csv'), 'a3,3\n', append),
    'files before b.csv',
  ],
];

test.each(losses)('a file that %s loses the position, before anything is read', async (_, change, reason) => {
  const folder = await threeFiles();
  const position = await positionAfter(folder, '*.csv', 3);
  await change(folder);
  await expect(read(folder, '*.csv', 2, position)).rejects.toMatchObject({
    code: 'source/position_lost',
    message: expect.stringContaining(reason),
  });
});

test('what happens behind the position does not matter to it', async () => {
  const folder = await threeFiles();
  const position = await positionAfter(folder, '*.csv', 3);
  await writeFile(join(folder, 'c.csv'), 'c3,3\n', append);
  await mkdir(join(folder, 'd.csv'));
  await writeFile(join(folder, 'bb.csv'), 'id,n\nbb1,1\n');
  const ids = recordsOf(await read(folder, '*.csv', 2, position)).map(({ id }) => id);
  expect(ids).toEqual(['b2', 'bb1', 'c1', 'c2', 'c3']);
});
