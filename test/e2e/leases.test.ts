import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import type { RunResult } from '../../src/model/result.ts';
import { processes, soak } from '../counts.ts';
import { cli, edit, folderWith, query, stopUnlocked, syncline } from './cli.ts';

const count = 20_000;
const rows = Array.from({ length: count }, (_, n) => `{"id":${n},"at":${n},"name":"row ${n}"}\n`).join('');

function config(pipelines: string): string {
  return `version: 1
sources: { in: { type: file, streams: { rows: { path: rows.jsonl, incremental: { cursor_field: at } } } } }
sinks: { db: { type: libsql, url: file:sync.db } }
defaults: { pipeline: { batch_size: 200, from: in.rows } }
pipelines:
${pipelines}`;
}

/** Resolves when the first batch of a run is committed. */
function progressOf({ stderr }: { readonly stderr: NodeJS.ReadableStream }): Promise<void> {
  return new Promise((resolve) => {
    stderr.on('data', (chunk: Buffer) => {
      if (chunk.includes('"progress"')) resolve();
    });
  });
}

const result = (stdout: string) => JSON.parse(stdout) as RunResult;

it('gives one pipeline to one of many processes, and tells the others who has it', async () => {
  const folder = await folderWith({
    'sync.config.yaml': config('  one: { to: db.one, mode: append, batch_size: 10 }\n'),
    'rows.jsonl': rows,
  });
  const ended = await Promise.all(
    Array.from({ length: processes }, () => syncline(folder, ['run', '--json'])),
  );
  const codes = ended.map(({ code }) => code);
  expect(codes.filter((code) => code !== 0 && code !== 5)).toEqual([]);
  expect(codes).toContain(5);
  const busy = ended.find(({ code }) => code === 5);
  expect(result(busy?.stdout ?? '').pipelines.one).toMatchObject({
    status: 'busy',
    error: { code: 'lease/held' },
  });
  expect(busy?.stderr).toMatch(/run [0-9A-Z]{26} holds pipeline "one" since/);
  expect(query(join(folder, 'sync.db'), 'SELECT count(*), count(DISTINCT id) FROM one')).toEqual([
    [count, count],
  ]);
});

it('runs many pipelines of many processes into one file', async () => {
  const names = Array.from({ length: processes }, (_, n) => `p${n}`);
  const pipelines = names.map((name) => `  ${name}: { to: db.${name}, primary_key: id }\n`).join('');
  const folder = await folderWith({ 'sync.config.yaml': config(pipelines), 'rows.jsonl': rows });
  const ended = await Promise.all(names.map((name) => syncline(folder, ['run', name, '--quiet'])));
  expect(ended).toEqual(names.map(() => ({ code: 0, stdout: '', stderr: '' })));
  for (const name of names)
    expect(query(join(folder, 'sync.db'), `SELECT count(*) FROM ${name}`)).toEqual([[count]]);
});

it('refuses what a process writes that woke up after its lease was gone', async () => {
  const folder = await folderWith({
    'sync.config.yaml': config('  one: { to: db.one, mode: append, batch_size: 10 }\n'),
    'rows.jsonl': rows,
  });
  const zombie = execa(process.execPath, [cli, 'run', '--json', '--ui', 'json'], {
    cwd: folder,
    reject: false,
  });
  await progressOf(zombie);
  await stopUnlocked(zombie, [join(folder, 'sync.db'), join(folder, '.syncline/state.db')]);
  expect((await syncline(folder, ['run', '--quiet'])).code).toBe(5);
  if (soak) await setTimeout(60_000);
  else edit(join(folder, '.syncline/state.db'), 'UPDATE leases SET expires_at = 1');
  expect((await syncline(folder, ['run', '--quiet'])).code).toBe(0);
  zombie.kill('SIGCONT');
  const { exitCode, stdout } = await zombie;
  expect(exitCode).toBe(1);
  expect(result(stdout).pipelines.one?.error?.code).toBe('lease/lost');
  expect(query(join(folder, 'sync.db'), 'SELECT count(*), count(DISTINCT id) FROM one')).toEqual([
    [count, count],
  ]);
});

it('waits for a lock that another program holds again and again, and loses nothing', async () => {
  const folder = await folderWith({
    'sync.config.yaml': config(`  one: { to: db.one, mode: append, batch_size: ${soak ? 10 : 40} }\n`),
    'rows.jsonl': rows,
  });
  await syncline(folder, ['run', '--quiet', '--max-records', '200']);
  const holder = `
    const Database = require('libsql');
    const database = new Database('sync.db');
    const hold = () => {
      try { database.exec('BEGIN IMMEDIATE'); } catch { return setTimeout(hold, 5); }
      setTimeout(() => { database.exec('COMMIT'); setTimeout(hold, ${soak ? 2000 : 200}); }, ${soak ? 3000 : 500});
    };
    hold();
    process.stdout.write('held');`;
  const other = execa(process.execPath, ['--eval', holder], {
    cwd: folder,
    reject: false,
    env: { NODE_PATH: join(cli, '../../../node_modules') },
  });
  await new Promise((resolve) => other.stdout.once('data', resolve));
  const { code, stdout } = await syncline(folder, ['run', '--json']);
  other.kill('SIGKILL');
  await other;
  expect(code).toBe(0);
  expect(result(stdout).pipelines.one?.inserted).toBe(count - 200);
  expect(query(join(folder, 'sync.db'), 'SELECT count(*), count(DISTINCT id) FROM one')).toEqual([
    [count, count],
  ]);
});

it('tells a run that died as interrupted, and runs the next one normally', async () => {
  const folder = await folderWith({
    'sync.config.yaml': config('  one: { to: db.one, primary_key: id, batch_size: 10 }\n'),
  });
  await writeFile(join(folder, 'rows.jsonl'), rows);
  const dying = execa(process.execPath, [cli, 'run', '--ui', 'json'], { cwd: folder, reject: false });
  await progressOf(dying);
  dying.kill('SIGKILL');
  await dying;
  expect((await syncline(folder, ['run', '--quiet'])).code).toBe(0);
  const { stdout } = await syncline(folder, ['runs', '--json']);
  expect((JSON.parse(stdout) as { status: string }[]).map(({ status }) => status)).toEqual([
    'succeeded',
    'interrupted',
  ]);
});
