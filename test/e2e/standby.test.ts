import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunEvent } from '../../src/engine/events.ts';
import { edit, folderWith, query, stopUnlocked, syncline } from './cli.ts';
import { spawnDaemon, startDaemon } from './daemon-process.ts';

const config = (listen: string, schedule: string) => `version: 1
daemon: { listen: "${listen}" }
sources: { in: { type: file, streams: { rows: { path: rows.jsonl, primary_key: id } } } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
pipelines:
  timed: { from: in.rows, to: db.timed, schedule: ${schedule} }
  manual: { from: in.rows, to: db.manual }
`;

async function freeAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

const started = (pipeline: string) => (event: RunEvent) =>
  event.type === 'pipeline_started' && event.pipeline === pipeline;

it('of two daemons one schedules, and the other answers, until the first is killed', async () => {
  const folder = await folderWith({
    'sync.config.yaml': config('127.0.0.1:0', '{ every: 1s }'),
    'rows.jsonl': '{"id":1}\n',
  });
  const first = await startDaemon(folder);
  await first.event(started('timed'));
  const second = spawnDaemon(folder);
  const api = await second.api();
  await second.said(`this daemon stands by: process ${first.child.pid} on `);
  expect((await first.ask('/api/v1/status')).body.scheduler).toBe('active');
  const { body } = await api.ask('/api/v1/status');
  expect(body).toMatchObject({
    scheduler: 'standby',
    pipelines: [{ pipeline: 'timed' }, { pipeline: 'manual' }],
  });
  expect(body.pipelines).toHaveLength(2);
  const ready = await fetch(`${api.url}/readyz`);
  expect([ready.status, ready.headers.get('syncline-scheduler')]).toEqual([200, 'standby']);
  expect(await (await api.fetched('/metrics')).text()).toContain('\nsyncline_scheduler_active 0\n');
  const { stdout } = await syncline(folder, ['doctor', '--json']);
  expect(JSON.parse(stdout)).toContainEqual({
    status: 'good',
    subject: 'scheduler',
    found: expect.stringMatching(new RegExp(`^a daemon since .*, process ${first.child.pid} on .*, alive$`)),
  });
  expect((await api.run('manual')).status).toBe(202);
  await second.event(started('manual'));
  expect(second.events.filter(started('timed'))).toEqual([]);

  first.child.kill('SIGKILL');
  await second.said('this daemon takes over');
  await second.event(started('timed'));
  expect((await api.ask('/api/v1/status')).body.scheduler).toBe('active');
  expect(first.events.filter(started('manual'))).toEqual([]);
});

it('a daemon whose address is taken by the one it stands by for listens when that has stopped', async () => {
  const folder = await folderWith({
    'sync.config.yaml': config(await freeAddress(), '{ every: 1s }'),
    'rows.jsonl': '{"id":1}\n',
  });
  const first = await startDaemon(folder);
  const second = spawnDaemon(folder);
  await second.said('this daemon stands by');
  await second.said('it listens as soon as that is free');
  first.child.kill('SIGTERM');
  expect(await first.ended).toEqual({ exitCode: 143, signal: undefined });
  await second.said('this daemon takes over');
  await second.event(started('timed'));
  const api = await second.api();
  expect(api.url).toBe(first.url);
  expect((await api.ask('/api/v1/status')).body.scheduler).toBe('active');
  second.child.kill('SIGINT');
  expect(await second.ended).toEqual({ exitCode: 130, signal: undefined });
});

it('a daemon that stands by stops when it is told to, waiting for its address too', async () => {
  const folder = await folderWith({ 'sync.config.yaml': config(await freeAddress(), '"0 5 1 1 *"') });
  await startDaemon(folder);
  const second = spawnDaemon(folder);
  await second.said('it listens as soon as that is free');
  second.child.kill('SIGTERM');
  expect(await second.ended).toEqual({ exitCode: 143, signal: undefined });
  expect(second.other).toEqual([]);
});

it('an address that is taken by somebody else is an error of the daemon that schedules', async () => {
  const address = await freeAddress();
  const other = createServer();
  const [host = '', port = ''] = address.split(':');
  await new Promise<void>((resolve) => other.listen(Number(port), host, resolve));
  const folder = await folderWith({ 'sync.config.yaml': config(address, '{ every: 1s }') });
  const refused = spawnDaemon(folder);
  expect((await refused.ended).exitCode).toBe(1);
  expect(refused.other.join('\n')).toContain('[daemon/listen]');
  // Nothing is left held for the next one.
  const leases = () => query(join(folder, '.syncline/state.db'), 'SELECT expires_at FROM leases');
  expect(leases()).toEqual([[0]]);
  await new Promise((resolve) => other.close(resolve));
});

it('a daemon whose config names another state leaves the old one to others, and schedules in the new one', async () => {
  const text = config('127.0.0.1:0', '{ every: 1s }');
  const folder = await folderWith({ 'sync.config.yaml': text, 'rows.jsonl': '{"id":1}\n' });
  const daemon = await startDaemon(folder);
  await writeFile(join(folder, 'sync.config.yaml'), `${text}state: file:other.db\n`);
  await daemon.said('the config was read anew');
  const runs = daemon.events.filter(started('timed')).length;
  // One may begin in the old one before the new one is asked for.
  await daemon.event(started('timed'), runs + 3);
  const held = (file: string) =>
    query(join(folder, file), "SELECT expires_at > 0 FROM leases WHERE pipeline = '@scheduler'");
  expect([held('.syncline/state.db'), held('other.db')]).toEqual([[[0]], [[1]]]);
  expect(query(join(folder, 'other.db'), 'SELECT count(*) > 0 FROM occurrences')).toEqual([[1]]);
  expect((await daemon.ask('/api/v1/status')).body.scheduler).toBe('active');
});

it('a daemon that was suspended finds another in its place, takes nothing more, and stands by', async () => {
  const folder = await folderWith({
    'sync.config.yaml': config('127.0.0.1:0', '{ every: 2s }'),
    'rows.jsonl': '{"id":1}\n',
  });
  const state = join(folder, '.syncline/state.db');
  const first = await startDaemon(folder);
  await first.event(started('timed'));
  const second = spawnDaemon(folder);
  const api = await second.api();
  await second.said('this daemon stands by');
  await stopUnlocked(first.child, [state, join(folder, 'sync.db')]);
  // As if so much time had passed: of the run that may be under way, too.
  edit(state, 'UPDATE leases SET expires_at = 1');
  await second.said('this daemon takes over');
  await second.event(started('timed'), 2);
  const before = first.events.filter(started('timed')).length;
  first.child.kill('SIGCONT');
  await first.said('this daemon stands by: it gave no sign of life for too long');
  await second.event(started('timed'), 4);
  expect(first.events.filter(started('timed')).length).toBeLessThanOrEqual(before + 1);
  const all = [first, second].flatMap(({ events }) => events.filter(started('timed'))).length;
  const [[taken]] = query(state, 'SELECT count(*) FROM occurrences') as [[number]];
  expect(all).toBeLessThanOrEqual(taken);
  expect((await first.ask('/api/v1/status')).body.scheduler).toBe('standby');
  expect((await api.ask('/api/v1/status')).body.scheduler).toBe('active');
});
