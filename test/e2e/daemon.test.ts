import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/engine/events.ts';
import { killedRows, seed, stops } from '../counts.ts';
import { folderWith, query, syncline } from './cli.ts';
import { type DaemonProcess, startDaemon } from './daemon-process.ts';
import { gate } from './gate.ts';

const rows = Array.from({ length: killedRows }, (_, n) => ({ id: (n * 7) % 1000, at: n, n }));
const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');

const many = `version: 1
daemon: { listen: "127.0.0.1:0" }
sources: { in: { type: file, streams: { rows: { path: rows.jsonl, incremental: { cursor_field: at } } } } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
defaults: { pipeline: { batch_size: 50, columns: { run_id: false, synced_at: false } } }
pipelines:
  upserted: { from: in.rows, to: db.upserted, primary_key: id, merge: { n: max } }
  appended: { from: in.rows, to: db.appended, mode: append }
`;

function verify(folder: string): void {
  const sink = join(folder, 'sync.db');
  const best = new Map<number, number>();
  for (const { id, n } of rows) best.set(id, Math.max(n, best.get(id) ?? 0));
  const expected = [...best].sort(([a], [b]) => a - b);
  expect(query(sink, 'SELECT id, n FROM upserted ORDER BY id')).toEqual(expected);
  expect(query(sink, 'SELECT n FROM appended ORDER BY n')).toEqual(rows.map(({ n }) => [n]));
}

const progressOf = (pipeline: string) => (event: RunEvent) =>
  event.type === 'progress' && event.pipeline === pipeline;
const finished = (event: RunEvent) => event.type === 'run_finished';

const gated = `version: 1
daemon: { listen: "127.0.0.1:0" }
sources: { gate: { type: ./gate.ts, streams: { rows: go } } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
pipelines:
  one: { from: gate.rows, to: db.one, primary_key: id }
  two: { from: gate.rows, to: db.two, primary_key: id }
`;

describe('a daemon that is stopped', () => {
  it(`at ${stops} random moments ends with 143 in its grace, and the next run leaves the rows of the source`, async () => {
    let value = seed;
    const random = () => {
      value = (value * 1103515245 + 12345) % 2 ** 31;
      return value / 2 ** 31;
    };
    const batches = Math.ceil(killedRows / 50);
    let midway = 0;
    for (let stop = 0; stop < stops; stop++) {
      const folder = await folderWith({ 'sync.config.yaml': many, 'rows.jsonl': lines });
      const daemon = await startDaemon(folder);
      expect((await daemon.run('upserted')).status).toBe(202);
      const { status, body } = await daemon.run('appended');
      expect(status).toBe(202);
      const after = Math.floor(random() * batches);
      if (after > 0) await daemon.event(progressOf('appended'), after);
      daemon.child.kill('SIGTERM');
      expect(await daemon.ended).toEqual({ exitCode: 143, signal: undefined });
      expect(daemon.other).toEqual([]);
      const kept = JSON.parse((await syncline(folder, ['show', String(body.runId), '--json'])).stdout);
      expect(['cancelled', 'succeeded']).toContain(kept.status);
      if (kept.status === 'cancelled') midway += 1;
      expect((await syncline(folder, ['run', '--quiet'])).code).toBe(0);
      verify(folder);
    }
    console.log(`${stops} stops, ${midway} of them within a run`);
    expect(midway).toBeGreaterThan(0);
  });

  it('by Ctrl-C ends with 130', async () => {
    const folder = await folderWith({ 'sync.config.yaml': many, 'rows.jsonl': lines });
    const daemon = await startDaemon(folder);
    daemon.child.kill('SIGINT');
    expect(await daemon.ended).toEqual({ exitCode: 130, signal: undefined });
  });

  it('ends at once by a second signal, and after its grace', async () => {
    const hanging = gated.replace('./gate.ts,', './gate.ts, hangs: true,');
    const folder = await folderWith({ 'sync.config.yaml': hanging, 'gate.ts': gate });
    const first = await startDaemon(folder);
    await first.run('one');
    await first.event(progressOf('one'));
    first.child.kill('SIGTERM');
    await first.event((event) => event.type === 'pipeline_finished');
    first.child.kill('SIGTERM');
    expect(await first.ended).toEqual({ exitCode: 143, signal: undefined });

    await writeFile(join(folder, 'sync.config.yaml'), hanging.replace(':0" }', ':0", grace: 500ms }'));
    const second = await startDaemon(folder);
    await second.run('one');
    await second.event(progressOf('one'));
    second.child.kill('SIGTERM');
    expect(await second.ended).toEqual({ exitCode: 143, signal: undefined });
    expect(second.other.join()).toContain('it did not stop within 0.5 s');
  });
});

