import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { openState } from '../../src/state/state.ts';
import { hasRun } from '../kit/built-runner.ts';
import { cli, edit, folderWith, query, syncline } from './cli.ts';

const config = `version: 1
sources:
  files:
    type: file
    streams:
      people: { path: people.json, primary_key: id, incremental: { cursor_field: at } }
sinks:
  db: { type: libsql, url: file:sync.db }
  out: { type: file, dir: out, format: json }
pipelines:
  people: { from: files.people, to: db.people }
  copies: { from: files.people, to: out.copies, mode: replace }
`;

const people = [
  { id: 1, name: 'Ann', at: '2026-01-01T00:00:00Z' },
  { id: 2, name: 'Bob', at: '2026-01-02T00:00:00Z' },
];

const files = { 'sync.config.yaml': config, 'people.json': JSON.stringify(people) };

async function json(folder: string, ...args: string[]): Promise<unknown> {
  const { stdout, stderr, code } = await syncline(folder, [...args, '--json']);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as unknown;
}

describe('what is remembered of runs', () => {
  it('is listed and shown, and can be forgotten', async () => {
    const folder = await folderWith(files);
    expect(await json(folder, 'status')).toMatchObject([{ pipeline: 'people', status: 'never_run' }, {}]);
    const run = (await json(folder, 'run', 'people')) as { runId: string };
    await hasRun(folder, 'people');
    expect(await json(folder, 'status')).toMatchObject([
      { pipeline: 'people', status: 'idle', lastRun: { status: 'succeeded' } },
      { pipeline: 'copies', status: 'never_run' },
    ]);
    expect(await json(folder, 'runs', '--limit', '1')).toHaveLength(1);
    expect(await json(folder, 'runs', '--pipeline', 'copies')).toEqual([]);
    expect(await json(folder, 'show', run.runId)).toMatchObject(run);
    const shown = await syncline(folder, ['show', run.runId]);
    expect(shown.stdout).toMatch(/people +succeeded +2 +2 +0/);
    expect(await syncline(folder, ['show', 'nothing'])).toMatchObject({ code: 2 });
    expect(await json(folder, 'history', 'clear')).toEqual({ cleared: 1 });
    expect(await json(folder, 'history', 'clear', '--all')).toEqual({ cleared: 1 });
    expect((await syncline(folder, ['runs'])).stdout).toBe('no runs are remembered');
    expect((await syncline(folder, ['history', 'clear', '--older-than', 'long'])).code).toBe(2);
  });

  it('drops rejects only of what is named', async () => {
    const folder = await folderWith({
      ...files,
      'people.json': JSON.stringify([...people, { name: 'nobody', at: '2026-01-03T00:00:00Z' }]),
    });
    await hasRun(folder, 'people');
    expect((await syncline(folder, ['rejects', 'drop'])).code).toBe(2);
    expect(await json(folder, 'rejects', 'drop', 'copies')).toEqual({ dropped: 0 });
    expect(await json(folder, 'rejects', 'drop', 'people')).toEqual({ dropped: 1 });
    expect(await json(folder, 'rejects', 'list')).toEqual([]);
  });
});

