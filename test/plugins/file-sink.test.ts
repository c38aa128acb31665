import { mkdir, mkdtemp, readdir, readFile, realpath, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Cell,
  type Column,
  type Mode,
  parseJson,
  printJson,
  type Row,
  type Target,
  type Value,
  type Writer,
} from 'syncline';
import { sinkContract } from 'syncline/testing';
import { describe, expect, test } from 'vitest';
import { sink } from '../../plugins/file/index.ts';
import { contextOf, emptyFolder } from './file-sandbox.ts';

const run = { id: 'RUN', started_at: '2026-01-02T03:04:05.000Z' };
const id = [{ name: 'id', type: 'integer' }] as const satisfies readonly Column[];

interface Options {
  readonly dir?: string;
  readonly format?: 'json' | 'jsonl' | 'csv';
  readonly formulas?: 'escape' | 'keep';
}

function openSink(folder: string, options: Options = {}) {
  return sink.open({ dir: 'out', format: 'jsonl', formulas: 'keep', ...options }, contextOf(folder));
}

async function begin(
  folder: string,
  name: string,
  mode: Mode = 'replace',
  options: Options = {},
): Promise<Writer> {
  return (await openSink(folder, options)).begin({ name, mode, run });
}

function commit(writer: Writer, rows: readonly Row[], columns: readonly Column[] = id, stamps = {}) {
  const target: Target = {
    pipeline: 'p',
    name: 't',
    mode: 'replace',
    columns: columns.map((column) => ({ ...column, strategy: { type: 'overwrite' }, tracked: false })),
    primary_key: [],
    stamps,
    run,
  };
  return writer.commit({ target, number: 1, rows, ledger: { fence: 1, basis: '', checkpoint: {} } });
}

async function finish(writer: Writer): Promise<void> {
  await writer.complete?.();
  await writer.close();
}

const filesIn = async (folder: string) => (await readdir(folder, { recursive: true })).sort();

/** Files that were last written so many hours ago. */
async function leave(folder: string, hours: number, ...names: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of names) {
    await writeFile(join(folder, name), '');
    await utimes(join(folder, name), new Date(), Date.now() / 1000 - hours * 3600);
  }
}

test('sweeps what runs that were killed set aside for the same file, and nothing else', async () => {
  const folder = await emptyFolder();
  const out = join(folder, 'out');
  await leave(
    out,
    25,
    '.x.csv.DEAD-1.tmp',
    '.wide-x.csv.DEAD-2.tmp',
    '.y.csv.DEAD-1.tmp',
    '.x.csv.tmp',
    'x.csv.bak',
  );
  await leave(out, 23, '.x.csv.ALIVE-1.tmp');
  await finish(await begin(folder, 'x.csv'));
  expect(await filesIn(out)).toEqual([
    '.x.csv.ALIVE-1.tmp',
    '.x.csv.tmp',
    '.y.csv.DEAD-1.tmp',
    'x.csv',
    'x.csv.bak',
  ]);
});

test('sweeps what killed runs set aside for parts', async () => {
  const folder = await emptyFolder();
  const parts = join(folder, 'out/x');
  await leave(parts, 25, '.part-DEAD.jsonl.DEAD-1.tmp');
  await leave(parts, 1, '.part-ALIVE.jsonl.ALIVE-1.tmp');
  await finish(await begin(folder, 'x', 'append'));
  expect(await filesIn(parts)).toEqual(['.part-ALIVE.jsonl.ALIVE-1.tmp']);
});
const textIn = (folder: string, path: string) => readFile(join(folder, path), 'utf8');

test('nothing is visible before the read is complete, and nothing is left over after', async () => {
  const folder = await emptyFolder();
  const writer = await begin(folder, 'people');
  await commit(writer, [[1]]);
  const before = await filesIn(join(folder, 'out'));
  expect(before).toHaveLength(1);
  expect(before[0]).toMatch(/^\..*\.tmp$/);
  await writer.complete?.();
  expect(await filesIn(join(folder, 'out'))).toEqual(['people.jsonl']);
  await writer.close();
  expect(await textIn(folder, 'out/people.jsonl')).toBe('{"id":1}\n');
});

