import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Database from 'libsql';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RunEvent } from '../../src/engine/events.ts';
import { killedRows, seed, stoppedRuns, tried } from '../counts.ts';
import { startApi } from '../plugins/http/support.ts';
import { folderWith, query, syncline } from './cli.ts';
import { spawnDaemon } from './daemon-process.ts';

const codes = { SIGTERM: 143, SIGINT: 130 } as const;
type Signal = keyof typeof codes;
const signals = Object.keys(codes) as Signal[];
const commands = ['run', 'daemon'] as const;

/** What is still done when it is told to stop, and what has become of it. */
interface World {
  readonly folder: string;
  /** Resolves when the process is in the middle of it. */
  readonly reached: (process: ReturnType<typeof spawnDaemon>) => Promise<unknown>;
}

const head = `version: 1
daemon: { listen: "127.0.0.1:0" }
sinks: { db: { type: libsql, url: "file:sync.db" } }
`;
const piped = 'pipelines: { people: { from: crm.people, to: db.people, primary_key: id } }\n';

async function crm(options: string): Promise<string> {
  const source = `sources: { crm: { type: http, ${options}, streams: { people: { path: /people, records: $ } } } }\n`;
  return folderWith({ 'sync.config.yaml': `${head}${source}${piped}` });
}

const worlds: { readonly [name: string]: () => Promise<World> } = {
  async 'waiting an hour because a server asked for it'() {
    const { url } = await startApi(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
    return {
      folder: await crm(`base_url: "${url}", retry: { max_wait: 2h }`),
      reached: (process) => process.event(({ type }) => type === 'waiting'),
    };
  },
  async 'while a login is under way'() {
    let asked = () => {};
    const login = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const { url } = await startApi(({ path }) => {
      if (path === '/token') asked();
      return new Promise(() => undefined);
    });
    const auth = `auth: { type: oauth2, grant: client_credentials, token_url: "${url}/token", client_id: me, client_secret: "\${SECRET}" }`;
    return { folder: await crm(`base_url: "${url}", ${auth}`), reached: () => login };
  },
  async 'while an answer does not come'() {
    let asked = () => {};
    const request = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const { url } = await startApi(() => {
      asked();
      return new Promise(() => undefined);
    });
    return { folder: await crm(`base_url: "${url}"`), reached: () => request };
  },
};

/** A target whose lock another program holds. */
async function lockedWorld(): Promise<World & { free(): void }> {
  const source = 'sources: { crm: { type: file, streams: { people: people.jsonl } } }\n';
  const folder = await folderWith({
    'sync.config.yaml': `${head.replace(':0"', ':0", grace: 2s')}${source}${piped}`,
    'people.jsonl': '{"id":1}\n',
  });
  const other = new Database(join(folder, 'sync.db'));
  other.exec('PRAGMA journal_mode = wal; BEGIN IMMEDIATE');
  onTestFinished(() => void other.close());
  return {
    folder,
    free: () => void other.exec('ROLLBACK'),
    async reached(process) {
      await process.event(({ type }) => type === 'pipeline_started');
      // Nobody is told that it waits; before or after it began to, it has to end.
      await setTimeout(1_000);
    },
  };
}

const secret = { SECRET: 'not-to-be-told' };

/** Starts a command, and what it is to do. */
async function begun(world: World, command: (typeof commands)[number]) {
  const process = spawnDaemon(world.folder, secret, command);
  if (command === 'daemon') await (await process.api()).run('people');
  await world.reached(process);
  return process;
}

describe.each(commands)('syncline %s', (command) => {
  it.each(signals.flatMap((signal) => tried(Object.keys(worlds)).map((name) => [signal, name] as const)))(
    'ends by %s in its grace, %s',
    async (signal, name) => {
      const world = await worlds[name]?.();
      if (world === undefined) throw new Error(name);
      const process = await begun(world, command);
      process.child.kill(signal);
      expect(await process.ended).toEqual({ exitCode: codes[signal], signal: undefined });
      expect(process.other).toEqual([]);
      const [last] = process.events.filter(({ type }) => type === 'run_finished');
      expect(last).toMatchObject({ result: { status: 'cancelled' } });
      const { stdout } = await syncline(world.folder, ['status', '--json'], secret);
      expect(JSON.parse(stdout)).toMatchObject([{ pipeline: 'people', status: 'idle' }]);
    },
  );

  it.each(signals)('waiting for the lock of a target ends at once by a second %s', async (signal) => {
    const world = await lockedWorld();
    const process = await begun(world, command);
    process.child.kill(signal);
    // Two that come together are one.
    await setTimeout(50);
    const began = performance.now();
    process.child.kill(signal);
    expect(await process.ended).toEqual({ exitCode: codes[signal], signal: undefined });
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

it('a daemon that waits for the lock of a target ends after its grace, and the next run is as if it had not been', async () => {
  const world = await lockedWorld();
  const process = await begun(world, 'daemon');
  process.child.kill('SIGTERM');
  expect(await process.ended).toEqual({ exitCode: 143, signal: undefined });
  world.free();
  expect((await syncline(world.folder, ['run', '--quiet'])).code).toBe(0);
  expect(query(join(world.folder, 'sync.db'), 'SELECT id FROM people')).toEqual([[1]]);
});

const rows = Array.from({ length: killedRows }, (_, n) => ({ id: (n * 7) % 1000, at: n, n }));
const many = `version: 1
sources: { in: { type: file, streams: { rows: { path: rows.jsonl, incremental: { cursor_field: at } } } } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
defaults: { pipeline: { batch_size: 50, columns: { run_id: false, synced_at: false } } }
pipelines:
  upserted: { from: in.rows, to: db.upserted, primary_key: id }
  appended: { from: in.rows, to: db.appended, mode: append }
`;

it(`a run that is told to stop at ${stoppedRuns} random moments has done whole batches, and the next one does the rest`, async () => {
  const random = randomFrom(seed);
  const batches = Math.ceil(killedRows / 50);
  const rest = rows.map(({ n }) => [n]);
  let midway = 0;
  for (let stop = 0; stop < stoppedRuns; stop++) {
    const signal: Signal = stop % 2 === 0 ? 'SIGTERM' : 'SIGINT';
    const folder = await folderWith({
      'sync.config.yaml': many,
      'rows.jsonl': rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    });
    const process = spawnDaemon(folder, {}, 'run');
    await process.event(({ type }) => type === 'run_started');
    const after = Math.floor(random() * batches);
    if (after > 0) await process.event(isProgress, after);
    process.child.kill(signal);
    const { exitCode } = await process.ended;
    if (exitCode !== 0) {
      midway += 1;
      expect({ exitCode, other: process.other }).toEqual({ exitCode: codes[signal], other: [] });
      expect(appended(folder).length % 50).toBe(0);
    }
    expect(await syncline(folder, ['run', '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(appended(folder)).toEqual(rest);
    expect(query(join(folder, 'sync.db'), 'SELECT count(*) FROM upserted')).toEqual([[1000]]);
  }
  console.log(`${stoppedRuns} stops of a run, ${midway} of them in its midst`);
  expect(midway).toBeGreaterThan(0);
});

function isProgress(event: RunEvent): boolean {
  return event.type === 'progress' && event.pipeline === 'appended';
}

function appended(folder: string): unknown[] {
  const file = join(folder, 'sync.db');
  const has = query(file, "SELECT 1 FROM sqlite_master WHERE name = 'appended'").length > 0;
  return has ? query(file, 'SELECT n FROM appended ORDER BY n') : [];
}

function randomFrom(start: number): () => number {
  let value = start;
  return () => {
    value = (value * 1103515245 + 12345) % 2 ** 31;
    return value / 2 ** 31;
  };
}
