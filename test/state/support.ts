import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { noCounts, type Outcome, type PipelineResult, type RunResult } from '../../src/model/result.ts';
import type { LeaseTimes } from '../../src/state/leases.ts';
import { openState, type State } from '../../src/state/state.ts';

/** A path for a state, in a folder of its own that is gone when the test ends. */
export async function stateFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-state-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'state.db');
}

/** A state that is closed when the test ends. */
export async function opened(file: string, times?: LeaseTimes): Promise<State> {
  const state = await openState(file, times);
  onTestFinished(() => state.close());
  return state;
}

export const started = '2026-01-01T00:00:00.000Z';

export function ended(status: Outcome): PipelineResult {
  return { status, ...noCounts, durationMs: 5 };
}

/** Runs one pipeline from start to end, as far as the state is told. */
export async function recordRun(
  state: State,
  id: string,
  pipeline: string,
  {
    status = 'succeeded',
    startedAt = new Date().toISOString(),
  }: { status?: Outcome; startedAt?: string } = {},
): Promise<RunResult> {
  await state.startRun(id, startedAt, [pipeline]);
  await state.finishPipeline(id, pipeline, ended(status));
  const result: RunResult = {
    runId: id,
    status,
    exitCode: status === 'failed' ? 1 : 0,
    startedAt,
    finishedAt: startedAt,
    pipelines: { [pipeline]: ended(status) },
  };
  await state.finishRun(result);
  return result;
}
