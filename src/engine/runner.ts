import { ulid } from 'ulid';
import type { Config, PipelineConfig, SinkConfig, SourceConfig } from '../config/config.ts';
import { SyncError } from '../model/errors.ts';
import { type Outcome, type PipelineResult, type RunResult, runStatus } from '../model/result.ts';
import type { OpenSink, OpenSource, PluginContext } from '../plugin/contract.ts';
import { openState, type State } from '../state/state.ts';
import type { Emit } from './events.ts';
import { type ReportBug, toFailure } from './failure.ts';
import { CloseStack, oncePerKey } from './opened.ts';
import { runPipeline } from './run.ts';
import { Tally } from './tally.ts';

export interface RunOptions {
  readonly pipelines: readonly PipelineConfig[];
  readonly emit?: Emit;
  /** Aborting it ends the run after the batch under way: its pipelines are `cancelled`. */
  readonly signal?: AbortSignal;
  /** Read no more than this many records per pipeline. Refused for `replace`, which needs the whole read. */
  readonly max_records?: number;
  /** Let an empty read empty what `replace` writes. */
  readonly allow_empty?: boolean;
  /** Rejected rows alone do not change the exit code. */
  readonly allow_rejects?: boolean;
  /** Called for what is no fault of the data, the config or the world. */
  readonly report_bug?: ReportBug;
}

export interface Runner {
  readonly config: Config;
  readonly state: State;
  /** Runs pipelines one after the other, to the end of each. Rejects only when no run could be started. */
  run(options: RunOptions): Promise<RunResult>;
  close(): Promise<void>;
}

/** Opens the state of a config, ready to run. */
export async function openRunner(config: Config): Promise<Runner> {
  const state = await openState(config.state);
  return { config, state, run: (options) => run(config, state, options), close: () => state.close() };
}

async function run(config: Config, state: State, options: RunOptions): Promise<RunResult> {
  refuseLimitedReplace(options);
  const { pipelines, emit = () => undefined, signal = new AbortController().signal } = options;
  const started = new Date();
  const id = ulid(started.getTime());
  await state.startRun(id, started.toISOString());
  emit({ type: 'run_started', at: now(), run: id, pipelines: pipelines.map(({ name }) => name) });
  const stack = new CloseStack();
  const opened = openedPlugins(config, stack, emit, signal);
  const results: { [name: string]: PipelineResult } = Object.create(null);
  try {
    for (const [index, pipeline] of pipelines.entries()) {
      const { name } = pipeline;
      const from = `${pipeline.source.name}.${pipeline.stream.name}`;
      const to = `${pipeline.sink.name}.${pipeline.target}`;
      emit({
        type: 'pipeline_started',
        at: now(),
        pipeline: name,
        from,
        to,
        step: index + 1,
        steps: pipelines.length,
      });
      const began = performance.now();
      const tally = new Tally(name, emit, () => new Date());
      const ended = await outcomeOf(options, tally, async () =>
        runPipeline({
          config,
          pipeline,
          run: { id, started_at: started.toISOString() },
          source: await opened.source(pipeline.source, name),
          sink: await opened.sink(pipeline.sink, name),
          state,
          tally,
          max_records: options.max_records,
          allow_empty: options.allow_empty ?? false,
          signal,
        }),
      );
      results[name] = { ...ended, ...tally.counts, durationMs: Math.round(performance.now() - began) };
      await state.finishPipeline(id, name, results[name]);
      emit({ type: 'pipeline_finished', at: now(), pipeline: name, result: results[name] });
    }
  } finally {
    await stack.close();
  }
  const status = runStatus(Object.values(results).map((result) => result.status));
  const exitCode = exitCodeOf(results, signal, options.allow_rejects ?? false);
  const result: RunResult = {
    runId: id,
    status,
    exitCode,
    startedAt: started.toISOString(),
    finishedAt: now(),
    pipelines: results,
  };
  await state.finishRun(result);
  emit({ type: 'run_finished', at: now(), result });
  return result;
}

/** The status a pipeline ends with, and why where it did not get to its end. */
async function outcomeOf(
  { signal, report_bug }: RunOptions,
  tally: Tally,
  work: () => Promise<void>,
): Promise<Pick<PipelineResult, 'status' | 'error'>> {
  try {
    if (signal?.aborted) return { status: 'cancelled' };
    await work();
    return { status: tally.counts.rejected > 0 ? 'partial' : 'succeeded' };
  } catch (error) {
    if (signal?.aborted) return { status: 'cancelled' };
    return { status: 'failed', error: await toFailure(error, report_bug) };
  }
}

const stopping: readonly Outcome[] = ['failed', 'cancelled'];

/** The published exit codes, the first that applies. */
function exitCodeOf(
  results: { readonly [name: string]: PipelineResult },
  signal: AbortSignal,
  allowRejects: boolean,
): number {
  const all = Object.values(results);
  if (all.some(({ error }) => error?.code === 'internal/bug')) return 70;
  if (signal.aborted) return signal.reason === 'SIGTERM' ? 143 : 130;
  if (all.some(({ status }) => stopping.includes(status))) return 1;
  return all.some(({ status }) => status === 'partial') && !allowRejects ? 3 : 0;
}

function refuseLimitedReplace({ pipelines, max_records }: RunOptions): void {
  const replacing = pipelines.find(({ mode }) => mode === 'replace');
  if (max_records === undefined || replacing === undefined) return;
  throw new SyncError(
    'usage/limited_replace',
    `pipeline "${replacing.name}" replaces its target, so it cannot run with --max-records: a part would replace the whole`,
    {
      hint: `To look at a few records: syncline preview ${replacing.name}`,
    },
  );
}

function now(): string {
  return new Date().toISOString();
}

interface OpenedPlugins {
  source(config: SourceConfig, pipeline: string): Promise<OpenSource>;
  sink(config: SinkConfig, pipeline: string): Promise<OpenSink>;
}

/** Sources and sinks are opened when a pipeline first needs them, and closed in reverse when the run ends. */
function openedPlugins(config: Config, stack: CloseStack, emit: Emit, signal: AbortSignal): OpenedPlugins {
  const context = (pipeline: string): PluginContext => ({
    directory: config.directory,
    signal,
    logger: {
      info: (message) => emit({ type: 'notice', at: now(), pipeline, level: 'info', message }),
      warn: (message) => emit({ type: 'notice', at: now(), pipeline, level: 'warn', message }),
    },
  });
  const sources = oncePerKey(async ({ plugin, options }: SourceConfig, pipeline: string) => {
    return stack.add(await plugin.open(options, context(pipeline)));
  });
  const sinks = oncePerKey(async ({ plugin, options }: SinkConfig, pipeline: string) => {
    return stack.add(await plugin.open(options, context(pipeline)));
  });
  return { source: sources, sink: sinks };
}
