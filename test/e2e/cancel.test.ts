import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import Database from 'libsql';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RunEvent } from '../../src/engine/events.ts';
import type { RunResult } from '../../src/model/result.ts';
import { soak } from '../counts.ts';
import { type Reply, startApi } from '../plugins/http/support.ts';
import { cli, edit, folderWith, query, syncline } from './cli.ts';
import { startDaemon } from './daemon-process.ts';

const pages = 3;
const size = 1000;
const runId = expect.stringMatching(/^[0-9A-Z]{26}$/);

/** A run of the built command line that is watched while it is under way; killed when the test ends. */
function startRun(folder: string) {
  const child = execa(process.execPath, [cli, 'run', '--json', '--ui', 'json'], {
    cwd: folder,
    reject: false,
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await child;
  });
  let text = '';
  let look = () => {};
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk;
    look();
  });
  /** Resolves with the first event of that type; rejects when the process ends before. */
  const event = (type: RunEvent['type']) =>
    new Promise<void>((resolve, reject) => {
      look = () => {
        if (text.includes(`"type":"${type}"`)) resolve();
      };
      look();
      child.then(() => reject(new Error(`ended without ${type}: ${text}`)));
    });
  const ended = child.then(({ exitCode, stdout }) => ({
    code: exitCode,
    result: JSON.parse(stdout || '{}') as RunResult,
  }));
  return { child, event, ended };
}

/** What a run waits for, until it is mended. */
interface Scene {
  readonly source: string;
  readonly from?: string;
  /** Resolves when the run waits. */
  waits(run: ReturnType<typeof startRun>): Promise<unknown>;
  mend(): void;
  /** How many rows were committed before, where that is sure. */
  readonly kept?: number;
}

/** An API of three pages, of which the second is not answered as it should. */
async function scene(options: string, wrong: () => Reply | Promise<Reply>): Promise<Scene> {
  let isMended = false;
  const api = await startApi(({ query }) => {
    const page = Number(query.get('cursor') ?? 1);
    if (page === 2 && !isMended) return wrong();
    return { body: { items: itemsOf(page), next_cursor: page < pages ? String(page + 1) : null } };
  });
  return {
    source: `{ type: http, base_url: "${api.url}", ${options} pagination: ${pagination}, streams: { rows: { path: /rows, records: items } } }`,
    waits: (run) => run.event('waiting'),
    mend() {
      isMended = true;
      expect(api.asked.filter(({ query }) => query.get('cursor') === null)).toHaveLength(1);
    },
    kept: size,
  };
}

const pagination = '{ type: cursor, path: next_cursor, param: cursor }';

const itemsOf = (page: number) =>
  Array.from({ length: size }, (_, n) => ({ id: (page - 1) * size + n, name: `row ${n}` }));

/** The thread of a database file waits for a lock to the end, which takes it 30 s. */
const slowScenes: { readonly [what: string]: () => Promise<Scene> } = {
  async "a lock on the source's database"() {
    const folder = await folderWith({});
    const file = join(folder, 'in.db');
    edit(file, 'CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT)');
    edit(
      file,
      `WITH RECURSIVE n (id) AS (SELECT 0 UNION ALL SELECT id + 1 FROM n WHERE id + 1 < ${pages * size})
       INSERT INTO rows SELECT id, 'row' FROM n`,
    );
    const holder = new Database(file);
    onTestFinished(() => void holder.close());
    holder.exec('BEGIN EXCLUSIVE');
    return {
      source: `{ type: libsql, url: "file:${file}", streams: { rows: rows } }`,
      waits: (run) => run.event('pipeline_started'),
      mend: () => void holder.exec('ROLLBACK'),
      kept: 0,
    };
  },
};

const scenes: { readonly [what: string]: () => Promise<Scene> } = {
  async 'a page that does not come'() {
    let ask = () => {};
    const asked = new Promise<void>((resolve) => {
      ask = resolve;
    });
    const never = await scene('', () => {
      ask();
      return new Promise<Reply>(() => {});
    });
    return { ...never, waits: () => asked };
  },
  'a server that asks for an hour': () =>
    scene('retry: { max_wait: 2h },', () => ({ status: 429, headers: { 'retry-after': '3600' } })),
  'the next try of a request': () =>
    scene('retry: { initial: 1h, max: 1h },', () => ({ status: 503, body: 'later' })),
  async 'the records of the next parent'() {
    let isMended = false;
    let ask = () => {};
    const asked = new Promise<void>((resolve) => {
      ask = resolve;
    });
    const api = await startApi(({ path }) => {
      const [, list] = /^\/lists\/(\d)\/rows$/.exec(path) ?? [];
      if (list === undefined) return { body: { items: [{ id: 1 }, { id: 2 }, { id: 3 }] } };
      if (list === '2' && !isMended) {
        ask();
        return new Promise<Reply>(() => {});
      }
      return { body: { items: itemsOf(Number(list)) } };
    });
    return {
      source: `{ type: http, base_url: "${api.url}", pagination: { type: none }, streams: {
        lists: { path: /lists, records: items, primary_key: id }, rows: { path: "/lists/{lists.id}/rows", records: items } } }`,
      waits: () => asked,
      mend() {
        isMended = true;
      },
    };
  },
  ...(soak ? slowScenes : {}),
};

