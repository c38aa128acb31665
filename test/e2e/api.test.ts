import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ToldEvent } from '../../src/daemon/live-run.ts';
import type { RunEvent } from '../../src/engine/events.ts';
import { documented, type OpenApi } from '../daemon/documented.ts';
import { edit, folderWith, query, syncline } from './cli.ts';
import { type DaemonProcess, type Sent, startDaemon } from './daemon-process.ts';
import { gate } from './gate.ts';

const config = `version: 1
daemon: { listen: "127.0.0.1:0" }
sources:
  gate: { type: ./gate.ts, streams: { one: go-one, two: go-two } }
  in:
    type: file
    streams: { cities: { path: "{city}.jsonl", partitions: { city: [Rome, Oslo] }, incremental: { cursor_field: at } } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
defaults: { pipeline: { primary_key: id } }
pipelines:
  one: { from: gate.one, to: db.one }
  two: { from: gate.two, to: db.two }
  cities: { from: in.cities, to: db.cities, primary_key: [city, id], map: { city: $partition.city, id: id, at: at } }
  off: { from: gate.one, to: db.off, enabled: false }
`;
const files = {
  'sync.config.yaml': config,
  'gate.ts': gate,
  'Rome.jsonl': '{"id":1,"at":7}\n',
  'Oslo.jsonl': '{"id":1,"at":3}\n{"id":2,"at":4}\n',
};

/** A daemon whose every answer is held against its own OpenAPI document. */
async function daemonIn(folder: string) {
  const daemon = await startDaemon(folder);
  const check = documented((await daemon.ask('/api/v1/openapi.json')).body as unknown as OpenApi);
  const text = async (path: string, method = 'GET', sent: Sent = {}) => {
    const response = await daemon.fetched(path, method, sent);
    const body = await response.text();
    const { status, headers } = response;
    check({ method, path, status, type: headers.get('content-type') ?? '', body });
    return { status, headers, body };
  };
  const ask = async (path: string, method?: string, sent?: Sent) => {
    const answer = await text(path, method, sent);
    return { ...answer, body: JSON.parse(answer.body) };
  };
  const start = (body: object, headers = {}) => ask('/api/v1/runs', 'POST', { body, headers });
  const standing = async (name: string) => {
    const { body } = await ask('/api/v1/status');
    return body.pipelines.find(({ pipeline }: { pipeline: string }) => pipeline === name);
  };
  return { ...daemon, text, ask, start, standing };
}

const progressOf = (pipeline: string) => (event: RunEvent) =>
  event.type === 'progress' && event.pipeline === pipeline;
const endOf = (run: string) => (event: RunEvent) =>
  event.type === 'run_finished' && event.result.runId === run;

async function stopped(daemon: Pick<DaemonProcess, 'child' | 'ended'>) {
  daemon.child.kill('SIGTERM');
  expect(await daemon.ended).toMatchObject({ exitCode: 143 });
}

/** Its events, by id. */
function eventsIn(text: string): { readonly id: number; readonly event: ToldEvent }[] {
  return [...text.matchAll(/^id: (\d+)\nevent: \w+\ndata: (.*)$/gm)].map(([, id, data = '']) => ({
    id: Number(id),
    event: JSON.parse(data) as ToldEvent,
  }));
}

