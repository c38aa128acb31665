import { readdirSync, statSync } from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tried } from '../counts.ts';
import { edit, folderWith, query, syncline } from './cli.ts';

const config = `version: 1
sources: { in: { type: file, streams: { rows: rows.jsonl } } }
sinks: { db: { type: libsql, url: file:sync.db }, out: { type: file, dir: out, format: jsonl } }
pipelines:
  rows: { from: in.rows, to: db.rows, primary_key: id, batch_size: 1, rejects: { max: 5 }, map: { id: { from: id, type: integer }, name: name } }
`;
const lines = (...names: string[]) =>
  names.map((name, index) => `{"id":${index + 1},"name":"${name}"}\n`).join('');

/** A run, then a plan of what it would do next. */
async function planned(more = lines('Ann', 'Bea', 'Cid')) {
  const folder = await folderWith({ 'sync.config.yaml': config, 'rows.jsonl': lines('Ann', 'Bob') });
  expect((await syncline(folder, ['run', '--quiet'])).code).toBe(0);
  await writeFile(join(folder, 'rows.jsonl'), more);
  const { stdout } = await syncline(folder, ['plan', '--out', 'next.plan']);
  return { folder, stdout, db: join(folder, 'sync.db') };
}

const rowsIn = (db: string) => query(db, 'SELECT id, name FROM rows ORDER BY id');

