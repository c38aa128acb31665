import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { edit, folderWith, query, syncline } from './cli.ts';

const config = `version: 1
sources:
  in: { type: file, streams: { rows: rows.jsonl, dated: { path: rows.jsonl, incremental: { cursor_field: n } } } }
  back: { type: libsql, url: file:./sync.db, streams: { rows: rows } }
sinks: { db: { type: libsql, url: file:sync.db }, out: { type: file, dir: out, format: jsonl } }
pipelines:
  rows: { from: in.rows, to: db.rows, primary_key: id, batch_size: 1, merge: { name: keep_edits } }
  dated: { from: in.dated, to: db.dated, mode: append }
  copy: { from: back.rows, to: db.copy, primary_key: id, after: rows }
  file: { from: in.rows, to: out.rows }
`;

const twoRows = '{"id":1,"name":"Ann","n":1}\n{"id":2,"name":"Bob","n":2}\n';

it('plans a first run without making a file', async () => {
  const folder = await folderWith({ 'sync.config.yaml': config, 'rows.jsonl': twoRows });
  const { code, stdout, stderr } = await syncline(folder, ['plan', '--exit-code']);
  expect({ code, stderr }).toEqual({ code: 4, stderr: '' });
  expect(stdout.split('\n')).toEqual([
    'rows   in.rows → db.rows',
    '  + 2   ~ 0   - 0   = 0',
    '    table created',
    '    + id=1',
    '    + id=2',
    'dated   in.dated → db.dated',
    '  + 2   ~ 0   - 0   = 0',
    '    table created',
    '    + (a row without a key)',
    '    + (a row without a key)',
    'copy   back.rows → db.copy                         depends on rows',
    'file   in.rows → out.rows',
    '  + 2   ~ 0   - 0   = 0                            rows that would be written: what is there is not known',
    'Plan: 6 to create, 0 to update, 0 to delete in 4 pipelines. Nothing was written.',
  ]);
  expect(readdirSync(folder).sort()).toEqual(['rows.jsonl', 'sync.config.yaml']);
});

it('shows each field before and after, what decided, and what is kept; --dry-run is the same', async () => {
  const folder = await folderWith({ 'sync.config.yaml': config, 'rows.jsonl': twoRows });
  expect((await syncline(folder, ['run', 'rows', '--quiet'])).code).toBe(0);
  edit(join(folder, 'sync.db'), "UPDATE rows SET name = 'Mine' WHERE id = 2");
  // A key that comes again meets what the row before made of it.
  const more = '{"id":1,"name":"Ann","n":3}\n{"id":1,"name":"Anna","n":4}\n{"id":2,"name":"Rob","n":2}\n';
  await writeFile(join(folder, 'rows.jsonl'), more);
  const { code, stdout } = await syncline(folder, ['plan', 'rows']);
  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    'rows   in.rows → db.rows',
    '  + 0   ~ 2   - 0   = 1   1 kept                   2 fields change: n, name',
    '    ~ id=1   n  1 → 3  (overwrite)',
    '    ~ id=1   name  "Ann" → "Anna"  (keep_edits)',
    '             n     3 → 4  (overwrite)',
    '    = id=2   name  kept: edited by hand  (keep_edits)',
    'Plan: 0 to create, 2 to update, 0 to delete in 1 pipeline. Nothing was written.',
  ]);
  expect((await syncline(folder, ['run', 'rows', '--dry-run'])).stdout).toBe(stdout);
  const limited = await syncline(folder, ['plan', 'rows', '--limit', '1']);
  expect(limited.stdout).toContain('    and 1 more: --diff, --limit N');
  expect(query(join(folder, 'sync.db'), 'SELECT id, name, n FROM rows')).toEqual([
    [1, 'Ann', 1],
    [2, 'Mine', 2],
  ]);
});

it('plans from the cursor, in a window and after a rollback, and moves none', async () => {
  const folder = await folderWith({ 'sync.config.yaml': config, 'rows.jsonl': twoRows });
  await syncline(folder, ['run', 'dated', '--quiet']);
  const ledger = () => query(join(folder, 'sync.db'), 'SELECT * FROM _syncline_checkpoints');
  const before = ledger();
  await writeFile(join(folder, 'rows.jsonl'), `${twoRows}{"id":3,"name":"Cy","n":3}\n`);
  const planned = async (...flags: string[]) => {
    const { stdout } = await syncline(folder, ['plan', 'dated', '--json', '--yes', ...flags]);
    return (JSON.parse(stdout) as { pipelines: { dated: object } }).pipelines.dated;
  };
  expect(await planned()).toMatchObject({ inserted: 1, cursor: '2' });
  expect(await planned('--from', '1', '--to', '3')).toMatchObject({ inserted: 2 });
  expect(await planned('--rollback', '2')).toMatchObject({ inserted: 2, cursor: '2' });
  expect(await planned('--all')).toMatchObject({ inserted: 3 });
  expect(ledger()).toEqual(before);
});

it('fails as the run would', async () => {
  const folder = await folderWith({ 'sync.config.yaml': config, 'rows.jsonl': '{"id":1}\n{"id":\n' });
  const { code, stdout } = await syncline(folder, ['plan', 'rows']);
  expect(code).toBe(1);
  expect(stdout).toContain('[source/');
});