it('a daemon that was killed tells so when it is back: its run is interrupted, and the next one completes', async () => {
  const folder = await folderWith({ 'sync.config.yaml': many, 'rows.jsonl': lines });
  const killed = await startDaemon(folder);
  const { body } = await killed.run('appended');
  await killed.event(progressOf('appended'), 3);
  killed.child.kill('SIGKILL');
  await killed.ended;
  const back = await startDaemon(folder);
  await back.said(`run ${String(body.runId)} was interrupted`);
  expect((await back.ask(`/api/v1/runs/${String(body.runId)}`)).body).toMatchObject({
    status: 'interrupted',
    pipelines: { appended: { status: 'interrupted' } },
  });
  for (const name of ['appended', 'upserted']) expect((await back.run(name)).status).toBe(202);
  await back.event(finished, 2);
  verify(folder);
  expect((await back.ask('/api/v1/status')).body.pipelines).toMatchObject([
    { status: 'idle' },
    { status: 'idle' },
  ]);
});

describe('a run that is asked for', () => {
  it('is the only one of its pipeline, tells what it does, and is stopped with the daemon', async () => {
    const folder = await folderWith({ 'sync.config.yaml': gated, 'gate.ts': gate });
    const daemon = await startDaemon(folder);
    const both = await Promise.all([daemon.run('one'), daemon.run('one')]);
    expect(both.map(({ status }) => status).sort()).toEqual([202, 409]);
    const runId = String(both.find(({ status }) => status === 202)?.body.runId);
    await daemon.event(progressOf('one'), 2);
    expect(await daemon.run('one')).toMatchObject({ status: 409, body: { error: { code: 'lease/held' } } });
    const [one, two] = (await daemon.ask('/api/v1/status')).body.pipelines as Record<string, unknown>[];
    expect(one).toMatchObject({
      status: 'running',
      running: { runId },
      counts: { read: expect.any(Number) },
    });
    expect(two).toEqual({ pipeline: 'two', status: 'never_run' });
    expect((await syncline(folder, ['run', 'one', '--quiet'])).code).toBe(5);

    const stream = await daemon.fetched(`/api/v1/runs/${runId}/events`);
    const text = stream.text();
    daemon.child.kill('SIGTERM');
    const types = [...(await text).matchAll(/^event: (\w+)$/gm)].map(([, type]) => type);
    expect([types[0], types.at(-1)]).toEqual(['run_started', 'run_finished']);
    expect(await daemon.ended).toEqual({ exitCode: 143, signal: undefined });
  });

  it('is refused while another process runs the pipeline', async () => {
    const folder = await folderWith({ 'sync.config.yaml': gated, 'gate.ts': gate });
    const daemon = await startDaemon(folder);
    const outside = syncline(folder, ['run', 'one', '--json']);
    for (let status = 'never_run'; status !== 'running'; ) {
      const { body } = await daemon.ask('/api/v1/status');
      status = (body.pipelines as { status: string }[])[0]?.status ?? '';
    }
    expect((await daemon.run('one')).status).toBe(409);
    expect((await daemon.run('nobody')).status).toBe(404);
    await writeFile(join(folder, 'go'), '');
    expect((await outside).code).toBe(0);
    expect((await daemon.run('one')).status).toBe(202);
  });
});

it('the API is reached from this machine alone', async () => {
  const folder = await folderWith({ 'sync.config.yaml': gated, 'gate.ts': gate });
  const { url } = await startDaemon(folder);
  const { port } = new URL(url);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await fetch(`${url}/api/v1/status`)).status).toBe(401);
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4');
  for (const { address } of outside)
    await expect(fetch(`http://${address}:${port}/healthz`)).rejects.toThrow('fetch failed');
});

it('pipelines run by their schedules, those that come after them too, and no more at once than allowed', async () => {
  const folder = await folderWith({
    'sync.config.yaml': `version: 1
daemon: { listen: "127.0.0.1:0", concurrency: 1 }
sources: { in: { type: file, streams: { rows: { path: rows.jsonl, primary_key: id } } } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
pipelines:
  first: { from: in.rows, to: db.first, schedule: { every: 1s } }
  second: { from: in.rows, to: db.second, schedule: "* * * * * *" }
  third: { from: in.rows, to: db.third, after: first }
  off: { from: in.rows, to: db.off, schedule: { every: 1s }, enabled: false }
  manual: { from: in.rows, to: db.manual }
`,
    'rows.jsonl': '{"id":1}\n',
  });
  const daemon = await startDaemon(folder);
  const ends = (name: string) => (event: RunEvent) =>
    event.type === 'pipeline_finished' && event.pipeline === name && event.result.status === 'succeeded';
  for (const name of ['first', 'second', 'third']) await daemon.event(ends(name), 2);
  const { body } = await daemon.ask('/api/v1/status');
  daemon.child.kill('SIGTERM');
  await daemon.ended;
  const order = daemon.events.flatMap((event) =>
    event.type === 'pipeline_started' || event.type === 'pipeline_finished' ? [event.type] : [],
  );
  for (const [index, type] of order.entries())
    expect(type).toBe(index % 2 === 0 ? 'pipeline_started' : 'pipeline_finished');
  const [first, , third, off, manual] = body.pipelines as { nextRun?: string; status: string }[];
  expect(Math.abs(Date.parse(first?.nextRun ?? '') - Date.now())).toBeLessThan(600_000);
  expect(third?.nextRun).toBe(first?.nextRun);
  expect([off, manual]).toEqual([
    { pipeline: 'off', status: 'never_run' },
    { pipeline: 'manual', status: 'never_run' },
  ]);
  const { stdout } = await syncline(folder, ['status', '--json']);
  expect(JSON.parse(stdout)[0].nextRun).toMatch(/^\d{4}-.*Z$/);
});