test('a file stays as it was when the read is not completed', async () => {
  const folder = await emptyFolder();
  const first = await begin(folder, 'people');
  await commit(first, [[1]]);
  await finish(first);
  const second = await begin(folder, 'people');
  await commit(second, [[2]]);
  await second.close();
  expect(await filesIn(join(folder, 'out'))).toEqual(['people.jsonl']);
  expect(await textIn(folder, 'out/people.jsonl')).toBe('{"id":1}\n');
});

test('the name of the target tells its format before the option does', async () => {
  const folder = await emptyFolder();
  for (const [name, file] of [
    ['a', 'a.csv'],
    ['b.json', 'b.json'],
    ['c.v2', 'c.v2.csv'],
    ['sub/d.jsonl', 'sub/d.jsonl'],
  ] as const) {
    const writer = await begin(folder, name, 'replace', { format: 'csv' });
    await commit(writer, [[1]]);
    await finish(writer);
    expect(await textIn(folder, `out/${file}`)).toContain('1');
  }
});

test('append adds a part file per run, and none for no rows', async () => {
  const folder = await emptyFolder();
  const opened = await openSink(folder);
  const writers = [
    await opened.begin({ name: 'log', mode: 'append', run }),
    await opened.begin({ name: 'log', mode: 'append', run }),
    await opened.begin({ name: 'log', mode: 'append', run: { ...run, id: 'NEXT' } }),
    await opened.begin({ name: 'log', mode: 'append', run: { ...run, id: 'EMPTY' } }),
  ];
  for (const [index, writer] of writers.slice(0, 3).entries()) await commit(writer, [[index]]);
  for (const writer of writers) await finish(writer);
  expect(await filesIn(join(folder, 'out/log'))).toEqual([
    'part-NEXT.jsonl',
    'part-RUN-2.jsonl',
    'part-RUN.jsonl',
  ]);
});

test('stamps follow the columns', async () => {
  const folder = await emptyFolder();
  const writer = await begin(folder, 'people.csv');
  await commit(writer, [[1]], id, { run_id: '_run_id', synced_at: '_synced_at' });
  await finish(writer);
  expect(await textIn(folder, 'out/people.csv')).toBe(`id,_run_id,_synced_at\n1,RUN,${run.started_at}\n`);
});

test('csv rows from before a column was added are empty there', async () => {
  const folder = await emptyFolder();
  const writer = await begin(folder, 'people.csv', 'replace', { formulas: 'escape' });
  const name = { name: 'na,me', type: 'string' } as const;
  const stamps = { run_id: '_run_id' };
  await commit(writer, [], id, stamps);
  await commit(writer, [[1, '=x']], [...id, name], stamps);
  await commit(writer, [[2, 'b\n"']], [...id, name], stamps);
  await commit(writer, [[3, null, true]], [...id, name, { name: 'ok', type: 'boolean' }], stamps);
  await commit(
    writer,
    [],
    [...id, name, { name: 'ok', type: 'boolean' }, { name: 'last', type: 'json' }],
    stamps,
  );
  await finish(writer);
  expect(await filesIn(join(folder, 'out'))).toEqual(['people.csv']);
  expect(await textIn(folder, 'out/people.csv')).toBe(
    `id,"na,me",ok,last,_run_id\n1,'=x,,,RUN\n2,"b\n""",,,RUN\n3,,true,,RUN\n`,
  );
});

test.each([
  ['a.json', '[]\n'],
  ['a.jsonl', ''],
  ['a.csv', 'id\n'],
])('a complete read of no rows leaves an empty %s', async (name, text) => {
  const folder = await emptyFolder();
  const writer = await begin(folder, name);
  await commit(writer, []);
  await finish(writer);
  expect(await textIn(folder, `out/${name}`)).toBe(text);
});

