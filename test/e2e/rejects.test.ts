import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { tried } from '../counts.ts';
import { hasRun } from '../kit/built-runner.ts';
import { cli, edit, folderWith, query, syncline } from './cli.ts';

const jsonl = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** A sink that refuses whole batches for a row in them, and does not say which. */
const picky = `import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineSink, SyncError } from 'syncline';
export const sink = defineSink({
  name: 'picky', summary: 'Refuses what is bad.', modes: ['upsert', 'append'], capabilities: [],
  options: { type: 'object', properties: { out: { type: 'string', description: 'A file.' } } },
  async open({ out }, { directory }) {
    const ids: unknown[] = [];
    return {
      discover: async () => undefined,
      begin: async () => ({
        async commit({ rows }) {
          if (rows.some(([, name]) => name === 'bad')) throw new SyncError('sql/constraint', 'one of these is bad');
          ids.push(...rows.map(([id]) => id));
          writeFileSync(join(directory, String(out)), JSON.stringify(ids));
          return { inserted: rows.length, updated: 0, unchanged: 0, deleted: 0, kept: 0, schema_changes: [] };
        },
        close: async () => undefined,
      }),
      close: async () => undefined,
    };
  },
});
`;

/** A config with one pipeline `rows` that reads rows.jsonl. */
const config = (pipeline: string, stream = '{ path: rows.jsonl }') => `version: 1
sources: { files: { type: file, streams: { rows: ${stream} } } }
sinks: { db: { type: libsql, url: file:sync.db } }
pipelines:
  rows: { from: files.rows, to: db.rows, columns: { run_id: false, synced_at: false }, rejects: { max: 500 }, ${pipeline} }
`;

const strict = 'primary_key: id, map: { id: id, age: { from: age, type: integer } }';
const lenient = 'primary_key: id, map: { id: id, age: { from: age, type: integer, on_error: null } }';
const incremental = '{ path: rows.jsonl, incremental: { cursor_field: at, lookback: 0 } }';

async function rejectsOf(
  folder: string,
): Promise<{ reason: string; record: unknown; superseded_by?: string }[]> {
  return JSON.parse((await syncline(folder, ['rejects', 'show', '--json', 'rows'])).stdout);
}

const rows = (folder: string, columns = 'id, age') =>
  query(join(folder, 'sync.db'), `SELECT ${columns} FROM rows ORDER BY id`);

const resultOf = (stdout: string) => (JSON.parse(stdout) as { pipelines: { rows: object } }).pipelines.rows;

