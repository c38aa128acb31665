import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunResult } from '../../src/model/result.ts';
import { folderWith, syncline } from './cli.ts';

/** A sink that merges into a JSON file of rows by key, and keeps no ledger. */
const plugin = `import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineSink, fold, keyOf } from 'syncline';
export const sink = defineSink({
  name: 'cards', summary: 'Rows in a JSON file.', modes: ['upsert'], capabilities: ['memory'],
  options: { type: 'object', properties: { path: { type: 'string', description: 'The file.' } }, additionalProperties: false },
  async open({ path = '' }, { directory }) {
    const file = join(directory, path);
    const read = () => new Map(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []);
    return {
      discover: async () => undefined,
      begin: async ({ memory }) => ({
        async commit(batch) {
          const { target } = batch;
          const there = read();
          const known = await memory.read(target, batch.rows.map((row) => keyOf(target.primary_key.map((place) => row[place] ?? null))));
          const existing = new Map([...there].map(([key, row]) => [key, { row, written: known.get(key) }]));
          const { changes, counts } = fold(batch, existing);
          for (const change of changes) if (change.kind !== 'delete') there.set(change.key, [...change.row]);
          writeFileSync(file, JSON.stringify([...there]));
          await memory.remember(target, changes);
          return { ...counts, schema_changes: [] };
        },
        close: async () => undefined,
      }),
      close: async () => undefined,
    };
  },
});
`;

const config = (strategy: string) => `version: 1
sources: { in: { type: file, streams: { rows: rows.jsonl } } }
sinks: { board: { type: ./cards.ts, path: cards.json } }
pipelines:
  cards:
    from: in.rows
    to: board.cards
    primary_key: id
    map: { id: { from: id, type: integer }, note: { from: note, type: string } }
    merge: { note: ${strategy} }
    columns: { run_id: false, synced_at: false }
`;

it('keeps what a person edited in a sink without a ledger, which the state remembers', async () => {
  const source = (a: string, b: string) => `{"id":1,"note":"${a}"}\n{"id":2,"note":"${b}"}\n`;
  const folder = await folderWith({
    'sync.config.yaml': config('keep_edits'),
    'cards.ts': plugin,
    'rows.jsonl': source('a', 'b'),
  });
  const run = async () => {
    const { stdout, stderr } = await syncline(folder, ['run', '--json']);
    expect(stdout, stderr).not.toBe('');
    return (JSON.parse(stdout) as RunResult).pipelines.cards;
  };
  const notes = async () => {
    const cards = JSON.parse(await readFile(join(folder, 'cards.json'), 'utf8')) as [string, unknown[]][];
    return cards.map(([, [, note]]) => note);
  };
  expect(await run()).toMatchObject({ status: 'succeeded', inserted: 2 });
  const cards = await readFile(join(folder, 'cards.json'), 'utf8');
  await writeFile(join(folder, 'cards.json'), cards.replace('"b"', '"by hand"'));
  await writeFile(join(folder, 'rows.jsonl'), source('a2', 'b2'));
  expect(await run()).toMatchObject({ updated: 1, kept: 1 });
  expect(await notes()).toEqual(['a2', 'by hand']);
  await writeFile(
    join(folder, 'cards.json'),
    (await readFile(join(folder, 'cards.json'), 'utf8')).replace('by hand', 'b'),
  );
  expect(await run()).toMatchObject({ updated: 1, kept: 0 });
  expect(await notes()).toEqual(['a2', 'b2']);
});

it('refuses sum in such a sink, whose rows and checkpoint are not one', async () => {
  const folder = await folderWith({
    'sync.config.yaml': config('sum'),
    'cards.ts': plugin,
    'rows.jsonl': '',
  });
  expect(await syncline(folder, ['validate'])).toMatchObject({ code: 2 });
});
