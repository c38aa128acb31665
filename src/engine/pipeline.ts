import type { Config, PipelineConfig } from '../config/config.ts';
import type { Redact } from '../model/redact.ts';
import { type Failure, noCounts, type PipelineResult } from '../model/result.ts';
import type { Ledger, OpenSink } from '../plugin/contract.ts';
import type { Holder, State } from '../state/state.ts';
import type { Emit } from './events.ts';
import { type ReportBug, toFailure } from './failure.ts';
import type { Logs } from './logs.ts';
import type { OpenedPlugins } from './opened.ts';
import { fresh } from './order.ts';
import type { RunRange } from './range.ts';
import { ledgerKey, type ReadScope } from './resume.ts';
import { moveCursor } from './rollback.ts';
import { runPipeline } from './run.ts';
import { Tally } from './tally.ts';

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
  readonly logs: Logs;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly range: RunRange;
  readonly max_records?: number;
  readonly allow_empty: boolean;
  /** Takes the config's secrets out of what is told and kept. */
  readonly redact: Redact;
  readonly report_bug?: ReportBug;
}

type Ended = Pick<PipelineResult, 'status' | 'error' | 'reason'>;

/** Runs one pipeline under its lease, to its result: whatever goes wrong is in there. */
export async function pipelineResult(pipeline: PipelineConfig, shared: RunShared): Promise<PipelineResult> {
  const { state, id, max_records, range } = shared;
  const began = performance.now();
  const tally = new Tally(pipeline.name, shared.emit, () => new Date());
  const failing = async (error: unknown): Promise<Ended> =>
    error === shared.signal.reason && shared.signal.aborted
      ? { status: 'cancelled' }
      : { status: 'failed', error: await toFailure(error, shared.redact, shared.report_bug) };
  const result = (ended: Ended): PipelineResult => ({
    ...ended,
    ...tally.counts,
    durationMs: Math.round(performance.now() - began),
  });
  try {
    const scope = await scopeOf(pipeline, shared);
    const ended = result(
      scope === undefined
        ? { status: 'skipped', reason: fresh }
        : await runLeased(pipeline, scope, shared, tally),
    );
    const part = range.window !== undefined || max_records !== undefined;
    const whole = scope?.full || pipeline.stream.incremental === undefined;
    await state.finishPipeline(id, pipeline.name, ended, part ? 'part' : whole ? 'whole' : 'new');
    return ended;
  } catch (error) {
    const ended = result(await failing(error));
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
  if (full || window !== undefined || rollback !== undefined) return { full, window };
  const age = async (whole: boolean) => {
    const at = await shared.state.lastSuccess(name, whole);
    return at === undefined ? Number.POSITIVE_INFINITY : Date.parse(shared.started_at) - Date.parse(at);
  };
  if (fresh_for !== undefined && (await age(false)) < fresh_for) return undefined;
  return { full: full_every !== undefined && (await age(true)) >= full_every };
}

async function runLeased(
  pipeline: PipelineConfig,
  scope: ReadScope,
  shared: RunShared,
  tally: Tally,
): Promise<Ended> {
  const { state, opened, id, range, started_at, signal } = shared;
  signal.throwIfAborted();
  const sink = await opened.sink(pipeline.sink);
  const ledger = ledgerOf(sink, state, pipeline);
  const live = ledgerKey(pipeline, { full: false });
  const known = await ledger.read(live);
  const lease = await state.acquire(pipeline.name, id, known.entry?.fence ?? 0);
  if (!('fence' in lease)) return { status: 'busy', error: heldBy(pipeline, lease) };
  try {
    const { entry } = await ledger.read(live);
    // A window is written beside the live checkpoint, which must be fenced all the same.
    if (entry && scope.window) await ledger.write(live, { ...entry, fence: lease.fence });
    if (range.rollback !== undefined)
      await moveCursor(ledger, live, pipeline, {
        value: range.rollback,
        fence: lease.fence,
        now: started_at,
      });
    const source = await opened.source(pipeline.source);
    const run = { id, started_at };
    await runPipeline({
      ...shared,
      pipeline,
      run,
      source,
      sink,
      tally,
      scope,
      fence: lease.fence,
      lost: lease.lost,
    });
    return { status: tally.counts.rejected > 0 ? 'partial' : 'succeeded' };
  } finally {
    await lease.release();
  }
}

/** Where a pipeline's checkpoint is kept: beside its rows, or else in the state. */
function ledgerOf(sink: OpenSink, state: State, pipeline: PipelineConfig): Ledger {
  return sink.ledger ?? state.ledger(pipeline.sink.name);
}

function heldBy({ name }: PipelineConfig, { run, since, pid, host }: Holder): Failure {
  return {
    code: 'lease/held',
    message: `run ${run} holds pipeline "${name}" since ${since} (process ${pid} on ${host})`,
    hint: 'Wait for it to end. Should its process be gone, its lease frees itself within a minute.',
  };
}