describe('a run that is asked for', () => {
  it('is of the pipelines that are named, selected, or enabled, and those that run already end busy', async () => {
    const folder = await folderWith(files);
    const daemon = await daemonIn(folder);
    const one = await daemon.start({ pipelines: ['one'] });
    expect(one).toMatchObject({ status: 202, body: { runId: expect.any(String) } });
    expect(one.headers.get('location')).toBe(`/api/v1/runs/${one.body.runId}`);
    await daemon.event(progressOf('one'));
    expect(await daemon.start({ select: ['o*'] })).toMatchObject({
      status: 409,
      body: { error: { code: 'lease/held', message: 'pipeline "one" is running already' } },
    });
    await writeFile(join(folder, 'go-two'), '');
    const all = await daemon.start({});
    expect(all.status).toBe(202);
    await daemon.event(endOf(all.body.runId));
    expect((await daemon.ask(`/api/v1/runs/${all.body.runId}`)).body).toMatchObject({
      status: 'busy',
      exitCode: 5,
      pipelines: { one: { status: 'busy' }, two: { status: 'succeeded' }, cities: { status: 'succeeded' } },
    });
    await writeFile(join(folder, 'go-one'), '');
    await daemon.event(endOf(one.body.runId));
    // A disabled pipeline runs when it is named, as on the command line.
    const off = await daemon.start({ pipelines: ['off'], full: true });
    await daemon.event(endOf(off.body.runId));
    const { body } = await daemon.ask('/api/v1/runs?status=succeeded&limit=1');
    expect(body.runs).toMatchObject([{ runId: off.body.runId, pipelines: { off: { read: 1000 } } }]);
    expect((await daemon.ask('/api/v1/runs?pipeline=two')).body.runs).toHaveLength(1);
  });

  it('reads the part that is asked for, and is refused where that cannot be', async () => {
    const folder = await folderWith(files);
    const daemon = await daemonIn(folder);
    const url = '/api/v1/pipelines/cities/run';
    const { body } = await daemon.ask(url, 'POST', { body: { partition: { city: 'Oslo' }, from: '4' } });
    await daemon.event(endOf(body.runId));
    expect(query(join(folder, 'sync.db'), 'SELECT city, id FROM cities')).toEqual([['Oslo', 2]]);
    const refused: [object, string][] = [
      [{ partition: { city: 'Bonn' } }, 'usage/unknown_partition'],
      [{ from: 'tomorrow' }, 'usage/invalid'],
      [{ from: '2024-02-01', to: '2024-01-01' }, 'usage/invalid'],
      [{ full: true, to: '2024-01-01' }, 'usage/invalid'],
    ];
    for (const [body, code] of refused)
      expect(await daemon.ask(url, 'POST', { body })).toMatchObject({
        status: 400,
        body: { error: { code } },
      });
    expect((await daemon.ask(url, 'POST', { body: { full: true, to: '9' } })).body.error.message).toBe(
      'full and to exclude each other',
    );
    expect(await daemon.start({ pipelines: ['one'], from: '-7d' })).toMatchObject({
      status: 400,
      body: { error: { code: 'usage/no_cursor' } },
    });
    const unknown = await daemon.start({ select: ['tag:nothing'] });
    expect(unknown).toMatchObject({ status: 404, body: { error: { code: 'usage/unknown_pipeline' } } });
    expect(JSON.stringify(unknown.body)).not.toMatch(/sync\.config|cities/);
    expect((await daemon.ask('/api/v1/runs')).body.runs).toHaveLength(1);
  });

  it('is started once by its key: at the same time, after its end, and after a restart', async () => {
    const folder = await folderWith(files);
    const first = await daemonIn(folder);
    const key = { 'idempotency-key': 'every-monday' };
    const both = await Promise.all([
      first.start({ pipelines: ['cities'], partition: { city: 'Rome' } }, key),
      first.start({ pipelines: ['cities'], partition: { city: 'Rome' } }, key),
    ]);
    const replays = both.map(({ status, headers }) => [status, headers.get('idempotency-replayed')]);
    expect(replays.sort()).toEqual([
      [202, null],
      [202, 'true'],
    ]);
    const { runId } = both[0].body;
    expect(both[1].body.runId).toBe(runId);
    await first.event(endOf(runId));
    expect((await first.start({ pipelines: ['cities'] }, key)).status).toBe(422);
    await stopped(first);

    const second = await daemonIn(folder);
    const body = { partition: { city: 'Rome' } };
    const again = await second.ask('/api/v1/pipelines/cities/run', 'POST', { body, headers: key });
    expect(again).toMatchObject({ status: 202, body: { runId } });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await second.start({ pipelines: ['one'] }, key)).status).toBe(422);
    expect((await second.ask('/api/v1/runs')).body.runs).toHaveLength(1);
    // What could not be started does not use up its key.
    await second.start({ pipelines: ['two'] });
    await second.event(progressOf('two'));
    const other = { 'idempotency-key': 'another-key' };
    expect((await second.start({ pipelines: ['two'] }, other)).status).toBe(409);
    expect((await second.start({ pipelines: ['cities'] }, other)).status).toBe(202);
  });
});

