import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Control, RunRequest } from '../../src/daemon/api/control.ts';
import { createApi, openApi } from '../../src/daemon/api/server.ts';
import type { LiveRun } from '../../src/daemon/live-run.ts';
import { SyncError } from '../../src/model/errors.ts';
import { noCounts } from '../../src/model/result.ts';
import type { HistoryFilter, KeptRun } from '../../src/state/state.ts';

export const token = 'a-token-that-nobody-guesses';
const at = '2026-01-01T00:00:00.000Z';

const runs: readonly KeptRun[] = [
  { runId: 'R1', status: 'running', startedAt: at, pipelines: { people: null } },
  {
    runId: 'R0',
    status: 'succeeded',
    exitCode: 0,
    startedAt: at,
    finishedAt: at,
    undone: true,
    pipelines: { people: { status: 'succeeded', ...noCounts, durationMs: 5, cursor: { to: '7' } } },
  },
];

/** What a fake daemon was told to do. */
export interface Told {
  readonly started: { readonly request: RunRequest; readonly key?: string }[];
  readonly cleared: HistoryFilter[];
  readonly cancelled: string[];
  readonly paused: Set<string>;
}

/** A daemon that has one pipeline, `people`, and does as it is told. */
export function fakeControl(live?: LiveRun): { control: Control; told: Told } {
  const told: Told = { started: [], cleared: [], cancelled: [], paused: new Set() };
  const known = (name: string | undefined) => {
    if (name === 'broken') throw new Error('password in /etc/secret');
    if (name !== undefined && name !== 'people')
      throw new SyncError('usage/unknown_pipeline', 'there is no such pipeline');
  };
  const control: Control = {
    status: async () => [
      {
        pipeline: 'people',
        status: 'running',
        running: { runId: 'R1', since: at },
        counts: noCounts,
        lag: 3,
      },
      {
        pipeline: 'places',
        status: 'paused',
        partitions: { 'city=Rome': { status: 'paused', cursor: '7', nextRun: at } },
      },
    ],
    scheduler: () => 'active',
    metrics: async () => '# HELP up Whether it is there.\n',
    statistics: async () => ({
      targets: [{ pipeline: 'people', sink: 'db', target: 'people', total: 3, active: 2, deleted: 1 }],
      runs: { succeeded: 1, running: 1 },
      pipelines: [{ pipeline: 'people', status: 'running', checkpoint: { kind: 'none', held: false } }],
    }),
    async start(request, key) {
      known(request.pipelines?.[0]);
      if (key === 'used-before') return { runId: 'R0', replayed: true };
      if (key === 'used-for-another') throw new SyncError('api/key_reused', 'it asked for something else');
      if (told.started.length > 0) throw new SyncError('lease/held', 'it is running already');
      told.started.push({ request, key });
      return { runId: 'R1', replayed: false };
    },
    async runs({ limit, pipeline }) {
      known(pipeline);
      return runs.slice(0, limit);
    },
    run: async (id) => runs.find(({ runId }) => runId === id),
    live: (id) => (id === 'R1' ? live : undefined),
    events: async () => [],
    async cancel(id) {
      if (id === 'R0') throw new SyncError('usage/run_ended', 'it has ended');
      if (id !== 'R1') throw new SyncError('usage/unknown_run', 'there is no such run');
      told.cancelled.push(id);
    },
    async undo(id, { force }) {
      if (id !== 'R0') throw new SyncError('undo/unknown', 'no journal holds it');
      if (!force) throw new SyncError('undo/edited', '1 row that run R0 wrote changed since: people id=7');
      return {
        runId: 'R2',
        pipelines: [{ pipeline: 'people', inserted: 0, updated: 1, deleted: 0, edited: ['id=7'] }],
      };
    },
    async clear(filter) {
      told.cleared.push(filter);
      return 1;
    },
    async pause(pipeline) {
      known(pipeline);
      told.paused.add(pipeline);
      return { pipeline, paused: true, since: at };
    },
    async resume(pipeline) {
      known(pipeline);
      told.paused.delete(pipeline);
      return { pipeline, paused: false };
    },
    ready: async () => true,
  };
  return { control, told };
}

export interface Answer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly body: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
  /** Called with the answer so far. */
  readonly heard?: (text: string) => void;
}

/** An API that listens, on a daemon that is not there. */
export async function listening(live?: LiveRun, options: { headers_timeout?: number } = {}) {
  const { control, told } = fakeControl(live);
  const failures: unknown[] = [];
  const api = await openApi(control, {
    ...options,
    listen: { host: '127.0.0.1', port: 0 },
    token,
    failed: (error) => failures.push(error),
  });
  onTestFinished(() => api.close());
  const port = Number(new URL(api.url).port);
  const ask = asker(port);
  const authorized = { authorization: `Bearer ${token}` };
  return { ask, told, failures, port, authorized };
}

/** Asks as no browser could: every header is as given. */
export function asker(port: number): (path: string, asked?: Asked) => Promise<Answer> {
  return (path, { method = 'GET', headers = {}, body, heard } = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const request = httpRequest(
        { host: '127.0.0.1', port, path, method, headers, agent: false },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk) => {
            text += chunk;
            heard?.(text);
          });
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
          );
        },
      );
      request.on('error', reject);
      request.end(body);
    });
}

/** The answer to what no client would send. */
export async function rawly(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(text);
  return (await socket.setEncoding('utf8').toArray()).join('');
}

export function codeOf({ body }: Pick<Answer, 'body'>): unknown {
  return (JSON.parse(body) as { error: { code: string } }).error.code;
}

export interface ServerRoute {
  readonly method: string;
  /** With `:name` where something is named. */
  readonly url: string;
  /** With something known named there. */
  readonly path: string;
}

/** All routes, as the server itself lists them. */
export function routesOf(): readonly ServerRoute[] {
  const { control } = fakeControl();
  const app = createApi(control, { listen: { host: '127.0.0.1', port: 0 }, token, failed: () => undefined });
  const routes: ServerRoute[] = [];
  const above: string[] = [];
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', part = '', methods = ''] = /^([│\s]*)[├└]── (\S*) ?(?:\((.*)\))?$/.exec(line) ?? [];
    if (part === '') continue;
    above.splice(indent.length / 4, Number.POSITIVE_INFINITY, part);
    const url = above.join('');
    const path = url.replace(':name', 'people').replace(':id', 'R1');
    for (const method of methods.split(', ').filter(Boolean)) routes.push({ method, url, path });
  }
  return routes;
}