describe('rejects retry', () => {
  it('commits what fits once the config was mended, and keeps the rest', async () => {
    const records = [
      { id: 1, age: 30 },
      { id: 2, age: 'n/a' },
      { id: 3, age: 'old' },
      { id: null, age: 5 },
    ];
    const folder = await folderWith({ 'sync.config.yaml': config(strict), 'rows.jsonl': jsonl(records) });
    expect(await hasRun(folder)).toBe('partial');
    const same = await syncline(folder, ['rejects', 'retry', '--json', 'rows']);
    expect(same.code).toBe(3);
    expect(resultOf(same.stdout)).toMatchObject({ status: 'partial', read: 3, inserted: 0, rejected: 3 });
    await writeFile(join(folder, 'sync.config.yaml'), config(lenient));
    const retried = await syncline(folder, ['rejects', 'retry', '--json']);
    expect(retried.code).toBe(3);
    expect(resultOf(retried.stdout)).toMatchObject({ status: 'partial', read: 3, inserted: 2, rejected: 1 });
    expect(rows(folder)).toEqual([
      [1, 30],
      [2, null],
      [3, null],
    ]);
    expect(await rejectsOf(folder)).toMatchObject([{ record: { id: null, age: 5 } }]);
    const runs = JSON.parse((await syncline(folder, ['runs', '--json'])).stdout) as object[];
    expect(runs).toHaveLength(3);
    expect((await syncline(folder, ['rejects', 'retry', '--allow-rejects', '--quiet'])).code).toBe(0);
    await syncline(folder, ['rejects', 'drop', '--all']);
    expect((await syncline(folder, ['rejects', 'retry'])).stdout).toBe('no rows are rejected');
  });

  it('leaves a reject alone whose key a later row has, in its batch, a later batch or a later run', async () => {
    const text = config(`${strict}, batch_size: 4`, incremental);
    const folder = await folderWith({
      'sync.config.yaml': text,
      'rows.jsonl': jsonl([
        { id: 1, age: 'n/a', at: 1 },
        { id: 1, age: 11, at: 1 },
        { id: 2, age: 22, at: 1 },
        { id: 2, age: 'later', at: 1 },
        { id: 3, age: 'n/a', at: 2 },
        { id: 4, age: 'n/a', at: 2 },
        { id: 5, age: 55, at: 2 },
        { id: 6, age: 66, at: 2 },
        { id: 3, age: 33, at: 3 },
      ]),
    });
    expect(await hasRun(folder)).toBe('partial');
    await writeFile(join(folder, 'rows.jsonl'), jsonl([{ id: 4, age: 44, at: 4 }]));
    expect(await hasRun(folder)).toBe('succeeded');
    const kept = await rejectsOf(folder);
    expect(kept.map(({ record, superseded_by }) => [record, superseded_by !== undefined])).toEqual([
      [{ id: 1, age: 'n/a', at: 1 }, true],
      [{ id: 2, age: 'later', at: 1 }, false],
      [{ id: 3, age: 'n/a', at: 2 }, true],
      [{ id: 4, age: 'n/a', at: 2 }, true],
    ]);
    await writeFile(join(folder, 'sync.config.yaml'), text.replace('integer', 'integer, on_error: null'));
    const { code, stderr } = await syncline(folder, ['rejects', 'retry']);
    expect(code).toBe(0);
    expect(stderr).toContain('3 superseded rejects left out');
    expect(rows(folder)).toEqual([
      [1, 11],
      [2, null],
      [3, 33],
      [4, 44],
      [5, 55],
      [6, 66],
    ]);
    expect(await rejectsOf(folder)).toHaveLength(3);
    const dropped = await syncline(folder, ['rejects', 'drop', 'rows']);
    expect(dropped.stdout).toBe('3 rejected rows dropped');
  });

  it('retries the element that was rejected, and none of its siblings', async () => {
    const each =
      "mode: append, each: items, map: { id: $record.id, n: { from: n, type: integer }, of: { expr: 'record.items.size()', type: integer } }";
    const folder = await folderWith({
      'sync.config.yaml': config(each),
      'rows.jsonl': jsonl([{ id: 7, items: [{ n: 1 }, { n: 'x' }, { n: 3 }, { n: 'y' }] }]),
    });
    expect(await hasRun(folder)).toBe('partial');
    expect((await rejectsOf(folder)).map(({ record }) => record)).toEqual([{ n: 'x' }, { n: 'y' }]);
    await writeFile(
      join(folder, 'sync.config.yaml'),
      config(each.replace('type: integer }', 'type: integer, on_error: null }')),
    );
    expect((await syncline(folder, ['rejects', 'retry', '--quiet'])).code).toBe(0);
    expect(query(join(folder, 'sync.db'), 'SELECT id, n, "of" FROM rows ORDER BY rowid')).toEqual([
      [7, 1, 4],
      [7, 3, 4],
      [7, null, 4],
      [7, null, 4],
    ]);
    expect(query(join(folder, '.syncline/state.db'), 'SELECT count(*) FROM rejected_records')).toEqual([[0]]);
  });

  it('adds nothing twice when it is killed after a commit, before its rejects leave the list', async () => {
    const each = 'mode: append, batch_size: 2, map: { id: id, age: { from: age, type: integer } }';
    const records = [1, 2, 3, 4, 5].map((id) => ({ id, age: 'n/a' }));
    const folder = await folderWith({ 'sync.config.yaml': config(each), 'rows.jsonl': jsonl(records) });
    expect(await hasRun(folder)).toBe('partial');
    await writeFile(
      join(folder, 'sync.config.yaml'),
      config(each.replace('integer }', 'integer, on_error: null }')),
    );
    const state = join(folder, '.syncline/state.db');
    edit(
      state,
      `CREATE VIEW forever AS WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c;
      CREATE TRIGGER hangs BEFORE DELETE ON rejects BEGIN SELECT count(*) FROM forever; END`,
    );
    const child = execa(process.execPath, [cli, 'rejects', 'retry'], { cwd: folder, reject: false });
    while (child.exitCode === null && rows(folder).length === 0) await setTimeout(5);
    child.kill('SIGKILL');
    expect(await child).toMatchObject({ signal: 'SIGKILL' });
    expect(await rejectsOf(folder)).toHaveLength(5);
    edit(state, 'DROP TRIGGER hangs');
    // What was committed is known beside the rows, whatever becomes of the checkpoint.
    await syncline(folder, ['state', 'reset', 'rows']);
    expect((await syncline(folder, ['rejects', 'retry', '--quiet'])).code).toBe(0);
    expect(rows(folder)).toEqual(records.map(({ id }) => [id, null]));
    expect(await rejectsOf(folder)).toEqual([]);
  });

  it('removes no sibling under replace_within, and retries none that its parent has no more', async () => {
    const within =
      'primary_key: [id, sku], each: items, replace_within: true, map: { id: $record.id, sku: sku, n: { from: n, type: integer } }';
    const folder = await folderWith({
      'sync.config.yaml': config(within, incremental),
      'rows.jsonl': jsonl([
        {
          id: 1,
          at: 1,
          items: [
            { sku: 'a', n: 1 },
            { sku: 'b', n: 'x' },
          ],
        },
        {
          id: 2,
          at: 1,
          items: [
            { sku: 'a', n: 'x' },
            { sku: 'b', n: 2 },
          ],
        },
        { id: 1, at: 2, items: [{ sku: 'c', n: 3 }] },
      ]),
    });
    expect(await hasRun(folder)).toBe('partial');
    await writeFile(
      join(folder, 'sync.config.yaml'),
      config(within.replace('type: integer', 'type: integer, on_error: null'), incremental),
    );
    expect((await syncline(folder, ['rejects', 'retry', '--quiet'])).code).toBe(0);
    expect(rows(folder, 'id, sku, n').sort()).toEqual([
      [1, 'c', 3],
      [2, 'a', null],
      [2, 'b', 2],
    ]);
  });

  it('is refused for what replaces its target, and for a record that holds a secret', async () => {
    const text = `version: 1
sources: { files: { type: file, streams: { rows: rows.jsonl } } }
sinks: { out: { type: file, dir: out, format: jsonl }, db: { type: libsql, url: file:sync.db } }
pipelines:
  whole: { from: files.rows, to: out.rows, map: { id: { from: id, type: integer } }, x-note: "\${TOKEN}" }
  rows: { from: files.rows, to: db.rows, mode: append, map: { id: { from: id, type: integer } } }
`;
    const folder = await folderWith({
      'sync.config.yaml': text.replace(', x-note: "${TOKEN}"', ''),
      'rows.jsonl': jsonl([{ id: 1 }, { id: 'x' }]),
    });
    expect(await hasRun(folder)).toBe('partial');
    const refused = await syncline(folder, ['rejects', 'retry', 'whole']);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('usage/limited_replace') });
    const rest = await syncline(folder, ['rejects', 'retry', '--json']);
    expect(Object.keys((JSON.parse(rest.stdout) as { pipelines: object }).pipelines)).toEqual(['rows']);
    edit(join(folder, '.syncline/state.db'), 'UPDATE rejects SET exact = 0');
    const inexact = await syncline(folder, ['rejects', 'retry', 'rows']);
    expect(inexact).toMatchObject({ code: 0, stderr: expect.stringContaining('1 reject left out') });
    expect(rows(folder, 'id')).toEqual([[1]]);
  });
});

