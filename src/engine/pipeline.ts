import type { Config, PipelineConfig, RowLimit } from '../config/config.ts';
import type { Redact } from '../model/redact.ts';
import { noCounts, type PipelineResult } from '../model/result.ts';
import type { RejectFilter, State } from '../state/state.ts';
import type { Emit } from './events.ts';
import type { Logs } from './logs.ts';
import type { OpenedPlugins } from './opened.ts';
import { fresh } from './order.ts';
import type { Parents } from './parents.ts';
import { readsAll } from './parts.ts';
import { runParts } from './parts-run.ts';
import type { Planning } from './planning.ts';
import type { RunRange } from './range.ts';
import { replayPipeline } from './replay.ts';
import type { ReadScope } from './resume.ts';
import type { SavedPlan } from './saved-plan.ts';
import { PipelineTally } from './tally.ts';

/** What the pipelines of one run share. */
export interface RunShared {
  readonly config: Config;
  readonly state: State;
  readonly pipelines: readonly PipelineConfig[];
  /** Of the run. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly started_at: string;
  readonly opened: OpenedPlugins;
  /** The streams that others are read for. */
  readonly parents: Parents;
  readonly logs: Logs;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly range: RunRange;
  /** Instead of the streams, these kept rejects are read. */
  readonly rejects?: RejectFilter;
  readonly max_records?: number;
  readonly adopt: boolean;
  readonly allow_empty: boolean;
  readonly accept_schema: boolean;
  readonly allow_delete?: RowLimit;
  /** Takes the config's secrets out of what is told and kept. */
  readonly redact: Redact;
  /** How a pipeline ended that threw this. */
  failing(error: unknown): Promise<Ended>;
  /** Where nothing is read, but what was planned is done. */
  readonly saved?: SavedPlan;
  /** Where the run is only planned. */
  readonly planning?: Planning;
}

export type Ended = Pick<
  PipelineResult,
  'status' | 'error' | 'reason' | 'resumeAt' | 'cursor' | 'targets' | 'partitions'
>;

/** Runs one pipeline under its lease, to its result: whatever goes wrong is in there. */
export async function pipelineResult(pipeline: PipelineConfig, shared: RunShared): Promise<PipelineResult> {
  const { state, id, max_records, range } = shared;
  const began = performance.now();
  const tally = new PipelineTally(pipeline.name, shared.emit, () => new Date());
  const result = (ended: Ended): PipelineResult => ({
    ...ended,
    ...tally.counts,
    ...tally.asked,
    durationMs: Math.round(performance.now() - began),
  });
  try {
    if (shared.saved) {
      const ended = result(await replayPipeline(pipeline, shared.saved, shared, tally));
      await state.finishPipeline(id, pipeline.name, ended, shared.saved.ended.get(pipeline.name)?.extent);
      return ended;
    }
    const scope = await scopeOf(pipeline, shared);
    const ended = result(
      scope === undefined
        ? { status: 'skipped', reason: fresh }
        : await runParts(pipeline, scope, shared, tally),
    );
    const limits = [range.window, range.partition, max_records, shared.rejects];
    const part = limits.some((limit) => limit !== undefined);
    const whole = scope?.full || readsAll(pipeline.stream);
    await state.finishPipeline(id, pipeline.name, ended, part ? 'part' : whole ? 'whole' : 'new');
    return ended;
  } catch (error) {
    const ended = result(await shared.failing(error));
    // A state that cannot be written is what failed, more often than not: the result is told all the same.
    await state.finishPipeline(id, pipeline.name, ended).catch(() => undefined);
    return ended;
  }
}

/** The result of a pipeline that was not run. */
export async function skippedResult(
  { name }: PipelineConfig,
  reason: string,
  { state, id }: RunShared,
): Promise<PipelineResult> {
  const result: PipelineResult = { status: 'skipped', reason, ...noCounts, durationMs: 0 };
  await state.finishPipeline(id, name, result);
  return result;
}

/** What to read; undefined: nothing, since the last success is young enough and nobody asked for more. */
async function scopeOf(
  { name, fresh_for, full_every }: PipelineConfig,
  shared: RunShared,
): Promise<ReadScope | undefined> {
  const { full = false, window, rollback } = shared.range;
  if (shared.rejects !== undefined) return { full, rejects: shared.rejects };
  if (full || window !== undefined || rollback !== undefined) return { full, window };
  const age = async (whole: boolean) => {
    const at = await shared.state.lastSuccess(name, whole);
    return at === undefined ? Number.POSITIVE_INFINITY : Date.parse(shared.started_at) - Date.parse(at);
  };
  if (fresh_for !== undefined && (await age(false)) < fresh_for) return undefined;
  return { full: full_every !== undefined && (await age(true)) >= full_every };
}
