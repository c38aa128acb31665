import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { messagesIn } from '../../src/daemon/client/stream.ts';
import { daemonAddress, openClient } from '../../src/daemon/client.ts';
import { LiveRun } from '../../src/daemon/live-run.ts';
import type { RunEvent } from '../../src/engine/events.ts';
import { SyncError } from '../../src/model/errors.ts';
import { noCounts, type RunResult } from '../../src/model/result.ts';
import { cases, slowCases } from '../counts.ts';
import { listening, token } from './listening.ts';
import { openProxy } from './proxy.ts';

const at = '2026-01-01T00:00:00.000Z';
const { signal } = new AbortController();

function clientOf(url: string, given = token, patience?: number) {
  const client = openClient({ url, token: given, patience });
  onTestFinished(() => client.close());
  return client;
}

/** Whatever has the address of a daemon. */
async function serving(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The error that something ends with, without its causes. */
async function errorOf(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(SyncError);
  const { code, message, hint = '' } = error as SyncError;
  return { code, message, hint };
}

const notice = (message: string): RunEvent => ({ type: 'notice', at, level: 'info', message });
const result: RunResult = {
  runId: 'R1',
  status: 'succeeded',
  exitCode: 0,
  startedAt: at,
  finishedAt: at,
  pipelines: { people: { status: 'succeeded', ...noCounts, durationMs: 5 } },
};
const finished: RunEvent = { type: 'run_finished', at, result };

describe('a client of a daemon', () => {
  it('tells what the API tells', async () => {
    const { port, told } = await listening(new LiveRun());
    const client = clientOf(`http://127.0.0.1:${port}`);
    expect(await client.status(signal)).toMatchObject({
      scheduler: 'active',
      totals: { running: 1, paused: 1 },
      pipelines: [{ pipeline: 'people', status: 'running' }, { pipeline: 'places' }],
    });
    expect(await client.runs({ limit: 1 }, signal)).toMatchObject([{ runId: 'R1', status: 'running' }]);
    await client.pause('people');
    expect(told.paused).toEqual(new Set(['people']));
    await client.resume('people');
    expect(told.paused).toEqual(new Set());
    await client.cancel('R1');
    expect(told.cancelled).toEqual(['R1']);
    expect(await client.start(['people'])).toBe('R1');
    expect(told.started).toMatchObject([{ request: { pipelines: ['people'] }, key: expect.any(String) }]);
    expect(await client.undo('R0', { force: true })).toMatchObject({ runId: 'R2' });
  });

  it('passes on what the API refuses, with its code and hint', async () => {
    const { port } = await listening();
    const client = clientOf(`http://127.0.0.1:${port}`);
    expect(await errorOf(client.undo('R0', { force: false }))).toMatchObject({
      code: 'undo/edited',
      message: '1 row that run R0 wrote changed since: people id=7',
    });
    expect(await errorOf(client.pause('a/../b'))).toMatchObject({ code: 'usage/unknown_pipeline' });
    expect(await errorOf(client.follow('unknown', () => {}, signal))).toMatchObject({
      code: 'usage/unknown_run',
      hint: expect.stringContaining('/api/v1/runs'),
    });
  });

  it('says where the token is to be found when it has another one', async () => {
    const { port } = await listening();
    const error = await errorOf(clientOf(`http://127.0.0.1:${port}`, 'another-token-of-mine').status(signal));
    expect(error.code).toBe('api/token');
    expect(error.hint).toContain('.syncline/daemon.token');
    expect(error.hint).toContain('SYNCLINE_TOKEN');
  });

  it('never tells its token, whatever the server makes of it', async () => {
    const url = await serving(({ headers }, response) => {
      const { authorization } = headers;
      const error = { code: 'api/request', message: `who is ${authorization}?`, hint: `${authorization}` };
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    });
    expect(await errorOf(clientOf(url).status(signal))).toEqual({
      code: 'api/request',
      message: 'who is Bearer •••?',
      hint: 'Bearer •••',
    });
  });

  it.each<[string, RequestListener]>([
    ['a page', (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in')],
    ['a page that says not found', (_, response) => response.writeHead(404).end('<html>')],
    ['JSON of something else', (_, response) => response.writeHead(500).end('{"error":"no"}')],
    ['another JSON document', (_, response) => response.end('{"jobs":[]}')],
    ['no JSON object', (_, response) => response.end('"people"')],
    ['half a document', (_, response) => response.end('{"scheduler":"active","pipel')],
  ])('knows that %s is not the answer of a daemon', async (_, answer) => {
    const client = clientOf(await serving(answer));
    expect(await errorOf(client.status(signal))).toMatchObject({ code: 'daemon/answer' });
    expect(await errorOf(client.follow('R1', () => {}, signal))).toMatchObject({ code: 'daemon/answer' });
  });

  it('does not go where a server leads it: the token would go along', async () => {
    const led: string[] = [];
    const other = await serving(({ url = '' }, response) => {
      led.push(url);
      response.end('{}');
    });
    const url = await serving((_, response) => response.writeHead(307, { location: other }).end());
    expect(await errorOf(clientOf(url).status(signal))).toMatchObject({ code: 'daemon/answer' });
    expect(led).toEqual([]);
  });

  it('does not mind what a daemon of a later version tells besides', async () => {
    const url = await serving(({ url = '' }, response) => {
      if (!url.endsWith('/events'))
        return void response.end(
          JSON.stringify({
            scheduler: 'active',
            totals: {},
            pipelines: [{ pipeline: 'people', mood: 'good' }],
            mood: {},
          }),
        );
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      response.write('retry: 5\n\nid: 1\nevent: mood\ndata: {"type":"mood_changed"}\n\n');
      response.end(`id: 2\ndata: ${JSON.stringify({ ...finished, mood: 'good' })}\n\n`);
    });
    const client = clientOf(url);
    expect((await client.status(signal)).pipelines).toMatchObject([{ pipeline: 'people' }]);
    const heard: RunEvent[] = [];
    await client.follow('R1', (event) => heard.push(event), signal);
    expect(heard.map(({ type }) => type)).toEqual(['run_finished']);
  });

  it('says that nobody is there, or that nobody answers in time', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await errorOf(clientOf(`http://127.0.0.1:${port}`).status(signal))).toMatchObject({
      code: 'daemon/unreachable',
      message: `no daemon answers at http://127.0.0.1:${port}: the connection was refused`,
      hint: expect.stringContaining('syncline daemon'),
    });
    const silent = await serving(() => {});
    expect(await errorOf(clientOf(silent, token, 20).status(signal))).toMatchObject({
      code: 'daemon/unreachable',
      message: expect.stringContaining('did not answer in time'),
    });
  });

  it('says that an undo may have been done when its answer is lost', async () => {
    const { port } = await listening();
    const proxy = await openProxy(port);
    const lost = proxy.loseAnswer();
    const error = await errorOf(clientOf(proxy.url).undo('R0', { force: true }));
    await lost;
    expect(error).toMatchObject({
      code: 'daemon/unreachable',
      hint: expect.stringContaining('may have been done'),
    });
  });

  it('ends with its signal', async () => {
    const url = await serving(() => {});
    const leaving = new AbortController();
    const looking = clientOf(url).status(leaving.signal);
    leaving.abort('left');
    await expect(looking).rejects.toBe('left');
  });
});

describe('following a run', () => {
  it('tells each event once and in order, wherever its connection is cut', async () => {
    const steps = fc.array(fc.constantFrom('event', 'cut', 'cut when heard'), {
      minLength: 6,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const live = new LiveRun();
        const { port } = await listening(live);
        const proxy = await openProxy(port);
        const heard: string[] = [];
        let hear = () => {};
        const following = clientOf(proxy.url).follow(
          'R1',
          (event) => {
            const what = event.type === 'notice' ? event.message : event.type;
            // What the client says of a daemon that is away is no event of the run.
            if (/^event|run_finished/.test(what)) heard.push(what);
            hear();
          },
          signal,
        );
        const told: string[] = [];
        for (const [index, step] of steps.entries()) {
          if (step === 'event') {
            told.push(`event ${index}`);
            live.add(notice(`event ${index}`));
          } else {
            while (step === 'cut when heard' && heard.length < told.length)
              await new Promise<void>((resolve) => {
                hear = resolve;
              });
            proxy.cut();
          }
        }
        live.add(finished);
        live.end();
        await following;
        expect(heard).toEqual([...told, 'run_finished']);
      }),
      { numRuns: slowCases },
    );
  });

  it('tells the end of a run whose events nobody kept', async () => {
    const { port } = await listening();
    const heard: RunEvent[] = [];
    await clientOf(`http://127.0.0.1:${port}`).follow('R0', (event) => heard.push(event), signal);
    expect(heard).toMatchObject([
      { type: 'run_started', run: 'R0', pipelines: ['people'] },
      { type: 'pipeline_finished', pipeline: 'people', result: { status: 'succeeded' } },
      { type: 'run_finished', result: { runId: 'R0', exitCode: 0 } },
    ]);
  });

  it('waits for the end of a run that another process has', async () => {
    const run = { runId: 'R7', startedAt: at, pipelines: { people: null } };
    let looks = 0;
    const url = await serving(({ url }, response) => {
      const ended = looks > 0;
      if (url === '/api/v1/runs/R7') {
        looks += 1;
        return void response.end(JSON.stringify({ ...run, status: ended ? 'interrupted' : 'running' }));
      }
      const error = { code: 'usage/unknown_run', message: 'it is under way in another process' };
      if (!ended) return void response.writeHead(404).end(JSON.stringify({ error }));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const event = { type: 'run_finished', result: { ...run, status: 'interrupted' } };
      response.end(`event: run_finished\ndata: ${JSON.stringify(event)}\n\n`);
    });
    const heard: RunEvent[] = [];
    await clientOf(url).follow('R7', (event) => heard.push(event), signal);
    expect(heard).toMatchObject([
      { type: 'run_started', run: 'R7' },
      { type: 'notice', message: expect.stringContaining('another process') },
      { type: 'run_finished', at, result: { status: 'interrupted', exitCode: 1, pipelines: {} } },
    ]);
  });
});

