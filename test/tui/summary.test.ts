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
