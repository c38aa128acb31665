import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { killedRows, seed, serverKills } from '../counts.ts';
import { cli, folderWith, syncline } from '../e2e/cli.ts';
import { freshDatabase, query } from '../kit/postgres.ts';

const config = `version: 1
sources:
  files: { type: file, streams: { rows: rows.jsonl } }
  old: { type: postgres, url: "\${DATABASE}", streams: { byCursor: { table: source, incremental: { cursor_field: at } }, byKey: source } }
sinks: { db: { type: postgres, url: "\${DATABASE}" } }
defaults: { pipeline: { batch_size: 97, columns: { run_id: false, synced_at: false } } }
pipelines:
  upserted: { from: files.rows, to: db.upserted, primary_key: id, merge: { best: max, sum: overwrite } }
  appended: { from: files.rows, to: db.appended, mode: append }
  ordered: { from: old.byCursor, to: db.ordered, mode: append }
  keyed: { from: old.byKey, to: db.keyed, mode: append }
`;

/** Rows whose keys come again, with values that change, and cursors that tie. */
const rows = Array.from({ length: killedRows }, (_, n) => ({
  id: (n * 7919) % Math.ceil(killedRows * 0.7),
  at: Math.floor(n / 5),
  best: (n * 31) % 1000,
  sum: n,
}));

function expectedUpserts(): string[] {
  const byId = new Map<number, (typeof rows)[number]>();
  for (const row of rows) byId.set(row.id, { ...row, best: Math.max(row.best, byId.get(row.id)?.best ?? 0) });
  return [...byId.values()].sort((a, b) => a.id - b.id).map((row) => Object.values(row).join());
}

const tables = ['upserted', 'appended', 'ordered', 'keyed'];
const ledgers = ['ledger', 'columns', 'written', 'checkpoints', 'journal', 'staged'].map(
  (name) => `_syncline_${name}`,
);

it('loses and doubles nothing when it is killed again and again', async () => {
  const url = await freshDatabase();
  const environment = { DATABASE: url };
  const folder = await folderWith({ 'sync.config.yaml': config });
  await writeFile(join(folder, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await query(url, 'CREATE TABLE source (id integer, at integer, best integer, sum integer PRIMARY KEY);');
  await query(
    url,
    'INSERT INTO source SELECT (r->>0)::int, (r->>1)::int, (r->>2)::int, (r->>3)::int FROM json_array_elements($1::json) AS r',
    [JSON.stringify(rows.map((row) => Object.values(row)))],
  );
  const start = () =>
    execa(process.execPath, [cli, 'run', '--quiet'], {
      cwd: folder,
      reject: false,
      stdin: 'ignore',
      env: environment,
    });
  const count = async () =>
    Number((await query(url, 'SELECT count(*) FROM appended').catch(() => [[0]]))[0]?.[0]);
  /** Resolves when rows stand in the sink, or when the process has ended. */
  const landed = async (child: ReturnType<typeof start>) => {
    while (child.exitCode === null && (await count()) === 0) await setTimeout(1);
  };
  const verify = async () => {
    const lines = async (sql: string) => (await query(url, sql)).map((row) => row.join());
    const numbers = rows.map(({ sum }) => String(sum));
    expect(await lines('SELECT id, at, best, sum FROM upserted ORDER BY id')).toEqual(expectedUpserts());
    expect(await lines('SELECT sum FROM ordered ORDER BY sum')).toEqual(numbers);
    // Without a cursor a read that was complete is followed by one of everything: each row is there as often as the others.
    for (const table of ['appended', 'keyed']) {
      const times = `SELECT sum, count(*) AS times FROM ${table} GROUP BY sum`;
      expect(await lines(`SELECT sum FROM (${times}) AS t ORDER BY sum`)).toEqual(numbers);
      expect(await lines(`SELECT DISTINCT times FROM (${times}) AS t`)).toHaveLength(1);
    }
  };

  const began = performance.now();
  const first = start();
  await landed(first);
  const before = performance.now() - began;
  expect(await first).toMatchObject({ exitCode: 0, stderr: '' });
  const loading = performance.now() - began - before;
  await verify();

  let random = seed;
  let fresh = true;
  let midway = 0;
  for (let kill = 0; kill < serverKills; kill++) {
    if (fresh) {
      await query(url, `DROP TABLE ${[...tables, ...ledgers].join(', ')};`);
      await rm(join(folder, '.syncline'), { recursive: true, force: true });
    }
    const child = start();
    await landed(child);
    random = (random * 1103515245 + 12345) % 2 ** 31;
    await setTimeout((random / 2 ** 31) * loading * 0.8);
    child.kill('SIGKILL');
    const { exitCode, signal, stderr } = await child;
    fresh = signal === undefined;
    if (fresh) {
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      await verify();
    } else midway += 1;
  }
  expect(await syncline(folder, ['run', '--quiet'], environment)).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  });
  await verify();
  console.log(`${serverKills} kills, ${midway} of them after rows had landed`);
});