describe('rows that a constraint of the table refuses', () => {
  const table = `CREATE TABLE parents (id INTEGER PRIMARY KEY); INSERT INTO parents VALUES (1);
    CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE, age INTEGER CHECK (age > 0),
      parent INTEGER REFERENCES parents (id))`;
  const good = Array.from({ length: 1000 }, (_, id) => ({
    id,
    name: `n${id}`,
    email: `${id}@x`,
    age: 9,
    parent: 1,
  }));
  const bad = [
    { id: 2001, name: null, email: 'a@x', age: 1, parent: 1 },
    { id: 2002, name: 'b', email: '5@x', age: 1, parent: 1 },
    { id: 2003, name: 'c', email: 'c@x', age: -1, parent: 1 },
    { id: 2004, name: 'd', email: 'd@x', age: 1, parent: 77 },
  ];
  const mixed = good.flatMap((record, n) => [
    record,
    ...(n % 250 === 100 ? [bad[Math.floor(n / 250)] ?? record] : []),
  ]);

  it.each(tried(['primary_key: id', 'mode: append']))(
    'are rejects, and all others are written: %s',
    async (mode) => {
      const folder = await folderWith({ 'sync.config.yaml': config(mode), 'rows.jsonl': jsonl(mixed) });
      edit(join(folder, 'sync.db'), table);
      const { code, stdout } = await syncline(folder, ['run', '--json']);
      expect(code).toBe(3);
      expect(resultOf(stdout)).toMatchObject({ status: 'partial', read: 1004, inserted: 1000, rejected: 4 });
      const columns = 'id, name, email, age, parent';
      const all = good.map(({ id, name, email, age, parent }) => [id, name, email, age, parent]);
      expect(rows(folder, columns)).toEqual(all);
      const kept = await rejectsOf(folder);
      expect(kept.map(({ record, reason }) => [record, reason])).toEqual([
        [bad[0], 'NOT NULL constraint failed: rows.name'],
        [bad[1], 'UNIQUE constraint failed: rows.email'],
        [bad[2], 'CHECK constraint failed: age > 0'],
        [bad[3], 'FOREIGN KEY constraint failed'],
      ]);
      edit(join(folder, 'sync.db'), 'INSERT INTO parents VALUES (77)');
      expect((await syncline(folder, ['rejects', 'retry', '--quiet'])).code).toBe(3);
      expect(rows(folder, columns)).toEqual([...all, [2004, 'd', 'd@x', 1, 77]]);
      expect(await rejectsOf(folder)).toHaveLength(3);
    },
  );

  it('are found by halves where the sink cannot name them, as long as rows may come twice', async () => {
    const text = (mode: string) =>
      config(mode).replace('{ type: libsql, url: file:sync.db }', '{ type: ./picky.ts, out: out.json }');
    const all = Array.from({ length: 40 }, (_, id) => ({
      id,
      name: [7, 8, 39].includes(id) ? 'bad' : 'good',
    }));
    const folder = await folderWith({
      'sync.config.yaml': text('primary_key: id, batch_size: 16'),
      'rows.jsonl': jsonl(all),
      'picky.ts': picky,
    });
    const upserted = await syncline(folder, ['run', '--json']);
    expect(upserted.code).toBe(3);
    expect(resultOf(upserted.stdout)).toMatchObject({ read: 40, inserted: 37, rejected: 3 });
    const written = JSON.parse(await readFile(join(folder, 'out.json'), 'utf8')) as number[];
    expect(written).toEqual(all.filter(({ name }) => name === 'good').map(({ id }) => id));
    expect((await rejectsOf(folder)).map(({ record }) => record)).toEqual([all[7], all[8], all[39]]);
    await writeFile(join(folder, 'sync.config.yaml'), text('mode: append, batch_size: 16'));
    const appended = await syncline(folder, ['run', '--all', '--yes']);
    expect(appended).toMatchObject({ code: 1, stderr: expect.stringContaining('[sql/constraint]') });
  });

  it('still count against the limit', async () => {
    const text = config('mode: append').replace('max: 500', 'max: 3');
    const folder = await folderWith({ 'sync.config.yaml': text, 'rows.jsonl': jsonl(mixed) });
    edit(join(folder, 'sync.db'), table);
    const { code, stderr } = await syncline(folder, ['run']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('[reject/too_many]') });
  });
});

