import { ulid } from 'ulid';
import type { Config, PipelineConfig, RowLimit } from '../config/config.ts';
import { RateLimited, SyncError } from '../model/errors.ts';
import { exitCodeOf, type PipelineResult, type RunResult, runStatus } from '../model/result.ts';
import { openState, type RejectFilter, type Request, type State } from '../state/state.ts';
import { checkAdopt } from './adopt.ts';
import { cancelReason, RunsUnderWay, stopWith } from './cancel.ts';
import type { Emit } from './events.ts';
import { type ReportBug, toFailure } from './failure.ts';
import { noLogs, openLogs } from './logs.ts';
import { openedPlugins } from './opened.ts';
import { createSlots, runInOrder, type Slots } from './order.ts';
import { Parents } from './parents.ts';
import { checkPartition } from './parts.ts';
import { type Ended, pipelineResult, type RunShared, skippedResult } from './pipeline.ts';
import type { Planning } from './planning.ts';
import { pruneJournals } from './prune.ts';
import { checkRange, type RunRange } from './range.ts';
import { compareAll } from './replay.ts';
import type { SavedPlan } from './saved-plan.ts';

/** So many pipelines run at once, unless said otherwise. */
export const defaultConcurrency = 4;

export interface RunOptions extends RunRange {
  readonly pipelines: readonly PipelineConfig[];
  readonly emit?: Emit;
  /** Aborting it ends the run after the batch under way: its pipelines are `cancelled`. */
  readonly signal?: AbortSignal;
  /** Read no more than this many records per pipeline. Refused for `replace`, which needs the whole read. */
  readonly max_records?: number;
  /** Do what was planned, and read nothing. */
  readonly saved?: SavedPlan;
  /** Let columns take a wider type where values ask for it, keeping what is in them. */
  readonly accept_schema?: boolean;
  /** Let an empty read empty what `replace` or `mirror` writes. */
  readonly allow_empty?: boolean;
  /** In the place of `deletes.max`: how many rows may be deleted that a complete read did not contain. */
  readonly allow_delete?: RowLimit;
  /** Take targets to hold what is read, where the state was lost: nothing is written but the checkpoint. */
  readonly adopt?: boolean;
  /** Rejected rows alone do not change the exit code. */
  readonly allow_rejects?: boolean;
  /** How many pipelines run at once. */
  readonly concurrency?: number;
  /** Instead of reading the streams, map these kept rejects again. Refused for `replace`, which needs the whole read. */
  readonly rejects?: RejectFilter;
  /** In its place: the slots to run in, which several runs share. */
  readonly slots?: Slots;
  /** The request that asked for the run, to be remembered with it. */
  readonly request?: Request;
  /** Called for what is no fault of the data, the config or the world. */
  readonly report_bug?: ReportBug;
}

