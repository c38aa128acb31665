import { expect, it } from 'vitest';
import type { State } from '../../src/state/state.ts';
import { ended, opened, recordRun, started, stateFile } from './support.ts';

const reject = { record: {}, after: 0, code: 'row/type', reason: 'it does not fit' } as const;
const addReject = (state: State, run: string) =>
  state.addRejects({ run, pipeline: 'people', part: 'p', checkpoint: 'people', batch: 1 }, [reject]);
const day = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * day).toISOString();

it('tells runs newest first, by pipeline, by status, and no more than asked for', async () => {
  const state = await opened(await stateFile());
  await recordRun(state, '01A', 'people');
  await recordRun(state, '01B', 'orders', { status: 'failed' });
  await recordRun(state, '01C', 'people', { status: 'partial' });
  await state.startRun('01D', started, ['people', 'orders']);
  const ids = async (filter: Parameters<typeof state.runs>[0]) =>
    (await state.runs(filter)).map(({ runId }) => runId);
  expect(await ids({ limit: 10 })).toEqual(['01D', '01C', '01B', '01A']);
  expect(await ids({ limit: 2 })).toEqual(['01D', '01C']);
  expect(await ids({ limit: 10, pipeline: 'orders' })).toEqual(['01D', '01B']);
  expect(await ids({ limit: 10, status: 'failed' })).toEqual(['01B']);
  expect(await ids({ limit: 10, status: 'running' })).toEqual(['01D']);
});

it('tells what each pipeline of a run did, in the order of the run, null until it has ended', async () => {
  const state = await opened(await stateFile());
  await state.startRun('01A', started, ['people', 'events']);
  await state.finishPipeline('01A', 'people', { ...ended('partial'), read: 7, rejected: 1 });
  const run = await state.run('01A');
  expect(Object.entries(run?.pipelines ?? {})).toEqual([
    ['people', { ...ended('partial'), read: 7, rejected: 1 }],
    ['events', null],
  ]);
  expect(await state.run('01Z')).toBeUndefined();
});

it('tells how each pipeline stands', async () => {
  const state = await opened(await stateFile());
  await recordRun(state, '01A', 'people');
  await recordRun(state, '01B', 'people', { status: 'failed' });
  await recordRun(state, '01C', 'people', { status: 'busy' });
  await recordRun(state, '01D', 'orders', { status: 'cancelled' });
  await state.startRun('01E', started, ['events']);
  await state.acquire('events', '01E', 0);
  expect(await state.status()).toMatchObject([
    { pipeline: 'events', status: 'running', running: { runId: '01E' } },
    { pipeline: 'orders', status: 'idle', lastRun: { runId: '01D', status: 'cancelled' } },
    { pipeline: 'people', status: 'failed', lastRun: { runId: '01B' }, lastSuccess: { runId: '01A' } },
  ]);
});

it('knows when a pipeline last read what is new, and when all there is', async () => {
  const state = await opened(await stateFile());
  await state.startRun('01A', started, ['people', 'orders', 'events']);
  await state.finishPipeline('01A', 'people', ended('succeeded'));
  await state.finishPipeline('01A', 'orders', ended('succeeded'), 'whole');
  await state.finishPipeline('01A', 'events', ended('succeeded'), 'part');
  expect(await state.lastSuccess('people', false)).toBeDefined();
  expect(await state.lastSuccess('people', true)).toBeUndefined();
  expect(await state.lastSuccess('orders', false)).toBe(await state.lastSuccess('orders', true));
  expect(await state.lastSuccess('events', false)).toBeUndefined();
});

it('leaves the runs of living processes alone', async () => {
  const file = await stateFile();
  const [first, second] = [await opened(file), await opened(file)];
  await first.startRun('01A', started, ['people']);
  expect(await second.markInterrupted()).toEqual([]);
});

it('clears ended runs with their rejects, and never a running one', async () => {
  const state = await opened(await stateFile());
  await recordRun(state, '01A', 'people', { startedAt: daysAgo(40) });
  await recordRun(state, '01B', 'people', { startedAt: daysAgo(20) });
  await recordRun(state, '01C', 'orders');
  await state.startRun('01D', daysAgo(50), ['people']);
  for (const run of ['01A', '01B', '01C', '01D']) await addReject(state, run);
  expect(await state.clearHistory({ type: 'older_than', milliseconds: 30 * day })).toBe(1);
  expect((await state.runs({ limit: 9 })).map(({ runId }) => runId)).toEqual(['01D', '01C', '01B']);
  expect(await state.rejects({ run: '01A' }, 9)).toEqual([]);
  expect(await state.clearHistory({ type: 'keep_latest' })).toBe(0);
  expect(await state.clearHistory({ type: 'all' })).toBe(2);
  expect((await state.runs({ limit: 9 })).map(({ runId }) => runId)).toEqual(['01D']);
  expect((await state.rejects({}, 9)).map(({ run }) => run)).toEqual(['01D']);
});

it('keeps the latest run of each pipeline, and its latest success', async () => {
  const state = await opened(await stateFile());
  await recordRun(state, '01A', 'people');
  await recordRun(state, '01B', 'people');
  await recordRun(state, '01C', 'people', { status: 'failed' });
  await recordRun(state, '01D', 'people', { status: 'failed' });
  await state.clearHistory({ type: 'keep_latest' });
  expect((await state.runs({ limit: 9 })).map(({ runId }) => runId)).toEqual(['01D', '01B']);
});

const ids = async (state: State) => (await state.runs({ limit: 5000 })).map(({ runId }) => runId);

it('forgets what is too old, but for the latest of each pipeline and what is under way', async () => {
  const state = await opened(await stateFile());
  await state.startRun('019', daysAgo(99), ['people']);
  await recordRun(state, '01A', 'people', { startedAt: daysAgo(95) });
  await recordRun(state, '01B', 'people', { startedAt: daysAgo(94) });
  await recordRun(state, '01C', 'yearly', { startedAt: daysAgo(93) });
  await state.forgetRuns({ keep: 90 * day, keep_runs: 1000 });
  expect(await ids(state)).toEqual(['01C', '01B', '019']);
});

it('forgets what is beyond the number of runs, but for the latest of each pipeline', async () => {
  const state = await opened(await stateFile());
  for (const run of ['01A', '01B', '01C', '01D']) await recordRun(state, run, 'people');
  await recordRun(state, '019', 'yearly');
  await state.forgetRuns({ keep: 90 * day, keep_runs: 2 });
  expect(await ids(state)).toEqual(['01D', '01C', '019']);
});

it('keeps rejects when it forgets their run; clearing the history takes them too', async () => {
  const state = await opened(await stateFile());
  for (const run of ['01A', '01B']) await recordRun(state, run, 'people');
  await addReject(state, '01A');
  await state.forgetRuns({ keep: 90 * day, keep_runs: 1 });
  expect(await ids(state)).toEqual(['01B']);
  expect(await state.rejects({}, 9)).toHaveLength(1);
  await state.clearHistory({ type: 'older_than', milliseconds: day });
  expect(await state.rejects({}, 9)).toHaveLength(1);
  await state.clearHistory({ type: 'keep_latest' });
  expect(await state.rejects({}, 9)).toEqual([]);
});