test('knows a target that is there', async () => {
  const folder = await emptyFolder();
  const opened = await openSink(folder);
  expect(await opened.discover('people')).toBeUndefined();
  await finish(await opened.begin({ name: 'people', mode: 'replace', run }));
  expect(await opened.discover('people')).toEqual([]);
});

test.each(['../x', '/etc/x', 'a/../../x', '..', '.', '', '.hidden', 'nul\0'])(
  'refuses the target %j',
  async (name) => {
    const folder = await emptyFolder();
    for (const mode of ['replace', 'append'] as const) {
      await expect(begin(folder, name, mode)).rejects.toMatchObject({ code: 'sink/path' });
    }
    expect(await filesIn(folder)).toEqual([]);
  },
);

test('refuses a target behind a link that leads out of the folder, and makes nothing there', async () => {
  const folder = await emptyFolder();
  const elsewhere = await emptyFolder();
  await mkdir(join(folder, 'out'));
  await symlink(elsewhere, join(folder, 'out/link'));
  for (const name of ['link/x', 'link/deep/er/x']) {
    await expect(begin(folder, name)).rejects.toMatchObject({ code: 'sink/path' });
  }
  await expect(begin(folder, 'link', 'append')).rejects.toMatchObject({ code: 'sink/path' });
  expect(await filesIn(elsewhere)).toEqual([]);
});

test('a link in the place of the file is replaced, not followed', async () => {
  const folder = await emptyFolder();
  await mkdir(join(folder, 'out'));
  await writeFile(join(folder, 'precious'), 'mine');
  await symlink(join(folder, 'precious'), join(folder, 'out/a.jsonl'));
  const writer = await begin(folder, 'a');
  await commit(writer, [[1]]);
  await finish(writer);
  expect(await textIn(folder, 'precious')).toBe('mine');
  expect(await realpath(join(folder, 'out/a.jsonl'))).toBe(join(await realpath(folder), 'out/a.jsonl'));
});

test('says what could not be written', async () => {
  const folder = await emptyFolder();
  await writeFile(join(folder, 'out'), '');
  await expect(begin(folder, 'a')).rejects.toMatchObject({ code: 'sink/write_failed' });
  await mkdir(join(folder, 'other/a.jsonl'), { recursive: true });
  const writer = await begin(folder, 'a', 'replace', { dir: 'other' });
  await commit(writer, [[1]]);
  await expect(writer.complete?.()).rejects.toMatchObject({ code: 'sink/write_failed' });
  await writer.close();
  expect(await filesIn(join(folder, 'other'))).toEqual(['a.jsonl']);
});

describe('contract', () => {
  let folder = '';
  for (const format of ['jsonl', 'json'] as const) {
    sinkContract({
      test: (name, body) => test(`${format}: ${name}`, body),
      definition: sink,
      options: async () => {
        folder = await mkdtemp(join(tmpdir(), 'syncline-file-'));
        return { dir: folder, format, formulas: 'keep' };
      },
      read: (target, columns) => readTarget(folder, target, format, columns),
    });
  }
});

/** All rows of a target, from its file or its part files. */
async function readTarget(
  folder: string,
  target: string,
  format: 'json' | 'jsonl',
  columns: readonly Column[],
) {
  const paths = (await filesIn(folder)).filter(
    (path) => path.startsWith(target) && path.endsWith(`.${format}`),
  );
  if (paths.length === 0) return undefined;
  const texts = await Promise.all(paths.map((path) => textIn(folder, path)));
  const values = texts.flatMap((text) =>
    parseJson(format === 'json' ? text : `[${text.trim().replaceAll('\n', ',')}]`),
  );
  return (values as { [name: string]: Value }[]).map((record) =>
    columns.map(({ name, type }): Cell => cellOf(record[name] ?? null, type)),
  );
}

function cellOf(value: Value, type: Column['type']): Cell {
  if (value === null) return null;
  if (type === 'json') return printJson(value);
  return type === 'decimal' ? String(value) : (value as Cell);
}