it('history says how many runs are remembered; their rejects stay', async () => {
  const text = config(strict).replace('version: 1\n', 'version: 1\nhistory: { keep_runs: 2 }\n');
  const folder = await folderWith({
    'sync.config.yaml': text,
    'rows.jsonl': jsonl([{ id: 1, age: 'n/a' }, { id: 2 }]),
  });
  for (const _ of [1, 2, 3, 4]) await syncline(folder, ['run', '--quiet']);
  expect(JSON.parse((await syncline(folder, ['runs', '--json'])).stdout)).toHaveLength(2);
  const list = JSON.parse((await syncline(folder, ['rejects', 'list', '--json'])).stdout) as object[];
  expect(list).toHaveLength(4);
});

describe('a run that failed before it committed', () => {
  it('leaves no rejects beside those of the run that reads the same records', async () => {
    const records = [
      { id: 1, age: 'n/a' },
      { id: 2, age: 2 },
    ];
    const folder = await folderWith({
      'sync.config.yaml': config(strict).replace('max: 500', 'max: 0'),
      'rows.jsonl': jsonl(records),
    });
    for (const _ of [1, 2]) {
      expect((await syncline(folder, ['run', '--quiet'])).code).toBe(1);
      expect(await rejectsOf(folder)).toHaveLength(1);
    }
    await writeFile(join(folder, 'sync.config.yaml'), config(strict));
    for (const kept of [1, 2]) {
      expect(await hasRun(folder)).toBe('partial');
      const all = query(join(folder, '.syncline/state.db'), 'SELECT count(*) FROM rejects');
      expect(all).toEqual([[kept]]);
      await syncline(folder, ['state', 'reset', 'rows']);
    }
  });
});