describe('a saved plan', () => {
  it('is a file for its owner, and is run without its source', async () => {
    const { folder, stdout, db } = await planned();
    expect(stdout).toContain('To do exactly this: syncline run --plan next.plan');
    expect(statSync(join(folder, 'next.plan')).mode & 0o777).toBe(0o600);
    await writeFile(join(folder, 'rows.jsonl'), 'not read\n');
    const { code, stdout: told } = await syncline(folder, [
      'run',
      '--plan',
      'next.plan',
      '--json',
      '--quiet',
    ]);
    expect(code).toBe(0);
    const { runId, pipelines } = JSON.parse(told) as { runId: string; pipelines: object };
    expect(pipelines).toMatchObject({ rows: { read: 3, inserted: 1, updated: 1, unchanged: 1 } });
    expect(rowsIn(db)).toEqual([
      [1, 'Ann'],
      [2, 'Bea'],
      [3, 'Cid'],
    ]);
    expect((await syncline(folder, ['undo', runId])).code).toBe(0);
    expect(rowsIn(db)).toEqual([
      [1, 'Ann'],
      [2, 'Bob'],
    ]);
  });

  it('keeps the rejects that it came upon', async () => {
    const { folder } = await planned(`${lines('Ann')}{"id":"x","name":"Cid"}\n`);
    expect((await syncline(folder, ['rejects', 'list'])).stdout).not.toContain('row/type');
    expect((await syncline(folder, ['run', '--plan', 'next.plan', '--quiet'])).code).toBe(3);
    expect((await syncline(folder, ['rejects', 'show'])).stdout).toContain('"x" is not an integer');
  });

  it('leaves no rejects of batches that were never committed beside its own', async () => {
    const more = `${lines('Ann')}{"id":"x","name":"Cid"}\n`;
    const { folder } = await planned(more);
    const state = join(folder, '.syncline/state.db');
    expect((await syncline(folder, ['run', '--plan', 'next.plan', '--quiet'])).code).toBe(3);
    await syncline(folder, ['plan', '--out', 'next.plan']);
    // As a run leaves it that dies after it kept a reject, and before it committed the batch.
    edit(state, 'UPDATE rejects SET batch = batch + 100');
    expect((await syncline(folder, ['run', '--plan', 'next.plan', '--quiet'])).code).toBe(3);
    expect(query(state, 'SELECT count(*), max(batch) < 100 FROM rejects')).toEqual([[1, 1]]);
  });

  it('is run by one process at a time: another finds its pipelines busy, or moved', async () => {
    const many = Array.from({ length: 500 }, (_, id) => `{"id":${id + 1},"name":"n${id}"}\n`).join('');
    const { folder, db } = await planned(many);
    const both = await Promise.all([1, 2].map(() => syncline(folder, ['run', '--plan', 'next.plan'])));
    const codes = both.map(({ code }) => code).sort();
    expect([
      [0, 1],
      [0, 5],
    ]).toContainEqual(codes);
    const told = both.find(({ code }) => code !== 0)?.stderr;
    expect(told).toMatch(codes[1] === 5 ? /holds pipeline "rows"/ : /plan\/moved/);
    expect(query(db, 'SELECT count(*) FROM rows')).toEqual([[500]]);
  });

  it.each(
    tried([
      ["UPDATE rows SET name = 'Mine' WHERE id = 2", 'the row id=2 of rows changed'],
      ['DELETE FROM rows WHERE id = 2', 'the row id=2 of rows is gone'],
      ["INSERT INTO rows (id, name) VALUES (3, 'Mine')", 'the row id=3 of rows is there now'],
    ]),
  )('writes nothing once the target moved: %s', async (sql, told) => {
    const { folder, db } = await planned();
    edit(db, sql);
    const before = rowsIn(db);
    const { code, stderr } = await syncline(folder, ['run', '--plan', 'next.plan', '--quiet']);
    expect(code).toBe(1);
    expect(stderr).toContain(told);
    expect(stderr).toContain('plan/moved');
    expect(rowsIn(db)).toEqual(before);
    expect(query(db, 'SELECT max(id) FROM _syncline_journal')).toEqual([[2]]);
  });

  it('writes nothing once its pipeline ran, or the config changed', async () => {
    const { folder, db } = await planned();
    await appendFile(join(folder, 'sync.config.yaml'), '# another one\n');
    const other = await syncline(folder, ['run', '--plan', 'next.plan', '--quiet']);
    expect({ code: other.code, told: /plan\/config/.test(other.stderr) }).toEqual({ code: 1, told: true });
    await writeFile(join(folder, 'sync.config.yaml'), config);
    await writeFile(join(folder, 'rows.jsonl'), lines('Ann', 'Bob'));
    expect((await syncline(folder, ['run', '--plan', 'next.plan', '--quiet'])).code).toBe(0);
    const again = await syncline(folder, ['run', '--plan', 'next.plan', '--quiet']);
    expect({ code: again.code, told: /plan\/moved/.test(again.stderr) }).toEqual({ code: 1, told: true });
    expect(rowsIn(db).length).toBe(3);
  });

  it('is not made of a pipeline that fails, or of a sink that does not know what it holds', async () => {
    const { folder } = await planned('{"id":1,\n');
    expect(readdirSync(folder).filter((name) => name.includes('.plan'))).toEqual([]);
    await writeFile(join(folder, 'rows.jsonl'), lines('Ann'));
    await appendFile(join(folder, 'sync.config.yaml'), '  copy: { from: in.rows, to: out.rows }\n');
    const { code, stderr } = await syncline(folder, ['plan', '--out', 'next.plan']);
    expect({ code, told: /plan\/failed.*sink "out"|sink "out".*cannot be saved/s.test(stderr) }).toEqual({
      code: 1,
      told: true,
    });
  });

  it('refuses what is no plan, and flags that say what to read', async () => {
    const { folder } = await planned();
    await writeFile(join(folder, 'half.plan'), '{"syncline_plan":1}\n');
    for (const file of ['half.plan', 'none.plan', 'rows.jsonl'])
      expect((await syncline(folder, ['run', '--plan', file])).stderr).toContain('plan/file');
    expect((await syncline(folder, ['run', 'rows', '--plan', 'next.plan'])).code).toBe(2);
    expect((await syncline(folder, ['run', '--all', '--plan', 'next.plan'])).code).toBe(2);
  });
});
