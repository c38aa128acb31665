import { rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import Database from 'libsql';
import { expect, it } from 'vitest';
import { killedRows, kills, seed } from '../counts.ts';
import { cli, folderWith, query, syncline } from './cli.ts';

const config = `version: 1
sources:
  files: { type: file, streams: { rows: { path: rows.jsonl, incremental: { cursor_field: at } }, halves: { path: '{half}.jsonl', partitions: { half: [odd, even] }, incremental: { cursor_field: at } } } }
  old: { type: libsql, url: file:old.db, streams: { rows: { table: rows, incremental: { cursor_field: at } } } }
sinks: { db: { type: libsql, url: file:sync.db } }
defaults: { pipeline: { batch_size: 97, columns: { run_id: false, synced_at: false } } }
pipelines:
  upserted: { from: files.rows, to: db.upserted, primary_key: id, merge: { best: max, sum: overwrite } }
  appended: { from: files.rows, to: db.appended, mode: append }
  ordered: { from: old.rows, to: db.ordered, mode: append }
  several: { from: files.rows, to: [db.first, { target: db.second, mode: append }], primary_key: id }
  parted: { from: files.halves, to: db.parted, mode: append }
`;

/** Rows whose keys come again, with values that change, and cursors that tie. */
const rows = Array.from({ length: killedRows }, (_, n) => ({
  id: (n * 7919) % Math.ceil(killedRows * 0.7),
  at: Math.floor(n / 5),
  best: (n * 31) % 1000,
  sum: n,
}));

function model() {
  const upserted = new Map<number, (typeof rows)[number]>();
  for (const row of rows)
    upserted.set(row.id, { ...row, best: Math.max(row.best, upserted.get(row.id)?.best ?? 0) });
  return {
    upserted: [...upserted.values()]
      .sort((a, b) => a.id - b.id)
      .map(({ id, at, best, sum }) => [id, at, best, sum]),
    appended: rows.map(({ sum }) => [sum]),
    first: [...upserted.values()].sort((a, b) => a.id - b.id).map(({ id, sum }) => [id, sum]),
  };
}

function random(state: number): () => number {
  let value = state;
  return () => {
    value = (value * 1103515245 + 12345) % 2 ** 31;
    return value / 2 ** 31;
  };
}

function countOf(file: string): number {
  try {
    return Number((query(file, 'SELECT count(*) FROM appended')[0] as [number])[0]);
  } catch {
    return 0;
  }
}

function start(folder: string) {
  return execa(process.execPath, [cli, 'run', '--quiet'], { cwd: folder, reject: false, stdin: 'ignore' });
}

/** Resolves when rows stand in the sink, or when the process has ended. */
async function landed(sink: string, child: ReturnType<typeof start>): Promise<void> {
  while (child.exitCode === null && countOf(sink) === 0) await setTimeout(1);
}

it('loses and doubles nothing when it is killed again and again', async () => {
  const folder = await folderWith({ 'sync.config.yaml': config });
  await writeFile(join(folder, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  for (const [remainder, half] of ['even', 'odd'].entries()) {
    const lines = rows.filter(({ sum }) => sum % 2 === remainder).map((row) => `${JSON.stringify(row)}\n`);
    await writeFile(join(folder, `${half}.jsonl`), lines.join(''));
  }
  const old = new Database(join(folder, 'old.db'));
  old.exec('CREATE TABLE rows (id INTEGER, at INTEGER, best INTEGER, sum INTEGER PRIMARY KEY); BEGIN');
  const insert = old.prepare('INSERT INTO rows VALUES (?, ?, ?, ?)');
  for (const { id, at, best, sum } of rows) insert.run(id, at, best, sum);
  old.exec('COMMIT');
  old.close();
  const expected = model();
  const sink = join(folder, 'sync.db');
  const verify = () => {
    expect(query(sink, 'PRAGMA integrity_check')).toEqual([['ok']]);
    expect(query(sink, 'SELECT id, at, best, sum FROM upserted ORDER BY id')).toEqual(expected.upserted);
    expect(query(sink, 'SELECT sum FROM appended ORDER BY sum')).toEqual(expected.appended);
    for (const table of ['ordered', 'second', 'parted'])
      expect(query(sink, `SELECT sum FROM ${table} ORDER BY sum`)).toEqual(expected.appended);
    expect(query(sink, 'SELECT id, sum FROM first ORDER BY id')).toEqual(expected.first);
  };

  const began = performance.now();
  const first = start(folder);
  await landed(sink, first);
  const before = performance.now() - began;
  expect(await first).toMatchObject({ exitCode: 0 });
  const loading = performance.now() - began - before;
  verify();

  const next = random(seed);
  let midway = 0;
  let fresh = true;
  for (let kill = 0; kill < kills; kill++) {
    if (fresh)
      for (const name of ['sync.db', 'sync.db-wal', 'sync.db-shm', '.syncline'])
        rmSync(join(folder, name), { recursive: true, force: true });
    const child = start(folder);
    // Every second kill waits for rows first, so that a slow start cannot keep all kills before them.
    if (kill % 2 === 1) await landed(sink, child);
    else await setTimeout(next() * before);
    await setTimeout(next() * loading * 0.8);
    child.kill('SIGKILL');
    const { exitCode, signal, stderr } = await child;
    fresh = signal === undefined;
    if (fresh) {
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      verify();
    } else if (countOf(sink) > 0) midway += 1;
  }
  expect(await syncline(folder, ['run', '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' });
  verify();
  console.log(`${kills} kills, ${midway} of them after rows had landed`);
  expect(midway).toBeGreaterThanOrEqual(Math.floor(kills * 0.15));
});
