import { once } from 'node:events';
import { expect, it } from 'vitest';
import type { PipelineConfig } from '../../src/config/config.ts';
import { RunsUnderWay, stopWith } from '../../src/engine/cancel.ts';
import { createSlots, runInOrder } from '../../src/engine/order.ts';
import { noCounts, type PipelineResult } from '../../src/model/result.ts';
import { opened, recordRun, started, stateFile } from '../state/support.ts';

const succeeded: PipelineResult = { status: 'succeeded', ...noCounts, durationMs: 1 };
const cancelled: PipelineResult = { ...succeeded, status: 'cancelled' };

it('ends a run of its own at once, and one of another runner soon', async () => {
  const file = await stateFile();
  const [ours, theirs] = [await opened(file), await opened(file)];
  const [here, there] = [new RunsUnderWay(ours), new RunsUnderWay(theirs)];
  const stops = new Map<string, AbortController>();
  for (const id of ['01A', '01B', '01C']) {
    await ours.startRun(id, started, ['people']);
    const stop = new AbortController();
    here.begin(id, stop);
    stops.set(id, stop);
  }
  await here.cancel('01A');
  expect(stops.get('01A')?.signal).toMatchObject({ aborted: true, reason: 'cancelled' });
  const heard = once(stops.get('01B')?.signal as AbortSignal, 'abort');
  await there.cancel('01B');
  await heard;
  expect(stops.get('01B')?.signal.reason).toBe('cancelled');
  expect(stops.get('01C')?.signal.aborted).toBe(false);
});

it('refuses a run that is not known, or has ended', async () => {
  const state = await opened(await stateFile());
  const runs = new RunsUnderWay(state);
  await expect(runs.cancel('01A')).rejects.toMatchObject({ code: 'usage/unknown_run' });
  await recordRun(state, '01A', 'people');
  await expect(runs.cancel('01A')).rejects.toMatchObject({ code: 'usage/run_ended' });
});

it('looks again when the state could not be read, and fails no run for it', async () => {
  const state = await opened(await stateFile());
  let asked = 0;
  const askedToCancel = async () => {
    asked += 1;
    if (asked === 1) throw new Error('the disk is away');
    return ['01A'];
  };
  const stop = new AbortController();
  const heard = once(stop.signal, 'abort');
  const end = new RunsUnderWay({ ...state, askedToCancel }).begin('01A', stop);
  await heard;
  end();
  expect(asked).toBe(2);
});

it('is told to stop by the signal it follows, for the same reason', () => {
  const process = new AbortController();
  const { stop } = stopWith(process.signal);
  process.abort('SIGTERM');
  expect(stop.signal.reason).toBe('SIGTERM');
  expect(stopWith(process.signal).stop.signal.reason).toBe('SIGTERM');
  const forgotten = new AbortController();
  const other = stopWith(forgotten.signal);
  other.forget();
  forgotten.abort('SIGTERM');
  expect(other.stop.signal.aborted).toBe(false);
});

it('a pipeline that waits for a slot of another run waits no longer once its run is to end', async () => {
  const slots = createSlots(1);
  let free = () => {};
  const other = slots(
    () =>
      new Promise<void>((resolve) => {
        free = resolve;
      }),
  );
  const pipelines = ['one', 'two'].map(
    (name) => ({ name, after: { pipelines: [], if_upstream_fails: 'skip' } }) as unknown as PipelineConfig,
  );
  const stop = new AbortController();
  const run = () => (stop.signal.aborted ? cancelled : succeeded);
  let times = 0;
  const ended = runInOrder(pipelines, slots, stop.signal, async () => {
    times += 1;
    return run();
  });
  // Both wait by then.
  await new Promise(setImmediate);
  expect(slots.pendingCount).toBe(2);
  stop.abort('cancelled');
  expect([...(await ended).values()]).toEqual([cancelled, cancelled]);
  free();
  await other;
  await slots(async () => undefined);
  expect(times).toBe(2);
  const late = await runInOrder(pipelines, slots, stop.signal, async () => run());
  expect([...late.values()]).toEqual([cancelled, cancelled]);
});
