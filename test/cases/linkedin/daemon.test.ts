/** `examples/linkedin-ads` on the built daemon, asked and listened to through its API. */

import { expect, it } from 'vitest';
import type { LiveStanding } from '../../../src/daemon/api/control.ts';
import type { NumberedEvent } from '../../../src/daemon/live-run.ts';
import type { RunEvent } from '../../../src/engine/events.ts';
import type { PipelineResult } from '../../../src/model/result.ts';
import { type DaemonProcess, startDaemon } from '../../e2e/daemon-process.ts';
import type { LinkedIn } from './fake.ts';
import { adCampaign, creative } from './records.ts';
import { analyticsRoute, creativesRoute, filled, started } from './world.ts';

/** More than two pages of them, without a post; `filled` has 27 more. */
const bulk = 2500;

const endOf = (run: string) => (event: RunEvent) =>
  event.type === 'run_finished' && event.result.runId === run;

interface Kept {
  readonly status: string;
  readonly pipelines: { readonly [name: string]: PipelineResult };
}

/** Starts a run through that route; its id. */
async function begin(daemon: DaemonProcess, path: string): Promise<string> {
  const { status, body } = await daemon.ask(path, 'POST');
  expect(status).toBe(202);
  return String(body.runId);
}

async function kept(daemon: DaemonProcess, run: string): Promise<Kept> {
  return (await daemon.ask(`/api/v1/runs/${run}`)).body as unknown as Kept;
}

/** What a run tells, as it comes; after an event where the client has that one already. */
async function* eventsOf(daemon: DaemonProcess, run: string, after?: number): AsyncGenerator<NumberedEvent> {
  const headers: { [name: string]: string } = after === undefined ? {} : { 'last-event-id': String(after) };
  const { body, status } = await daemon.fetched(`/api/v1/runs/${run}/events`, 'GET', { headers });
  expect(status).toBe(200);
  let rest = '';
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = `${rest}${chunk}`.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, id, data = ''] = /^id: (\d+)\nevent: \w+\ndata: (.*)$/.exec(block) ?? [];
      if (id !== undefined) yield { id: Number(id), event: JSON.parse(data) as RunEvent };
    }
  }
}

async function replayed(daemon: DaemonProcess, run: string, after?: number): Promise<NumberedEvent[]> {
  const events: NumberedEvent[] = [];
  for await (const event of eventsOf(daemon, run, after)) events.push(event);
  return events;
}

it('tells how it goes while it runs and after, refuses a second start, and outlives a daemon that is killed', async () => {
  const linkedIn = await filled();
  const campaign = adCampaign(1, 1);
  const more = Array.from({ length: bulk }, (_, n) => creative(campaign, 1001 + n, { content: {} }));
  linkedIn.creatives.add(...more);
  const { folder, files, rows } = await started(linkedIn);
  const first = await startDaemon(folder);
  const accounts = await begin(first, '/api/v1/pipelines/accounts/run');
  await first.event(endOf(accounts));
  const result = await kept(first, accounts);
  expect(result).toMatchObject({ status: 'succeeded', pipelines: { accounts: { read: 2 } } });
  const told = await replayed(first, accounts);

  // The third page never comes.
  let pages = 0;
  const third = new Promise<void>((resolve) => {
    linkedIn.fail(creativesRoute, ({ request, answer, send }) => {
      if (request.url?.includes('pageToken=')) pages += 1;
      if (pages === 2) resolve();
      else send(answer());
    });
  });
  const killed = await begin(first, '/api/v1/pipelines/creatives/run');
  await third;
  await first.said('db.creatives: table created');
  first.child.kill('SIGKILL');
  await first.ended;
  linkedIn.mend();

  const second = await startDaemon(folder);
  const committed = Number((await rows('SELECT count(*) FROM creatives'))[0]?.[0]);
  expect(committed).toBeGreaterThan(0);
  expect(files()).toEqual(['accounts.json']);
  expect(await kept(second, accounts)).toEqual(result);
  expect(await replayed(second, accounts)).toEqual(told);
  expect(await replayed(second, accounts, told[0]?.id)).toEqual(told.slice(1));
  expect(await kept(second, killed)).toMatchObject({
    status: 'interrupted',
    pipelines: { creatives: { status: 'interrupted' } },
  });
  const run = await expectLive(second, linkedIn);
  const { pipelines } = await kept(second, run);
  // Young enough, and where the killed run was.
  expect(pipelines).toMatchObject({
    accounts: { status: 'skipped', reason: 'its last success is fresh enough' },
    creatives: { targets: { 'db.creatives': { read: bulk + 27 - committed } } },
  });
  expect(await rows('SELECT count(*), count(DISTINCT id) FROM creatives')).toEqual([
    [String(bulk + 27), String(bulk + 27)],
  ]);

  const asked = linkedIn.log.length;
  const again = await begin(second, '/api/v1/runs');
  await second.event(endOf(again));
  const skipped = Object.values((await kept(second, again)).pipelines);
  expect(skipped.map(({ status, reason }) => [status, reason])).toEqual(
    Array(7).fill(['skipped', 'its last success is fresh enough']),
  );
  expect(linkedIn.log).toHaveLength(asked);
});

/** A run of everything, watched while LinkedIn takes its time over the analytics, and once it has ended. */
async function expectLive(daemon: DaemonProcess, linkedIn: LinkedIn): Promise<string> {
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const kinds = new Set<string | undefined>();
  const sideBySide = new Promise<void>((resolve) => {
    linkedIn.fail(analyticsRoute, (exchange) => {
      kinds.add(/pivot=(CAMPAIGN|CREATIVE|MEMBER)/.exec(exchange.request.url ?? '')?.[1]);
      if (kinds.size === 3) resolve();
      void answered.then(() => exchange.send(exchange.answer()));
    });
  });
  const run = await begin(daemon, '/api/v1/runs');
  const seen: NumberedEvent[] = [];
  for await (const numbered of eventsOf(daemon, run)) {
    seen.push(numbered);
    const { event } = numbered;
    if (event.type === 'pipeline_finished' && event.pipeline === 'creatives') break;
  }
  const last = seen.at(-1)?.id ?? 0;
  expect(seen.map(({ event }) => event)).toContainEqual(
    expect.objectContaining({
      type: 'progress',
      pipeline: 'creatives',
      step: 3,
      steps: 7,
      detail: expect.stringContaining('/creatives'),
      counts: expect.objectContaining({ inserted: expect.any(Number) }),
    }),
  );
  await sideBySide;
  expect(await daemon.run('demographics')).toMatchObject({
    status: 409,
    body: { error: { code: 'lease/held' } },
  });
  const { body } = await daemon.ask('/api/v1/status');
  const words = (body.pipelines as LiveStanding[]).map(({ pipeline, status }) => [pipeline, status]);
  expect(Object.fromEntries(words)).toMatchObject({
    campaigns: 'idle',
    creatives: 'idle',
    campaign_daily_metrics: 'running',
    creative_daily_metrics: 'running',
    demographics: 'running',
  });

  answer();
  await daemon.event(endOf(run));
  const rest = await replayed(daemon, run, last);
  expect(rest.every(({ id }) => id > last)).toBe(true);
  expect(rest.at(-1)?.event).toMatchObject({ type: 'run_finished', result: { status: 'succeeded' } });
  const ends = (await replayed(daemon, run)).flatMap(({ event }) =>
    event.type === 'pipeline_finished' ? [event.pipeline] : [],
  );
  expect(ends.slice(0, 3)).toEqual(['accounts', 'campaigns', 'creatives']);
  expect(ends).toHaveLength(7);
  return run;
}
