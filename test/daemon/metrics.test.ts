import { expect, it } from 'vitest';
import { Metrics } from '../../src/daemon/metrics.ts';
import type { PipelineStanding } from '../../src/engine/standing.ts';
import { parseExposition } from '../e2e/exposition.ts';
import { ended } from '../state/support.ts';

it('a state that cannot be read leaves out what only it knows, until it can be', async () => {
  let standing: PipelineStanding[] | undefined = [{ pipeline: 'people', status: 'idle', skipped: 3 }];
  const metrics = new Metrics({
    version: '1.2.3',
    active: () => false,
    standings: async () => standing ?? Promise.reject(new Error('no such disk')),
  });
  metrics.emit({ type: 'pipeline_finished', at: '', pipeline: 'people', result: ended('busy') });
  const skipped = async () =>
    parseExposition(await metrics.text()).value('syncline_occurrences_skipped_total', { pipeline: 'people' });
  expect(await skipped()).toBe(3);
  // Counted in the state, not here.
  expect(await skipped()).toBe(3);
  standing = undefined;
  const blind = parseExposition(await metrics.text());
  expect(blind.value('syncline_state_readable')).toBe(0);
  expect(blind.value('syncline_scheduler_active')).toBe(0);
  expect(blind.value('syncline_runs_total', { pipeline: 'people', outcome: 'busy' })).toBe(1);
  expect(blind.value('syncline_run_duration_seconds_count', { pipeline: 'people' })).toBeUndefined();
  expect(blind.series.filter(({ name }) => name === 'syncline_occurrences_skipped_total')).toEqual([]);
  standing = [{ pipeline: 'people', status: 'running', running: { runId: 'R1', since: '' } }];
  const again = parseExposition(await metrics.text());
  expect(again.value('syncline_lease_held', { pipeline: 'people' })).toBe(1);
});
