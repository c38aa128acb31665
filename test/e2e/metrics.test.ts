import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunEvent } from '../../src/engine/events.ts';
import { startApi } from '../plugins/http/support.ts';
import { folderWith } from './cli.ts';
import { type DaemonProcess, startDaemon } from './daemon-process.ts';
import { parseExposition } from './exposition.ts';

const ended = (event: RunEvent) => event.type === 'run_finished';

async function scrape(daemon: DaemonProcess) {
  const answer = await daemon.fetched('/metrics');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parseExposition(await answer.text());
}

const config = (url: string, pipelines: string) => `version: 1
daemon: { listen: "127.0.0.1:0" }
sources:
  crm: { type: http, base_url: "${url}", retry: { initial: 10ms }, streams: { people: { path: /people, records: $, primary_key: id } } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
pipelines:
${pipelines}`;
const people =
  '  people: { from: crm.people, to: db.people, checks: { age: { minimum: 0 } }, rejects: { max: 1 } }\n';
const gone = '  gone: { from: crm.people, to: db.gone, schedule: "0 5 1 1 *", enabled: true }\n';

it('the daemon tells Prometheus what its runs did, in its format, to those who have the token', async () => {
  let asked = 0;
  const { url } = await startApi(() => {
    asked += 1;
    if (asked === 1) return { status: 503, headers: { 'retry-after': '0.02' } };
    return {
      body: [
        { id: 1, age: 7 },
        { id: 2, age: -1 },
      ],
    };
  });
  const folder = await folderWith({ 'sync.config.yaml': config(url, people + gone) });
  const daemon = await startDaemon(folder);
  expect((await fetch(`${daemon.url}/metrics`)).status).toBe(401);
  expect((await fetch(`${daemon.url}/metrics?token=any`)).status).toBe(401);

  const before = await scrape(daemon);
  expect(before.value('syncline_scheduler_active')).toBe(1);
  expect(before.value('syncline_build_info', { version: '0.1.0', node: process.version })).toBe(1);
  expect(before.value('syncline_next_run_timestamp_seconds', { pipeline: 'gone' })).toBeGreaterThan(1e9);
  expect(before.value('syncline_last_success_timestamp_seconds', { pipeline: 'people' })).toBeUndefined();

  await daemon.run('people');
  await daemon.event(ended);
  const after = await scrape(daemon);
  const people1 = { pipeline: 'people' };
  expect(after.value('syncline_runs_total', { ...people1, outcome: 'partial' })).toBe(1);
  for (const [kind, number] of Object.entries({ read: 2, inserted: 1, rejected: 1, updated: 0 }))
    expect({ kind, number: after.value('syncline_rows_total', { ...people1, kind }) }).toEqual({
      kind,
      number,
    });
  expect(after.value('syncline_http_requests_total', people1)).toBe(2);
  expect(after.value('syncline_http_retries_total', people1)).toBe(1);
  expect(
    after.value('syncline_wait_seconds_total', { plugin: 'source crm', reason: 'told' }),
  ).toBeGreaterThan(0);
  expect(after.value('syncline_run_duration_seconds_count', people1)).toBe(1);
  expect(after.value('syncline_run_duration_seconds_bucket', { ...people1, le: '+Inf' })).toBe(1);
  expect(after.value('syncline_last_success_timestamp_seconds', people1)).toBeGreaterThan(1e9);
  expect(after.value('syncline_lag_seconds', people1)).toBeGreaterThanOrEqual(0);
  expect(after.value('syncline_lease_held', people1)).toBe(0);
  for (const name of ['process_open_fds', 'nodejs_heap_size_used_bytes', 'nodejs_eventloop_lag_p99_seconds'])
    expect({ name, value: after.value(name) }).toEqual({ name, value: expect.any(Number) });

  await daemon.run('people');
  await daemon.event(ended, 2);
  const later = await scrape(daemon);
  expect(later.value('syncline_rows_total', { ...people1, kind: 'read' })).toBe(4);
  for (const { name, labels, value } of after.series)
    if (
      later.types.get(name.replace(/_(bucket|sum|count)$/, '')) !== 'gauge' &&
      /_(total|bucket|count)$/.test(name)
    )
      expect({ name, labels, grew: (later.value(name, labels) ?? 0) >= value }).toMatchObject({ grew: true });

  await writeFile(join(folder, 'sync.config.yaml'), config(url, people));
  await daemon.said('the config was read anew');
  const without = await scrape(daemon);
  expect(without.series.filter(({ labels }) => labels.pipeline === 'gone')).toEqual([]);
  expect(without.value('syncline_rows_total', { ...people1, kind: 'read' })).toBe(4);
});
