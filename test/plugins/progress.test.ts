import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import Driver from 'libsql';
import type { Batch, SourceDefinition } from 'syncline';
import { expect, test } from 'vitest';
import { source as file } from '../../plugins/file/index.ts';
import { source as libsql } from '../../plugins/libsql/index.ts';
import { contextOf, emptyFolder } from './file-sandbox.ts';

type Options = { readonly [name: string]: unknown };

interface Read {
  readonly options?: Options;
  readonly stream: Options;
  readonly position?: Batch['position'];
}

async function batchesOf(
  source: SourceDefinition,
  folder: string,
  { options = {}, stream, position }: Read,
): Promise<Batch[]> {
  const context = contextOf(folder);
  const opened = await source.open(options, context);
  const batches: Batch[] = [];
  const request = { stream: 's', batch: { rows: 2, bytes: 1e6 }, signal: context.signal };
  for await (const batch of opened.read({ ...request, options: stream, position })) batches.push(batch);
  await opened.close();
  return batches;
}

const csv = { encoding: 'utf-8', empty: null };

test('files tell how many of all their bytes were read, packed or not, and which file it is', async () => {
  const folder = await emptyFolder();
  const packed = gzipSync('n\n3\n4\n5\n');
  await writeFile(join(folder, 'a.csv'), 'n\n1\n2\n');
  await writeFile(join(folder, 'b.csv.gz'), packed);
  await writeFile(join(folder, 'c.json'), '[{"n": 6}]');
  const total = 6 + packed.length + 10;
  const batches = await batchesOf(file, folder, { stream: { ...csv, path: '{a,b,c}.*' } });
  expect(batches.map(({ progress, detail }) => [detail, progress])).toEqual([
    ['a.csv', { done: 6, total }],
    ['b.csv.gz', { done: 6 + packed.length, total }],
    ['b.csv.gz', { done: 6 + packed.length, total }],
    ['c.json', { done: total, total }],
  ]);
});

test('a table tells how many of its rows were read, of those that are left after a position', async () => {
  const folder = await emptyFolder();
  const client = new Driver(join(folder, 'a.db'));
  client.exec('CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3)');
  client.close();
  const from = { options: { url: 'file:a.db' }, stream: { table: 't' } };
  const [first, second] = await batchesOf(libsql, folder, from);
  expect([first, second].map((batch) => [batch?.detail, batch?.progress])).toEqual([
    ['t', { done: 2, total: 3 }],
    ['t', { done: 3, total: 3 }],
  ]);
  const [rest] = await batchesOf(libsql, folder, { ...from, position: first?.position });
  expect(rest?.progress).toEqual({ done: 1, total: 1 });
});

test('a query, which may take as long to count as to read, tells no total', async () => {
  const folder = await emptyFolder();
  new Driver(join(folder, 'a.db')).close();
  const from = { options: { url: 'file:a.db' }, stream: { query: 'SELECT 1 AS n' } };
  const [batch] = await batchesOf(libsql, folder, from);
  expect([batch?.progress, batch?.detail]).toEqual([undefined, undefined]);
});