describe('the checkpoints', () => {
  it('are kept beside the rows, or in the state, and listed together', async () => {
    const folder = await folderWith(files);
    await hasRun(folder);
    const [first, second] = (await json(folder, 'state', 'list')) as unknown[];
    const cursor = { text: '2026-01-02T00:00:00Z', kind: 'timestamp' };
    expect(first).toMatchObject({ pipeline: 'people', to: 'db.people', wrote: true, checkpoint: { cursor } });
    expect(second).toMatchObject({ pipeline: 'copies', to: 'out.copies' });
    const table = (await syncline(folder, ['state', 'list'])).stdout;
    expect(table).toMatch(/people +db\.people +2026-01-02T00:00:00Z/);
    expect((await syncline(folder, ['state', 'get', 'people'])).stdout).toContain(
      '2026-01-02T00:00:00Z (timestamp)',
    );
    expect((await syncline(folder, ['state', 'get', 'poeple'])).stderr).toContain('did you mean "people"?');
  });

  it('can be set and reset, and the next run goes by them', async () => {
    const folder = await folderWith(files);
    await hasRun(folder, 'people');
    edit(join(folder, 'sync.db'), "UPDATE people SET name = 'edited'");
    await syncline(folder, ['state', 'set', 'people', '2026-01-02T00:00:00Z']);
    await hasRun(folder, 'people');
    const names = () => query(join(folder, 'sync.db'), 'SELECT name FROM people ORDER BY id').flat();
    // By its lookback of an hour, the run read the last record again.
    expect(names()).toEqual(['edited', 'Bob']);
    expect((await syncline(folder, ['state', 'reset', 'people'])).code).toBe(0);
    await hasRun(folder, 'people');
    expect(names()).toEqual(['Ann', 'Bob']);
    expect((await syncline(folder, ['state', 'set', 'people', '2026-02-30'])).code).toBe(2);
    expect((await syncline(folder, ['state', 'set', 'copies', '2026-01-01'])).code).toBe(2);
  });

  it('are exported and imported, whole', async () => {
    const folder = await folderWith(files);
    await hasRun(folder, 'people');
    const { stdout } = await syncline(folder, ['state', 'export']);
    await writeFile(join(folder, 'kept.json'), stdout);
    const before = await json(folder, 'state', 'get', 'people');
    await syncline(folder, ['state', 'reset', 'people']);
    expect(await json(folder, 'state', 'get', 'people')).toMatchObject({ checkpoint: {} });
    expect(await json(folder, 'state', 'import', 'kept.json')).toEqual({ imported: ['people'] });
    const { fence: _, ...rest } = before as { fence: number };
    expect(await json(folder, 'state', 'get', 'people')).toMatchObject(rest);
    await writeFile(join(folder, 'strange.json'), stdout.replace('"people"', '"others"'));
    expect(await syncline(folder, ['state', 'import', 'strange.json'])).toMatchObject({ code: 1 });
    await writeFile(join(folder, 'wrong.json'), stdout.replace('"kind"', '"knid"'));
    const { stderr } = await syncline(folder, ['state', 'import', 'wrong.json']);
    expect(stderr).toContain('[state/document]');
  });

  it('follow a pipeline to its new name', async () => {
    const folder = await folderWith(files);
    await hasRun(folder, 'people');
    await writeFile(
      join(folder, 'sync.config.yaml'),
      config.replace('  people: { from', '  persons: { from'),
    );
    const listed = (await json(folder, 'state', 'list')) as { pipeline: string }[];
    expect(listed.map(({ pipeline }) => pipeline)).toEqual(['persons', 'copies', 'people']);
    expect(await syncline(folder, ['state', 'rename', 'folk', 'persons'])).toMatchObject({ code: 1 });
    expect(await syncline(folder, ['state', 'rename', 'people', 'persons'])).toMatchObject({ code: 0 });
    expect(await json(folder, 'state', 'get', 'persons')).toMatchObject({
      checkpoint: { cursor: { kind: 'timestamp' } },
    });
    expect(await json(folder, 'state', 'list')).toHaveLength(2);
    expect((await json(folder, 'run', 'persons')) as object).toMatchObject({ status: 'succeeded' });
  });

  it('are not changed while a run is under way', async () => {
    const folder = await folderWith(files);
    await hasRun(folder, 'people');
    const state = await openState(join(folder, '.syncline/state.db'));
    const lease = await state.acquire('people', '01A', 0);
    const { code, stderr } = await syncline(folder, ['state', 'reset', 'people']);
    expect(code).toBe(5);
    expect(stderr).toContain('[lease/held]');
    await state.close();
    expect(lease).toHaveProperty('fence');
    expect((await syncline(folder, ['state', 'reset', 'people'])).code).toBe(0);
  });
});

it.runIf(process.platform !== 'win32')(
  'refuses a state that may not be written, and says what to do',
  async () => {
    const folder = await folderWith(files);
    await syncline(folder, ['status']);
    await mkdir(join(folder, 'data'));
    const state = join(folder, '.syncline');
    await chmod(join(state, 'state.db'), 0o444);
    await chmod(state, 0o555);
    await chmod(folder, 0o755);
    // Permissions do not hold root back.
    const root = process.getuid?.() === 0;
    if (root) await chown(state, 65534, 65534);
    const { exitCode, stderr } = await execa(process.execPath, [cli, 'run'], {
      cwd: folder,
      reject: false,
      stdin: 'ignore',
      ...(root && { uid: 65534, gid: 65534 }),
    });
    await chmod(state, 0o755);
    expect(stderr).toMatch(/the state .*\[sql\/(readonly|open)\]/);
    expect(stderr).toContain('help: Check');
    expect(exitCode).toBe(1);
  },
);