describe('a config that changes', () => {
  const config = (target: string, cron: string, more = '') => `version: 1
daemon: { listen: "127.0.0.1:0" }
sources: { gate: { type: ./gate.ts, streams: { rows: go } } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
pipelines:
  one: { from: gate.rows, to: db.${target}, primary_key: id, schedule: "${cron}" }
${more}`;
  const nextHour = async (daemon: DaemonProcess) => {
    const { body } = await daemon.ask('/api/v1/status');
    return (body.pipelines as { nextRun: string }[])[0]?.nextRun.slice(11, 16);
  };

  it('is taken when it is right, and the old one stays while it is wrong', async () => {
    const folder = await folderWith({ 'gate.ts': gate, 'sync.config.yaml': config('before', '0 5 * * *') });
    const file = join(folder, 'sync.config.yaml');
    const daemon = await startDaemon(folder);
    expect(await nextHour(daemon)).toBe('05:00');

    await writeFile(file, config('before', '61 6 * * *'));
    await daemon.said('the config cannot be used, and the old one stays');
    expect(await daemon.said('invalid value for minute')).toMatchObject({
      level: 'warn',
      message: expect.stringMatching(/\[config\/schedule\] \(.*sync\.config\.yaml:6:\d+\)$/),
    });
    expect(await nextHour(daemon)).toBe('05:00');

    await writeFile(file, config('before', '0 6 * * *'));
    await daemon.said('the config was read anew');
    await daemon.said('1 pipeline with a schedule', 2);
    expect(await nextHour(daemon)).toBe('06:00');

    // As many editors do: another file takes its place.
    await writeFile(`${file}.new`, config('before', '${CRON:-0 7 * * *}'));
    await rename(`${file}.new`, file);
    await daemon.said('1 pipeline with a schedule', 3);
    expect(await nextHour(daemon)).toBe('07:00');

    await writeFile(join(folder, '.env'), 'CRON="0 8 * * *"\n');
    await daemon.said('1 pipeline with a schedule', 4);
    expect(await nextHour(daemon)).toBe('08:00');

    await rm(file);
    await daemon.said('the config cannot be used', 2);
    expect(await nextHour(daemon)).toBe('08:00');

    await mkdir(join(folder, 'more'));
    const two = '  two: { from: gate.rows, to: db.two, primary_key: id, schedule: "0 1 * * *" }\n';
    await writeFile(join(folder, 'more', 'two.yaml'), `pipelines:\n${two}`);
    await writeFile(file, config('before', '0 9 * * *', 'include: more/*.yaml\n'));
    await daemon.said('2 pipelines with a schedule');
    await writeFile(join(folder, 'more', 'two.yaml'), `pipelines:\n${two}${two.replaceAll('two', 'three')}`);
    await daemon.said('3 pipelines with a schedule');
    daemon.child.kill('SIGHUP');
    await daemon.said('3 pipelines with a schedule', 2);
  });

  it('leaves a run that is under way as it is', async () => {
    const folder = await folderWith({ 'gate.ts': gate, 'sync.config.yaml': config('before', '0 5 * * *') });
    const daemon = await startDaemon(folder);
    await daemon.run('one');
    await daemon.event(progressOf('one'));
    await writeFile(join(folder, 'sync.config.yaml'), config('later', '0 5 * * *'));
    await daemon.said('the config was read anew');
    expect((await daemon.run('one')).status).toBe(409);
    await writeFile(join(folder, 'go'), '');
    expect(await daemon.event(finished)).toMatchObject({ result: { status: 'succeeded' } });
    const tables = () =>
      query(join(folder, 'sync.db'), "SELECT name FROM sqlite_master WHERE name IN ('before', 'later')");
    expect(tables()).toEqual([['before']]);
    await rm(join(folder, 'go'));
    expect((await daemon.run('one')).status).toBe(202);
    await daemon.event((event) => event.type === 'notice' && event.message === 'table created', 2);
    daemon.child.kill('SIGTERM');
    expect(await daemon.ended).toEqual({ exitCode: 143, signal: undefined });
    expect(tables()).toHaveLength(2);
  });
});
