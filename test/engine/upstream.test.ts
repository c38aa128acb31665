import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from 'syncline';
import { expect, test } from 'vitest';
import { upstreamOf } from '../../src/engine/upstream.ts';
import { folderWith } from '../e2e/cli.ts';

const sources = `
  table: { type: libsql, url: file:./data/../sync.db, streams: { own: rows, other: people } }
  query: { type: libsql, url: sync.db, streams: { own: { query: "SELECT id FROM rows" }, other: { query: "SELECT id FROM people" } } }
  elsewhere: { type: libsql, url: old.db, streams: { own: rows } }
  file: { type: file, streams: { own: out/list.jsonl, glob: "out/*.jsonl", other: out/list2.jsonl } }
`;

test.each([
  ['table.own', 'writer'],
  ['table.other', undefined],
  ['query.own', 'writer'],
  ['query.other', undefined],
  ['elsewhere.own', undefined],
  ['file.own', 'lister'],
  ['file.glob', 'lister'],
  ['file.other', undefined],
])('a pipeline that reads %s waits for %s', async (from, upstream) => {
  const folder = await folderWith({});
  await writeFile(
    join(folder, 'sync.config.yaml'),
    `version: 1
sources:${sources}  in: { type: file, streams: { rows: in.jsonl } }
sinks: { db: { type: libsql, url: file:sync.db }, out: { type: file, dir: out, format: jsonl } }
pipelines:
  writer: { from: in.rows, to: db.rows, primary_key: id }
  lister: { from: in.rows, to: out.list }
  reader: { from: ${from}, to: db.copy, primary_key: id }
`,
  );
  const { pipelines, directory } = await loadConfig({ directory: folder, environment: {} });
  const reader = pipelines.get('reader');
  expect(reader && upstreamOf(reader, [...pipelines.values()], directory)?.name).toBe(upstream);
});