export interface Runner {
  readonly config: Config;
  readonly state: State;
  /** Runs pipelines, to the end of each. Rejects only when no run could be started. */
  run(options: RunOptions): Promise<RunResult>;
  /**
   * Ends a run after the batches under way, as `cancelled`; also one of another process, which hears of it soon. Resolves
   * before it has ended. Throws `usage/unknown_run`, `usage/run_ended`.
   */
  cancel(run: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens the state of a config, ready to run. */
export async function openRunner(config: Config): Promise<Runner> {
  const state = await openState(config.state);
  const underWay = new RunsUnderWay(state);
  return {
    config,
    state,
    run: (options) => run(config, state, options, { underWay }),
    cancel: (id) => underWay.cancel(id),
    close: () => state.close(),
  };
}

interface RunPlace {
  /** With it nothing is committed, and a state that writes nothing is given. */
  readonly planning?: Planning;
  /** Where the run can be cancelled. */
  readonly underWay?: RunsUnderWay;
}

/** Runs pipelines. */
export async function run(
  config: Config,
  state: State,
  options: RunOptions,
  { planning, underWay }: RunPlace,
): Promise<RunResult> {
  refuseLimitedReplace(options);
  checkRange(options.pipelines, options);
  checkPartition(options.pipelines, options.partition);
  if (options.adopt) checkAdopt(options.pipelines);
  const { concurrency = defaultConcurrency, slots = createSlots(concurrency) } = options;
  if (options.saved) await compareAll(config, options.saved, options.signal ?? new AbortController().signal);
  const { stop, forget } = stopWith(options.signal);
  try {
    const shared = await startRun(config, state, { ...options, signal: stop.signal }, planning);
    const ended = underWay?.begin(shared.id, stop);
    return await runAll(shared, slots, options).finally(ended);
  } finally {
    forget();
  }
}

/** Runs the pipelines of a run that has begun, to its result. */
async function runAll(shared: RunShared, slots: Slots, options: RunOptions): Promise<RunResult> {
  const { pipelines, signal, planning, parents, opened, emit, logs } = shared;
  try {
    const ended = await runInOrder(pipelines, slots, signal, (pipeline, failed) =>
      runOne(pipeline, failed, shared),
    );
    if (planning === undefined) await pruneJournals(ended, shared);
    await parents.close();
    for (const failure of await opened.close())
      emit({ type: 'notice', at: now(), level: 'warn', message: `closing failed: ${failure}` });
    return await finishRun(ended, shared, options);
  } finally {
    await logs.close();
  }
}

async function startRun(
  config: Config,
  state: State,
  options: RunOptions,
  planning?: Planning,
): Promise<RunShared> {
  const { pipelines, signal = new AbortController().signal } = options;
  const { redact } = config.secrets;
  const tell: Emit = (event) => {
    if (event.type === 'notice') options.emit?.({ ...event, message: redact(event.message) });
    else if (event.type === 'progress' && event.detail !== undefined)
      options.emit?.({ ...event, detail: redact(event.detail) });
    else options.emit?.(event);
  };
  const started = new Date();
  const id = ulid(started.getTime());
  const names = pipelines.map(({ name }) => name);
  const interrupted = await state.markInterrupted();
  await state.startRun(id, started.toISOString(), names, options.request);
  const logs = planning
    ? noLogs
    : openLogs(config, {
        run: { id, started_at: started.toISOString() },
        state,
        interrupted,
        tell: (message) => tell({ type: 'notice', at: now(), level: 'warn', message }),
      });
  const emit: Emit = (event) => {
    tell(event);
    logs.emit(event);
  };
  emit({
    type: 'run_started',
    at: now(),
    run: id,
    pipelines: names,
    ...(interrupted.length > 0 && { interrupted }),
  });
  const {
    max_records,
    adopt = false,
    allow_empty = false,
    allow_delete,
    accept_schema = false,
    rejects,
    report_bug,
  } = options;
  const plugins = openedPlugins(config, emit, signal);
  const opened = planning?.opened(plugins) ?? plugins;
  const failing = async (error: unknown): Promise<Ended> => {
    if (signal.aborted && isOfEnd(error, signal)) return { status: 'cancelled' };
    const failure = await toFailure(error, redact, report_bug);
    return error instanceof RateLimited
      ? { status: 'rate_limited', error: failure, resumeAt: error.until }
      : { status: 'failed', error: failure };
  };
  const shared = {
    config,
    state,
    opened,
    parents: new Parents({ pipelines, started_at: started.toISOString(), signal, max_records }),
    logs,
    emit,
    signal,
    max_records,
    adopt,
    allow_empty,
    accept_schema,
    allow_delete,
    rejects,
    redact,
    failing,
    planning,
    saved: options.saved,
    pipelines,
  };
  return { ...shared, id, started_at: started.toISOString(), range: options };
}

async function runOne(
  pipeline: PipelineConfig,
  failedUpstream: string | undefined,
  shared: RunShared,
): Promise<PipelineResult> {
  const { name, source, stream, targets } = pipeline;
  const { emit, pipelines, planning } = shared;
  const depends = planning?.dependence(pipeline, pipelines);
  const from = shared.rejects ? 'rejects' : `${source.name}.${stream.name}`;
  const to = targets.map(({ sink, target }) => `${sink.name}.${target}`).join(', ');
  const step = pipelines.indexOf(pipeline) + 1;
  emit({ type: 'pipeline_started', at: now(), pipeline: name, from, to, step, steps: pipelines.length });
  const result =
    depends === undefined && failedUpstream === undefined
      ? await pipelineResult(pipeline, shared)
      : await skippedResult(pipeline, depends ?? `${failedUpstream} did not succeed`, shared);
  emit({ type: 'pipeline_finished', at: now(), pipeline: name, result });
  return result;
}

async function finishRun(
  ended: ReadonlyMap<string, PipelineResult>,
  { config, id, started_at, signal, state, emit }: RunShared,
  { allow_rejects = false }: RunOptions,
): Promise<RunResult> {
  const results = [...ended.values()];
  const cancelled = results.some(({ status }) => status === 'cancelled');
  const told = signal.reason === 'SIGTERM' ? 'SIGTERM' : 'SIGINT';
  const stopped = cancelled && signal.reason !== cancelReason ? told : undefined;
  const result: RunResult = {
    runId: id,
    status: runStatus(results.map(({ status }) => status)),
    exitCode: exitCodeOf(results, { stopped, allow_rejects }),
    startedAt: started_at,
    finishedAt: now(),
    pipelines: Object.fromEntries(ended),
  };
  try {
    await state.finishRun(result);
    await state.forgetRuns(config.history);
  } finally {
    emit({ type: 'run_finished', at: now(), result });
  }
  return result;
}

/** Whether an error only says that the run is to end; with a lock that somebody else held, nothing was written. */
function isOfEnd(error: unknown, signal: AbortSignal): boolean {
  if (error === signal.reason) return true;
  if (error instanceof SyncError && error.code === 'sql/locked') return true;
  // What Node throws of a wait of a plugin's, which is a plugin's failure for everybody else.
  const thrown = error instanceof SyncError && error.code === 'plugin/failed' ? error.cause : error;
  return thrown instanceof Error && thrown.name === 'AbortError';
}

function refuseLimitedReplace({ pipelines, max_records, rejects }: RunOptions): void {
  const replacing = pipelines.find(({ targets }) => targets.some(({ mode }) => mode === 'replace'));
  if (replacing === undefined) return;
  if (rejects !== undefined)
    throw new SyncError(
      'usage/limited_replace',
      `pipeline "${replacing.name}" replaces its target, so its rejects cannot be retried: they would replace the whole`,
      { hint: `To read all of it again: syncline run ${replacing.name}` },
    );
  if (max_records === undefined) return;
  throw new SyncError(
    'usage/limited_replace',
    `pipeline "${replacing.name}" replaces its target, so it cannot run with --max-records: a part would replace the whole`,
    { hint: `To look at a few records: syncline preview ${replacing.name}` },
  );
}

function now(): string {
  return new Date().toISOString();
}
