import { expect, it } from 'vitest';
import { openState } from '../../src/state/state.ts';
import { opened, recordRun, started, stateFile } from './support.ts';

it('a pause is remembered from its beginning until it ends', async () => {
  const file = await stateFile();
  const first = await openState(file);
  await first.pause('people');
  const since = (await first.paused()).get('people');
  await first.pause('people');
  await first.pause('orders');
  await first.resume('orders');
  await first.resume('nobody');
  await first.close();
  const again = await opened(file);
  expect([...(await again.paused())]).toEqual([['people', since]]);
});

it('a request is remembered with the run it started, or neither is', async () => {
  const state = await opened(await stateFile());
  await state.startRun('01A', started, ['people'], { key: 'monday', text: 'all' });
  expect(await state.requested('monday')).toEqual({ runId: '01A', text: 'all' });
  expect(await state.requested('tuesday')).toBeUndefined();
  await expect(state.startRun('01B', started, ['people'], { key: 'monday', text: 'all' })).rejects.toThrow();
  expect(await state.run('01B')).toBeUndefined();
});

it('what a run told is kept as long as the run is', async () => {
  const state = await opened(await stateFile());
  for (const id of ['01A', '01B', '01C']) {
    await recordRun(state, id, 'people', { startedAt: started });
    await state.keepEvents(id, `["${id}"]`);
  }
  await state.keepEvents('01Z', '[]');
  expect(await state.keptEvents('01Z')).toBeUndefined();
  expect(await state.keptEvents('01A')).toBe('["01A"]');
  await state.forgetRuns({ keep: 1e12, keep_runs: 2 });
  expect([await state.keptEvents('01A'), await state.keptEvents('01B')]).toEqual([undefined, '["01B"]']);
  await state.clearHistory({ type: 'all' });
  expect(await state.keptEvents('01C')).toBeUndefined();
});

it('a pipeline goes on where its last read of what is new ended, whatever came after', async () => {
  const state = await opened(await stateFile());
  const run = async (id: string, extent: 'new' | 'part', result: object) => {
    const full = await recordRun(state, id, 'people');
    await state.finishPipeline(
      id,
      'people',
      { ...Object.values(full.pipelines)[0], ...result } as never,
      extent,
    );
  };
  const parts = (to: string) => ({ partitions: { a: { status: 'succeeded', cursor: { to } } } });
  await run('01A', 'new', { cursor: { to: '7' }, ...parts('3') });
  await run('01B', 'part', { cursor: { to: '9' }, ...parts('5') });
  await run('01C', 'new', { status: 'failed' });
  await run('01D', 'new', { status: 'busy', cursor: { to: '10' } });
  expect(await state.status()).toMatchObject([
    {
      status: 'failed',
      cursor: '7',
      lastRun: { runId: '01C' },
      lastSuccess: { runId: '01B' },
      partitions: { a: { status: 'idle', cursor: '3', lastRun: { runId: '01B' } } },
    },
  ]);
  await state.markUndone('01A');
  expect((await state.status())[0]).not.toHaveProperty('cursor');
});
