import { expect, it } from 'vitest';
import { noCounts, type PipelineResult } from '../../src/model/result.ts';
import { lookOf } from '../../src/tui/look.ts';
import { summary } from '../../src/tui/summary.ts';

const look = (locale: string) =>
  lookOf('never', { environment: { LANG: locale }, terminal: false, platform: 'linux' });

function told(pipelines: { readonly [name: string]: Partial<PipelineResult> }, locale = 'C.UTF-8') {
  const at = '2024-01-01T00:00:00.000Z';
  const ended = Object.entries(pipelines).map(([name, result]): [string, PipelineResult] => [
    name,
    { ...noCounts, status: 'succeeded', durationMs: 0, ...result },
  ]);
  const run = { runId: 'run-1', status: 'busy', exitCode: 5, startedAt: at, finishedAt: at } as const;
  return summary({ ...run, pipelines: Object.fromEntries(ended) }, look(locale)).split('\n');
}

it('tells pipelines that did not run apart, with the reason', () => {
  const error = { code: 'lease/busy', message: 'run 7 holds it', hint: 'Wait for it.' };
  const lines = told({
    a: { status: 'busy', error },
    b: { status: 'skipped', reason: 'fresh' },
    c: { status: 'interrupted' },
  });
  expect(lines[0]).toMatch(/^… a /);
  expect(lines[1]).toBe('    run 7 holds it  [lease/busy]');
  expect(lines[3]).toMatch(/^○ b .* fresh$/);
  expect(lines[4]).toMatch(/^■ c /);
  expect(lines[5]).toMatch(/^1 interrupted, 1 busy, 1 skipped in .* exit 5$/);
});

it('does so in ASCII too', () => {
  const lines = told({ a: { status: 'busy' }, b: { status: 'skipped' } }, 'C');
  expect(lines.slice(0, 2).map((line) => line.slice(0, 4))).toEqual([' . a', ' o b']);
});

it('tells what was asked of a server, and when one that had enough may be asked again', () => {
  const calls = { pages: 43, requests: 45, retries: 2, waitedMs: 12_000 };
  const error = { code: 'http/rate_limited', message: 'it asks for an hour' };
  const lines = told({
    a: { calls, stopped: 'no next page' },
    b: { calls: { pages: 1, requests: 1, retries: 0, waitedMs: 0 } },
    c: { status: 'rate_limited', resumeAt: '2024-01-01T01:00:00.000Z', error },
  });
  expect(lines[1]).toBe('    43 pages, 45 requests, 2 tried again, waited 12.0 s, ended: no next page');
  expect(lines[3]).toBe('    1 page, 1 request');
  expect(lines[4]).toMatch(/^◷ c .*run it again after 2024-01-01T01:00:00\.000Z$/);
  expect(lines[6]).toMatch(/^2 succeeded, 1 rate limited in/);
});
