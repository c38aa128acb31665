import pLimit, { type LimitFunction } from 'p-limit';
import type { PipelineConfig } from '../config/config.ts';
import type { PipelineResult } from '../model/result.ts';

/** Places to run in: a pipeline waits until one is free. */
export type Slots = LimitFunction;

export function createSlots(number: number): Slots {
  return pLimit(number);
}

/** Runs one pipeline, or says why it was skipped: an upstream failed. */
export type RunOne = (
  pipeline: PipelineConfig,
  failedUpstream: string | undefined,
) => Promise<PipelineResult>;

/**
 * Runs pipelines, each in a slot and after those of the same run that it comes after. Resolves when all
 * have ended; `runOne` must not reject.
 */
export async function runInOrder(
  pipelines: readonly PipelineConfig[],
  slots: Slots,
  signal: AbortSignal,
  runOne: RunOne,
): Promise<ReadonlyMap<string, PipelineResult>> {
  const started = new Map<string, Promise<PipelineResult>>();
  const start = (pipeline: PipelineConfig): Promise<PipelineResult> => {
    const known = started.get(pipeline.name);
    if (known) return known;
    const upstreams = pipelines.filter(({ name }) => pipeline.after.pipelines.includes(name));
    const running = afterThose(pipeline, upstreams, start).then((failed) =>
      inSlot(slots, signal, () => runOne(pipeline, failed)),
    );
    started.set(pipeline.name, running);
    return running;
  };
  const results = await Promise.all(
    pipelines.map(async (pipeline) => [pipeline.name, await start(pipeline)] as const),
  );
  return new Map(results);
}

/** In a slot; once the run is to end it is not waited for any more: what begins now ends at once. */
function inSlot(
  slots: Slots,
  signal: AbortSignal,
  act: () => Promise<PipelineResult>,
): Promise<PipelineResult> {
  return new Promise((resolve) => {
    let begun: Promise<PipelineResult> | undefined;
    const begin = async () => {
      signal.removeEventListener('abort', begin);
      begun ??= act();
      resolve(begun);
      await begun.catch(() => undefined);
    };
    signal.addEventListener('abort', begin);
    if (signal.aborted) begin();
    else slots(begin);
  });
}

/** Waits for the upstreams; the name of one that failed, where that matters. */
async function afterThose(
  { after }: PipelineConfig,
  upstreams: readonly PipelineConfig[],
  start: (pipeline: PipelineConfig) => Promise<PipelineResult>,
): Promise<string | undefined> {
  const ended = await Promise.all(
    upstreams.map(async (upstream) => [upstream.name, await start(upstream)] as const),
  );
  if (after.if_upstream_fails === 'run') return undefined;
  const failed = ended.find(
    ([, { status, reason }]) => !['succeeded', 'partial'].includes(status) && !isHarmless(reason),
  );
  return failed?.[0];
}

function isHarmless(reason: string | undefined): boolean {
  return reason === fresh || reason?.startsWith(dependsOn) === true;
}

/** Why a pipeline cannot be planned: it reads what another one is going to write. */
export const dependsOn = 'depends on ';

/** Why a pipeline was skipped that had nothing to do: what comes after it may run. */
export const fresh = 'its last success is fresh enough';
