/** `examples/google-contacts` on the built daemon, asked through its API. */

import { expect, it } from 'vitest';
import type { RunEvent } from '../../../src/engine/events.ts';
import type { Statistics } from '../../../src/engine/statistics.ts';
import { syncline } from '../../e2e/cli.ts';
import { startDaemon } from '../../e2e/daemon-process.ts';
import { failing } from '../../kit/fake-api.ts';
import { person } from './contacts.ts';
import { startGoogle } from './fake.ts';
import { all, gate, json, listener, route, rows, started, statesOf } from './world.ts';

interface Kept {
  readonly runId: string;
  readonly status: string;
}

const endOf = (run: unknown) => (event: RunEvent) =>
  event.type === 'run_finished' && event.result.runId === run;

it('refuses a second start, is cancelled within a page, and tells states, statistics and history', async () => {
  const google = await startGoogle();
  google.contacts.add(...all(2500).map((n) => person(n)));
  const folder = await started(google);
  const daemon = await startDaemon(folder);
  const status = async () => {
    const { totals, pipelines } = (await daemon.ask('/api/v1/status')).body;
    const words = (pipelines as { pipeline: string; status: string }[]).map((one) => [
      one.pipeline,
      one.status,
    ]);
    const states = Object.fromEntries(words);
    // The command line says the same.
    expect(await statesOf(folder)).toEqual(states);
    return { totals, states };
  };
  const ran = async (name: string) => {
    const { body } = await daemon.run(name);
    await daemon.event(endOf(body.runId));
    return (await daemon.ask(`/api/v1/runs/${body.runId}`)).body;
  };
  const runs = async () => (await daemon.ask('/api/v1/runs')).body.runs as Kept[];
  expect(await status()).toEqual({
    totals: { idle: 0, running: 0, failed: 0, never_run: 2, paused: 0 },
    states: { contacts: 'never_run', phone_numbers: 'never_run' },
  });

  // The second page comes once the run has ended without it.
  const [page, send] = gate();
  google.before(route, () => page, 2);
  const both = await Promise.all([daemon.run('contacts'), daemon.run('contacts')]);
  expect(both.map(({ status }) => status).sort()).toEqual([202, 409]);
  expect(both.find(({ status }) => status === 409)?.body).toMatchObject({ error: { code: 'lease/held' } });
  const runId = both.find(({ status }) => status === 202)?.body.runId;
  await daemon.event(({ type }) => type === 'progress');
  expect(await syncline(folder, ['run', 'contacts', '--quiet'])).toMatchObject({ code: 5 });
  expect(await status()).toMatchObject({
    totals: { running: 1, never_run: 1 },
    states: { contacts: 'running', phone_numbers: 'never_run' },
  });
  expect((await daemon.ask(`/api/v1/runs/${runId}/cancel`, 'POST')).status).toBe(202);
  expect(await daemon.event(endOf(runId))).toMatchObject({ result: { status: 'cancelled' } });
  send();
  expect(rows(folder, 'SELECT count(*) FROM contacts')).toEqual([[1000]]);

  const asked = listener(google);
  asked();
  expect(await ran('contacts')).toMatchObject({
    status: 'succeeded',
    pipelines: { contacts: { read: 1500, inserted: 1500 } },
  });
  expect(asked().filter(({ status }) => status === 200)).toHaveLength(2);
  expect(rows(folder, 'SELECT count(*), count(DISTINCT resource_name) FROM contacts')).toEqual([
    [2500, 2500],
  ]);
  expect((await status()).states).toEqual({ contacts: 'idle', phone_numbers: 'never_run' });

  google.contacts.remove('people/c5');
  expect(await ran('contacts')).toMatchObject({ pipelines: { contacts: { deleted: 1 } } });
  google.fail(route, failing(403));
  expect(await ran('contacts')).toMatchObject({ status: 'failed' });
  expect((await daemon.ask('/api/v1/pipelines/phone_numbers/pause', 'POST')).status).toBe(200);
  expect(await status()).toEqual({
    totals: { idle: 0, running: 0, failed: 1, never_run: 0, paused: 1 },
    states: { contacts: 'failed', phone_numbers: 'paused' },
  });

  const { body } = await daemon.ask('/api/v1/statistics');
  expect(body).toEqual(await json<Statistics>(folder, 'stats'));
  expect(body).toMatchObject({
    targets: [
      { target: 'contacts', total: 2500, active: 2499, deleted: 1 },
      { target: 'phone_numbers', total: 0, active: 0, deleted: 0 },
    ],
    runs: { succeeded: 2, cancelled: 1, failed: 1, busy: 1 },
    pipelines: [
      {
        lastSuccess: { status: 'succeeded' },
        lastError: { message: expect.stringContaining('403') },
        checkpoint: { kind: 'sync_token', held: true },
      },
      { checkpoint: { held: false } },
    ],
  });

  const before = await runs();
  expect(before.map(({ status }) => status)).toEqual([
    'failed',
    'succeeded',
    'succeeded',
    'busy',
    'cancelled',
  ]);
  expect(await daemon.ask('/api/v1/runs?keep_latest=true', 'DELETE')).toMatchObject({
    status: 200,
    body: { cleared: 3 },
  });
  // The latest stays, and the latest that went well.
  expect(await runs()).toEqual(before.slice(0, 2));
  expect(await json<Kept[]>(folder, 'runs')).toMatchObject(before.slice(0, 2));
});