describe('a stream of events', () => {
  it('is read the same however it is cut into pieces', async () => {
    const text =
      ': hello\n\nid: 1\nevent: a\ndata: {"a":\ndata: 1}\n\n:\n\r\ndata:two\r\n\r\nid: x\ndata: drei €\n\nid: 4\ndata: cut off';
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(text.length)), async (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        async function* pieces() {
          for (const [index, place] of places.entries()) yield text.slice(place, places[index + 1]);
        }
        const messages = [];
        for await (const message of messagesIn(pieces())) messages.push(message);
        expect(messages).toEqual([{ id: 1, data: '{"a":\n1}' }, { data: 'two' }, { data: 'drei €' }]);
      }),
      { numRuns: cases },
    );
  });
});

describe('the address of a daemon', () => {
  it.each([
    ['http://127.0.0.1:7433', 'http://127.0.0.1:7433'],
    ['http://localhost:7433/', 'http://localhost:7433'],
    ['http://[::1]:7433', 'http://[::1]:7433'],
    ['https://sync.example.com/daemon/', 'https://sync.example.com/daemon'],
  ])('may be %s', (given, address) => {
    expect(daemonAddress(given, { insecure: false })).toBe(address);
  });

  it.each([
    ['127.0.0.1:7433', 'usage/invalid'],
    ['sync.example.com', 'usage/invalid'],
    ['ftp://127.0.0.1', 'usage/invalid'],
    ['https://me:hidden-word@sync.example.com', 'usage/invalid'],
    ['https://sync.example.com?token=hidden-word', 'usage/invalid'],
    ['http://sync.example.com:7433', 'usage/insecure_url'],
    ['http://127.0.0.1.example.com:7433', 'usage/insecure_url'],
    ['http://10.0.0.5:7433', 'usage/insecure_url'],
  ])('may not be %s', async (given, code) => {
    const error = await errorOf(Promise.resolve().then(() => daemonAddress(given, { insecure: false })));
    expect(error.code).toBe(code);
    expect(JSON.stringify(error)).not.toContain('hidden-word');
  });

  it('may be another machine over http where that is asked for', () => {
    expect(daemonAddress('http://10.0.0.5:7433', { insecure: true })).toBe('http://10.0.0.5:7433');
  });
});