it('retries what each target and each partition rejected, and only there', async () => {
  const config = (type: string) => `version: 1
sources:
  in: { type: file, streams: { rows: { path: '{team}.jsonl', partitions: { team: [a, b] } } } }
sinks: { db: { type: libsql, url: file:sync.db } }
pipelines:
  rows:
    from: in.rows
    to: [db.merged, { target: db.added, mode: append }]
    primary_key: [team, id]
    map: { team: $partition.team, id: id, n: { from: n, type: ${type} } }
    rejects: { max: 10 }
`;
  const folder = await folderWith({
    'sync.config.yaml': config('integer'),
    'a.jsonl': '{"id":1,"n":"x"}\n{"id":2,"n":2}\n',
    'b.jsonl': '{"id":1,"n":1}\n{"id":3,"n":"y"}\n',
  });
  expect(await syncline(folder, ['run', '--quiet'])).toMatchObject({ code: 3 });
  await writeFile(join(folder, 'sync.config.yaml'), config('string'));
  edit(join(folder, 'sync.db'), 'DROP TABLE merged; DROP TABLE added');
  await writeFile(join(folder, 'sync.config.yaml'), config('string'));
  const { stdout } = await syncline(folder, ['rejects', 'retry', 'rows', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ pipelines: { rows: { targets: {} } } });
  const rows = [
    ['a', 1, 'x'],
    ['b', 3, 'y'],
  ];
  for (const table of ['merged', 'added'])
    expect(query(join(folder, 'sync.db'), `SELECT team, id, n FROM ${table} ORDER BY team`)).toEqual(rows);
  expect((await syncline(folder, ['rejects', 'list', '--json'])).stdout.trim()).toBe('[]');
});