const configOf = (source: string) => `version: 1
daemon: { listen: "127.0.0.1:0" }
sources: { in: ${source} }
sinks: { db: { type: libsql, url: "file:sync.db" } }
pipelines: { rows: { from: in.rows, to: db.rows, primary_key: id, map: { id: id, name: name } } }
`;

function rowsIn(folder: string): number {
  const file = join(folder, 'sync.db');
  const tables = existsSync(file) ? query(file, "SELECT 1 FROM sqlite_schema WHERE name = 'rows'") : [];
  return tables.length === 0 ? 0 : Number((query(file, 'SELECT count(*) FROM rows') as [[number]])[0][0]);
}

describe('syncline cancel', () => {
  it.each(Object.entries(scenes))(
    'ends a run that waits for %s, and the next run goes on',
    async (_, set) => {
      const { source, waits, mend, kept } = await set();
      const folder = await folderWith({ 'sync.config.yaml': configOf(source) });
      const run = startRun(folder);
      await waits(run);
      const { code, stdout, stderr } = await syncline(folder, ['cancel', 'latest', '--json']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({ runId, status: 'cancelled', exitCode: 1 });
      const { code: exitCode, result } = await run.ended;
      expect({ exitCode, status: result.status }).toEqual({ exitCode: 1, status: 'cancelled' });
      const { status, inserted = -1 } = result.pipelines.rows ?? {};
      expect({ status, inserted }).toEqual({ status: 'cancelled', inserted: kept ?? inserted });
      expect(rowsIn(folder)).toBe(inserted);
      expect((await syncline(folder, ['runs'])).stdout).toMatch(/^[0-9A-Z]{26} +cancelled /m);
      expect((await syncline(folder, ['show'])).stdout).toMatch(/^rows +cancelled /m);

      mend();
      const next = await syncline(folder, ['run', '--json']);
      expect(JSON.parse(next.stdout)).toMatchObject({
        exitCode: 0,
        pipelines: { rows: { inserted: pages * size - inserted, updated: 0, unchanged: 0 } },
      });
      expect(rowsIn(folder)).toBe(pages * size);
    },
  );

  it('ends a run of the daemon, which works on', async () => {
    const { source, mend } = await scene('', () => new Promise<Reply>(() => {}));
    const folder = await folderWith({ 'sync.config.yaml': configOf(source) });
    const daemon = await startDaemon(folder);
    const { runId: id } = (await daemon.run('rows')).body as { runId: string };
    await daemon.event(({ type }) => type === 'pipeline_started');
    expect(await syncline(folder, ['cancel', id.slice(0, 20).toLowerCase()])).toMatchObject({ code: 0 });
    expect(await daemon.event(({ type }) => type === 'run_finished')).toMatchObject({
      result: { runId: id, status: 'cancelled', exitCode: 1 },
    });
    mend();
    expect(await daemon.run('rows')).toMatchObject({ status: 202 });
    const again = await daemon.event(({ type }) => type === 'run_finished', 2);
    expect(again).toMatchObject({ result: { status: 'succeeded' } });
    expect(rowsIn(folder)).toBe(pages * size);
  });

  it('refuses a run that is not known, is one of several, or has ended', async () => {
    const folder = await folderWith({
      'sync.config.yaml': configOf('{ type: file, streams: { rows: rows.jsonl } }'),
      'rows.jsonl': '{"id":1,"name":"a"}\n',
    });
    const told = async (run: string) => {
      const { code, stderr } = await syncline(folder, ['cancel', run]);
      return { code, error: /\[(\S+)\]/.exec(stderr)?.[1] };
    };
    expect(await told('latest')).toEqual({ code: 2, error: 'usage/unknown_run' });
    const ids = [];
    for (let count = 0; count < 2; count++)
      ids.push((JSON.parse((await syncline(folder, ['run', '--json'])).stdout) as RunResult).runId);
    expect(await told('nothing')).toEqual({ code: 2, error: 'usage/unknown_run' });
    expect(await told(ids[0]?.slice(0, 1) ?? '')).toEqual({ code: 2, error: 'usage/unknown_run' });
    expect(await told(ids[0] ?? '')).toEqual({ code: 2, error: 'usage/run_ended' });
    expect(await told('latest')).toEqual({ code: 2, error: 'usage/unknown_run' });
  });

  it('marks a run as interrupted whose process died', async () => {
    const { source, waits } = await (scenes['a page that does not come'] as () => Promise<Scene>)();
    const folder = await folderWith({ 'sync.config.yaml': configOf(source) });
    const run = startRun(folder);
    await waits(run);
    run.child.kill('SIGKILL');
    await run.child;
    const { code, stdout, stderr } = await syncline(folder, ['cancel', 'latest']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'its process had died' });
    expect(stdout).toMatch(/^rows +interrupted$/m);
  });
});
