/** `examples/view-counter` on the built daemon, asked through its API, its database read by another process meanwhile. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import type { LiveStanding } from '../../../src/daemon/api/control.ts';
import type { RunEvent } from '../../../src/engine/events.ts';
import { edit, root } from '../../e2e/cli.ts';
import { type DaemonProcess, startDaemon } from '../../e2e/daemon-process.ts';
import { startViews } from './world.ts';

const halfAnHour = 30 * 60_000;
/** So many accounts take many commits. */
const many = 20_000;

const started = ({ type }: RunEvent) => type === 'run_started';
const finished = ({ type }: RunEvent) => type === 'run_finished';

interface Status {
  readonly totals: { readonly [word: string]: number };
  readonly pipelines: readonly LiveStanding[];
}

async function statusOf(daemon: DaemonProcess): Promise<Status> {
  return (await daemon.ask('/api/v1/status')).body as unknown as Status;
}

/** Starts a run and waits for its end: all that is told of it. */
async function ran(daemon: DaemonProcess, body: object) {
  const { status, body: answer } = await daemon.ask('/api/v1/runs', 'POST', { body });
  expect(status).toBe(202);
  const runId = String(answer.runId);
  await daemon.event((event) => event.type === 'run_finished' && event.result.runId === runId);
  return (await daemon.ask(`/api/v1/runs/${runId}`)).body;
}

/** What the other process runs: it waits for no lock, so that one in its way is an error. */
const reader = `
import { setImmediate } from 'node:timers/promises';
import Database from 'libsql';
const accounts = new Database(process.argv[1], { readonly: true, timeout: 0 })
  .prepare('SELECT count(*), sum(views) FROM accounts')
  .raw();
let ends = false;
process.stdin.on('end', () => { ends = true; }).resume();
const seen = new Set();
let longest = 0;
for (let reads = 0; ; reads++) {
  const isLast = ends;
  const began = performance.now();
  seen.add(accounts.all()[0][0]);
  longest = Math.max(longest, performance.now() - began);
  if (reads === 0) console.log('reads');
  if (isLast) break;
  await setImmediate();
}
console.log(JSON.stringify({ longest, seen: [...seen] }));
`;

it('runs by its schedule, and for all projects or one when it is told to, and tells how each stands', async () => {
  const { folder, server, parse, accounts } = await startViews();
  const followers = () => accounts().map((row) => (row as unknown[])[2]);
  server.type('alpha', 'A2', 'https://a.com/ann');
  server.type('alpha', 'B2', '50');
  server.type('beta', 'A2', 'https://a.com/dee');
  parse('https://a.com/ann', 40);
  parse('https://a.com/dee', 7, 'beta');
  const daemon = await startDaemon(folder);
  const { pipelines, totals } = await statusOf(daemon);
  expect(totals).toEqual({ idle: 0, running: 0, failed: 0, never_run: 5, paused: 0 });
  for (const { nextRun = '' } of pipelines) {
    expect(Date.parse(nextRun) % halfAnHour).toBe(0);
    expect(Date.parse(nextRun) - Date.now()).toBeLessThanOrEqual(halfAnHour);
  }
  // So that the half hour does not strike in between.
  expect((await daemon.ask('/api/v1/pipelines/typed/pause', 'POST')).status).toBe(200);

  expect(await ran(daemon, {})).toMatchObject({
    status: 'succeeded',
    pipelines: {
      typed: { inserted: 2, partitions: { 'project=alpha': { inserted: 1 }, 'project=beta': {} } },
      parsed: { updated: 2 },
      snapshots: { inserted: 2 },
      alpha_sheet: { updated: 1 },
      beta_sheet: { updated: 1 },
    },
  });
  expect(followers()).toEqual([50, 7]);

  parse('https://a.com/ann', 60);
  server.type('beta', 'B2', '70');
  const one = await ran(daemon, { pipelines: ['typed', 'parsed'], partition: { project: 'alpha' } });
  expect(one).toMatchObject({
    status: 'succeeded',
    pipelines: { parsed: { updated: 1, partitions: { 'project=alpha': { updated: 1 } } } },
  });
  expect(JSON.stringify(one)).not.toContain('beta');
  expect(followers()).toEqual([60, 7]);

  // The first request is for the sheet of alpha.
  server.fail('GET', 403);
  const failed = await ran(daemon, { pipelines: ['typed'] });
  expect(failed).toMatchObject({ status: 'failed' });
  expect((await daemon.ask('/api/v1/pipelines/typed/resume', 'POST')).status).toBe(200);
  const standing = await statusOf(daemon);
  expect(standing.totals).toEqual({ idle: 4, running: 0, failed: 1, never_run: 0, paused: 0 });
  expect(standing.pipelines[0]).toMatchObject({
    pipeline: 'typed',
    status: 'failed',
    partitions: {
      'project=alpha': { status: 'failed', lastSuccess: { runId: one.runId } },
      'project=beta': { status: 'idle', lastRun: { runId: failed.runId, status: 'succeeded' } },
    },
  });
  expect(followers()).toEqual([60, 70]);

  // Nobody waits for half an hour here: a second does as well.
  server.type('alpha', 'B2', '80');
  const path = join(folder, 'sync.config.yaml');
  const own = await readFile(path, 'utf8');
  await writeFile(path, own.replace('schedule: { every: 30m }', 'schedule: { every: 1s }'));
  await daemon.said('the config was read anew');
  await daemon.event(finished, daemon.events.filter(finished).length + 2);
  expect(daemon.events.findLast(started)).toMatchObject({
    pipelines: ['typed', 'parsed', 'snapshots', 'alpha_sheet', 'beta_sheet'],
  });
  daemon.child.kill('SIGTERM');
  expect(await daemon.ended).toMatchObject({ exitCode: 143 });
  expect(followers()).toEqual([80, 70]);
});

it('lets another process read the accounts over and over while it writes them', async () => {
  const { folder, parse, run, views } = await startViews();
  parse('https://a.com/ann', 1);
  await run(['parsed']);
  edit(
    join(folder, 'parsed.db'),
    `WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ${many})
     INSERT INTO accounts SELECT 'https://b.com/' || id, 1, 1, 1, 1, 1, 'tiktok', 'alpha' FROM n`,
  );
  const reading = execa(process.execPath, ['--input-type=module', '--eval', reader, views], {
    cwd: root,
    reject: false,
  });
  onTestFinished(() => void reading.kill('SIGKILL'));
  await new Promise((resolve) => reading.stdout.once('data', resolve));
  expect((await run(['parsed'])).pipelines.parsed).toMatchObject({ inserted: many });
  reading.stdin.end();
  const { exitCode, stdout, stderr } = await reading;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const { longest, seen } = JSON.parse(stdout.split('\n')[1] ?? '') as { longest: number; seen: number[] };
  // Before, batch after batch, and after.
  expect([seen[0], seen.at(-1)]).toEqual([1, 1 + many]);
  expect(seen.length).toBeGreaterThan(2);
  expect(longest).toBeLessThan(5_000);
});