it('events of a run are told as they happen, after its end, after a restart, and until it is forgotten', async () => {
  const folder = await folderWith(files);
  const first = await daemonIn(folder);
  const { body } = await first.start({ pipelines: ['one', 'cities'] });
  const path = `/api/v1/runs/${body.runId}/events`;
  await first.event(progressOf('one'));
  const live = first.text(path);
  await writeFile(join(folder, 'go-one'), '');
  const told = eventsIn((await live).body);
  expect(told.map(({ event }) => event.type)).toEqual(
    expect.arrayContaining([
      'run_started',
      'pipeline_started',
      'progress',
      'pipeline_finished',
      'run_finished',
    ]),
  );
  for (const { event } of told) if ('pipeline' in event) expect(event).toMatchObject({ steps: 2 });
  const cities = told.filter(({ event }) => event.type === 'progress' && event.pipeline === 'cities');
  expect(cities[0]?.event).toMatchObject({
    step: 2,
    counts: { read: expect.any(Number) },
    partition: { name: expect.stringMatching(/^city=/), counts: { read: expect.any(Number) } },
  });

  const kept = await first.text(path);
  const ids = eventsIn(kept.body).map(({ id }) => id);
  expect(eventsIn(kept.body).at(-1)).toEqual(told.at(-1));
  expect(ids).toEqual([...ids].sort((one, other) => one - other));
  await stopped(first);

  const second = await daemonIn(folder);
  expect((await second.text(path)).body).toBe(kept.body);
  const after = { headers: { 'last-event-id': String(ids.at(-2)) } };
  expect(eventsIn((await second.text(path, 'GET', after)).body).map(({ id }) => id)).toEqual(ids.slice(-1));
  expect(await second.text(path, 'GET', { headers: { 'last-event-id': String(ids.at(-1)) } })).toMatchObject({
    status: 204,
    body: '',
  });
  expect(await second.ask(path, 'GET', { headers: { 'last-event-id': 'x' } })).toMatchObject({ status: 400 });

  const outside = JSON.parse((await syncline(folder, ['run', 'cities', '--json', '--quiet'])).stdout);
  const its = (await second.text(`/api/v1/runs/${outside.runId}/events`)).body;
  expect(its).toMatch(/^event: run_finished\ndata: .*"status":"succeeded".*\n\n$/);
  expect((await second.ask('/api/v1/runs?keep_latest=true', 'DELETE')).body).toEqual({ cleared: 0 });
  expect((await second.ask('/api/v1/runs?all=true', 'DELETE')).body).toEqual({ cleared: 2 });
  expect((await second.ask(path)).status).toBe(404);
  expect(query(join(folder, '.syncline', 'state.db'), 'SELECT count(*) FROM run_events')).toEqual([[0]]);
});

it('a run is cancelled after the batch under way, and what was committed stays', async () => {
  const folder = await folderWith(files);
  const daemon = await daemonIn(folder);
  const { body } = await daemon.start({ pipelines: ['one'] });
  await daemon.event(progressOf('one'));
  const path = `/api/v1/runs/${body.runId}/cancel`;
  expect(await daemon.ask(path, 'POST')).toMatchObject({ status: 202, body });
  expect(await daemon.event(endOf(body.runId))).toMatchObject({ result: { status: 'cancelled' } });
  expect(query(join(folder, 'sync.db'), 'SELECT count(*) >= 1000 FROM one')).toEqual([[1]]);
  expect(await daemon.ask(path, 'POST')).toMatchObject({
    status: 409,
    body: { error: { code: 'usage/run_ended' } },
  });
  expect((await daemon.ask('/api/v1/runs/nothing/cancel', 'POST')).status).toBe(404);
  expect((await daemon.start({ pipelines: ['one'] })).status).toBe(202);
});

it('a run is taken back, unless its pipeline runs or a person changed what it wrote', async () => {
  const folder = await folderWith(files);
  const daemon = await daemonIn(folder);
  const sink = join(folder, 'sync.db');
  const { body } = await daemon.start({ pipelines: ['cities'] });
  await daemon.event(endOf(body.runId));
  const path = `/api/v1/runs/${body.runId}/undo`;
  edit(sink, "UPDATE cities SET at = 99 WHERE city = 'Rome'");
  const refused = await daemon.ask(path, 'POST');
  expect(refused).toMatchObject({ status: 409, body: { error: { code: 'undo/edited' } } });
  expect(refused.body.error.message).toContain('Rome');
  expect(query(sink, 'SELECT count(*) FROM cities')).toEqual([[3]]);
  const forced = await daemon.ask(path, 'POST', { body: { force: true } });
  expect(forced).toMatchObject({ status: 200, body: { pipelines: [{ pipeline: 'cities', deleted: 3 }] } });
  expect(query(sink, 'SELECT count(*) FROM cities')).toEqual([[0]]);
  expect((await daemon.ask(`/api/v1/runs/${body.runId}`)).body).toMatchObject({ undone: true });
  expect((await daemon.ask('/api/v1/runs/nothing/undo', 'POST')).status).toBe(404);

  const gated = await daemon.start({ pipelines: ['one'] });
  await daemon.event(progressOf('one'));
  expect(await daemon.ask(`/api/v1/runs/${gated.body.runId}/undo`, 'POST')).toMatchObject({
    status: 409,
    body: { error: { code: 'lease/held' } },
  });
});

