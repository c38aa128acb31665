import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import Database from 'libsql';
import { describe, expect, it } from 'vitest';
import { openState } from '../../src/state/state.ts';
import { opened, stateFile } from './support.ts';

describe('a state that cannot be used is refused and left as it is', () => {
  it('when it is something else', async () => {
    const file = await stateFile();
    await writeFile(file, 'no database at all, but a text that is longer than a header'.repeat(50));
    const before = await readFile(file);
    const error = await openState(file).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'sql/corrupt', hint: expect.stringContaining('move it aside') });
    expect(String(error)).toContain(`the state ${file}`);
    expect(await readFile(file)).toEqual(before);
  });

  it('when it is damaged inside', async () => {
    const file = await stateFile();
    await (await openState(file)).close();
    const bytes = await readFile(file);
    bytes.fill(0xa5, 100, 4096);
    await writeFile(file, bytes);
    await expect(openState(file)).rejects.toMatchObject({ code: 'sql/corrupt' });
    expect(await readFile(file)).toEqual(bytes);
  });

  it('when it was emptied, and its log may hold all that is left', async () => {
    const file = await stateFile();
    const state = await openState(file);
    await state.startRun('01A', '2026-01-01T00:00:00.000Z', []);
    const log = await readFile(`${file}-wal`);
    expect(log.length).toBeGreaterThan(0);
    await state.close();
    await writeFile(file, '');
    await writeFile(`${file}-wal`, log);
    await expect(openState(file)).rejects.toMatchObject({ code: 'state/emptied' });
    expect(await readFile(`${file}-wal`)).toEqual(log);
    expect((await stat(file)).size).toBe(0);
  });

  it('when a folder is in its place', async () => {
    const file = await stateFile();
    await mkdir(file);
    await expect(openState(file)).rejects.toMatchObject({
      code: 'sql/open',
      hint: expect.stringContaining('state:'),
    });
  });
});

it('is new where there is none, or an empty file', async () => {
  const file = await stateFile();
  await writeFile(file, '');
  expect(await (await opened(file)).runs({ limit: 1 })).toEqual([]);
});

it('is made once by many who open it at the same time', async () => {
  const file = await stateFile();
  const states = await Promise.all(Array.from({ length: 6 }, () => openState(file)));
  await Promise.all(states.map((state) => state.close()));
  const database = new Database(file);
  expect(database.prepare('PRAGMA integrity_check').raw().get()).toContain('ok');
  database.close();
});

it('brings a state of the first version to this one, with its runs and rejects', async () => {
  const file = await stateFile();
  const old = new Database(file);
  old.exec(`
    CREATE TABLE runs (id TEXT PRIMARY KEY, status TEXT, exit_code INTEGER, started_at TEXT NOT NULL, finished_at TEXT) WITHOUT ROWID;
    CREATE TABLE run_pipelines (run_id TEXT NOT NULL, pipeline TEXT NOT NULL, result TEXT NOT NULL, PRIMARY KEY (run_id, pipeline)) WITHOUT ROWID;
    CREATE TABLE rejects (id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, pipeline TEXT NOT NULL, batch INTEGER NOT NULL,
      field TEXT, code TEXT NOT NULL, reason TEXT NOT NULL, record TEXT NOT NULL, rejected_at TEXT NOT NULL);
    INSERT INTO runs VALUES ('01A', 'partial', 3, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:05.000Z'),
      ('01B', NULL, NULL, '2026-01-02T00:00:00.000Z', NULL);
    INSERT INTO run_pipelines VALUES ('01A', 'people', '{"status":"partial","read":2,"rejected":1}');
    INSERT INTO rejects VALUES (1, '01A', 'people', 1, NULL, 'row/type', 'no', '{}', '2026-01-01T00:00:00.000Z');
    PRAGMA user_version = 1`);
  old.close();
  const state = await opened(file);
  expect(await state.run('01A')).toMatchObject({ status: 'partial', pipelines: { people: { read: 2 } } });
  expect(await state.rejects({}, 9)).toHaveLength(1);
  expect(await state.markInterrupted()).toEqual(['01B']);
  expect(await state.status()).toMatchObject([{ pipeline: 'people', lastSuccess: { runId: '01A' } }]);
});