it('a pipeline stands with each of its partitions, its last success, its lag, and where it will go on', async () => {
  const folder = await folderWith(files);
  const daemon = await daemonIn(folder);
  expect((await daemon.ask('/api/v1/status')).body.totals).toEqual({
    idle: 0,
    running: 0,
    failed: 0,
    never_run: 4,
    paused: 0,
  });
  const { body } = await daemon.start({ pipelines: ['cities'], partition: { city: 'Rome' } });
  await daemon.event(endOf(body.runId));
  const last = { runId: body.runId, status: 'succeeded' };
  const { partitions, ...cities } = await daemon.standing('cities');
  expect(cities).toMatchObject({ status: 'idle', lastRun: last, lastSuccess: last, lag: expect.any(Number) });
  expect(partitions).toEqual({
    'city=Rome': expect.objectContaining({ status: 'idle', lastSuccess: cities.lastSuccess }),
    'city=Oslo': { status: 'never_run' },
  });
  const whole = await daemon.start({ pipelines: ['cities'] });
  await daemon.event(endOf(whole.body.runId));
  expect((await daemon.standing('cities')).partitions).toMatchObject({
    'city=Rome': { cursor: '7' },
    'city=Oslo': { cursor: '4', lastRun: { runId: whole.body.runId } },
  });
  expect((await daemon.ask('/api/v1/statistics')).body.pipelines).toHaveLength(4);
});

it('a paused pipeline is started by hand alone, also after a restart, until it is resumed', async () => {
  const scheduled = config
    .replace('to: db.one }', 'to: db.one, schedule: { every: 1s } }')
    .replace('to: db.two }', 'to: db.two, schedule: { every: 1s } }')
    .concat(
      '  after: { from: in.cities, to: db.after, primary_key: [city, id], map: { city: $partition.city, id: id }, after: two }\n',
    );
  const folder = await folderWith({ ...files, 'sync.config.yaml': scheduled, 'go-one': '', 'go-two': '' });
  const first = await daemonIn(folder);
  const ends = (name: string) => (event: RunEvent) =>
    event.type === 'pipeline_finished' && event.pipeline === name && event.result.status === 'succeeded';
  await first.event(ends('one'));
  const pause = await first.ask('/api/v1/pipelines/one/pause', 'POST');
  expect(pause).toMatchObject({ status: 200, body: { pipeline: 'one', paused: true } });
  expect((await first.ask('/api/v1/pipelines/one/pause', 'POST')).body).toEqual(pause.body);
  await first.ask('/api/v1/pipelines/after/pause', 'POST');
  expect((await first.ask('/api/v1/pipelines/nobody/pause', 'POST')).status).toBe(404);
  await first.said('it is paused');
  const number = first.events.filter(ends('one')).length;
  const byHand = await first.start({ pipelines: ['one'] });
  await first.event(endOf(byHand.body.runId));
  await stopped(first);
  expect(first.events.filter(ends('one'))).toHaveLength(number + 1);

  const second = await daemonIn(folder);
  await second.event(ends('two'), 3);
  expect(second.events.some((event) => event.type === 'pipeline_started' && event.pipeline !== 'two')).toBe(
    false,
  );
  const one = await second.standing('one');
  expect(one).toMatchObject({ status: 'paused', skipped: expect.any(Number) });
  expect(one).not.toHaveProperty('nextRun');
  expect((await syncline(folder, ['status'])).stdout).toMatch(/^one +paused .*\d+s +- +\d+$/m);
  expect((await second.ask('/api/v1/pipelines/one/resume', 'POST')).body).toEqual({
    pipeline: 'one',
    paused: false,
  });
  expect((await second.ask('/api/v1/pipelines/one/resume', 'POST')).status).toBe(200);
  await second.event(ends('one'));
  expect((await second.standing('one')).nextRun).toBeDefined();
});
