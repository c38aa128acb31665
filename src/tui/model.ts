/** What a screen knows of a run: a pure account of the run's events, and of the time that passes. */

import type { RunEvent } from '../engine/events.ts';
import { waitingWords } from '../engine/words.ts';
import { type Counts, noCounts, type Outcome, type PipelineResult, type RunResult } from '../model/result.ts';
import { rateAt, type Sample, type Seconds, type Stretch, withRead, withSample } from './pace.ts';

export interface PipelineModel {
  readonly name: string;
  readonly status: 'waiting' | 'running' | Outcome;
  /** `source.stream` and `sink.target`, once it has begun. */
  readonly from?: string;
  readonly to?: string;
  /** Milliseconds since 1970, as all times here. */
  readonly started?: number;
  readonly counts: Counts;
  readonly samples: readonly Sample[];
  /** Where the source tells a total. */
  readonly stretch?: Stretch;
  /** What is being read: a file, a table, a request. */
  readonly detail?: string;
  /** What it waits for, and until when: its source or sink said so. */
  readonly wait?: { readonly reason: Of<'waiting'>['reason']; readonly until: number };
  readonly result?: PipelineResult;
}

export interface LogLine {
  readonly at: number;
  readonly pipeline?: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}

export interface RunModel {
  readonly id?: string;
  readonly started?: number;
  /** The latest time there was. */
  readonly now: number;
  readonly pipelines: ReadonlyMap<string, PipelineModel>;
  readonly seconds: Seconds;
  /** The last lines, oldest first. */
  readonly log: readonly LogLine[];
  /** It was told to stop, and has not ended yet. */
  readonly stopping: boolean;
  readonly result?: RunResult;
}

export type RunAction =
  | RunEvent
  | { readonly type: 'clock'; readonly at: string }
  | { readonly type: 'stopping'; readonly at: string }
  /** Something was printed by code that knows of no screen. */
  | { readonly type: 'said'; readonly at: string; readonly text: string };

const mostLines = 500;

export const noRun: RunModel = {
  now: 0,
  pipelines: new Map(),
  seconds: { first: 0, reads: [] },
  log: [],
  stopping: false,
};

/** The run after an event. */
export function reduceRun(run: RunModel, action: RunAction): RunModel {
  const at = Date.parse(action.at);
  const next = { ...run, now: Math.max(run.now, at) };
  switch (action.type) {
    case 'clock':
      return run.started === undefined || run.result ? next : { ...next, seconds: read(next, at, 0) };
    case 'said':
      return withLine(next, { at, level: 'info', text: action.text });
    case 'stopping':
      return {
        ...withLine(next, { at, level: 'warn', text: 'stopping' }),
        stopping: run.result === undefined,
      };
    case 'run_started':
      return {
        ...noRun,
        now: next.now,
        // One that is told a second time is told from its beginning.
        log: run.id === undefined ? run.log : [],
        id: action.run,
        started: at,
        pipelines: new Map(action.pipelines.map((name) => [name, waiting(name)])),
      };
    case 'pipeline_started':
      return begun(next, action, at);
    case 'notice':
      return withLine(next, { at, pipeline: action.pipeline, level: action.level, text: action.message });
    case 'waiting':
      return waited(next, action);
    case 'progress':
      return advanced(next, action, at);
    case 'pipeline_finished':
      return ended(next, action, at);
    case 'run_finished':
      return { ...withAll(next, action.result), stopping: false };
  }
}

/** Records per second of all pipelines together. */
export function totalRate({ pipelines, now }: RunModel): number {
  const running = [...pipelines.values()].filter(({ status }) => status === 'running');
  return running.reduce((sum, { samples }) => sum + (rateAt(samples, now) ?? 0), 0);
}

function waiting(name: string): PipelineModel {
  return { name, status: 'waiting', counts: noCounts, samples: [] };
}

type Of<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

function begun(run: RunModel, { pipeline, from, to }: Of<'pipeline_started'>, at: number): RunModel {
  const changed = withPipeline(run, pipeline, (before) => ({
    ...before,
    status: 'running',
    from,
    to,
    started: at,
    samples: [{ at, read: 0 }],
  }));
  return withLine(changed, { at, pipeline, level: 'info', text: 'started' });
}

function advanced(run: RunModel, event: Of<'progress'>, at: number): RunModel {
  const before = run.pipelines.get(event.pipeline);
  const more = event.counts.read - (before?.counts.read ?? 0);
  const changed = withPipeline(run, event.pipeline, (before) => ({
    ...before,
    counts: event.counts,
    samples: withSample(before.samples, { at, read: event.counts.read }),
    stretch: stretched(before.stretch, event.progress, at),
    detail: event.detail ?? before.detail,
    wait: undefined,
  }));
  return { ...changed, seconds: read(changed, at, more) };
}

/** All pipelines that are fed by that source or write to that sink wait. */
function waited(run: RunModel, { plugin, reason, until }: Of<'waiting'>): RunModel {
  const [kind, name = ''] = plugin.split(' ');
  const uses = ({ from = '', to = '' }: PipelineModel) =>
    (kind === 'source' ? [from] : to.split(', ')).some((end) => end.startsWith(`${name}.`));
  const waiting = [...run.pipelines.values()].filter((one) => one.status === 'running' && uses(one));
  const wait = { reason, until: Date.parse(until) };
  return waiting.reduce((all, { name }) => withPipeline(all, name, (one) => ({ ...one, wait })), run);
}

/** What a pipeline waits for now. */
export function waitAt({ status, wait }: PipelineModel, now: number): string | undefined {
  if (status !== 'running' || wait === undefined || wait.until <= now) return undefined;
  return waitingWords(wait.until - now, wait.reason);
}

/** A total that cannot be one is not told. */
function stretched(before: Stretch | undefined, told: Of<'progress'>['progress'], at: number) {
  if (told === undefined || !(told.total > 0) || !(told.done >= 0)) return before;
  const { done, total } = told;
  return { from: before?.from ?? { at, done }, done, total };
}

function ended(run: RunModel, { pipeline, result }: Of<'pipeline_finished'>, at: number): RunModel {
  const changed = withPipeline(run, pipeline, (before) => ({
    ...before,
    status: result.status,
    counts: result,
    result,
  }));
  const { status, reason, error } = result;
  const why = error?.message ?? reason;
  return withLine(changed, {
    at,
    pipeline,
    level: error === undefined ? 'info' : 'error',
    text: why === undefined ? status : `${status}: ${why}`,
  });
}

/** The end tells all of a run of which nothing was told before. */
function withAll(run: RunModel, result: RunResult): RunModel {
  const pipelines = new Map(run.pipelines);
  for (const [name, one] of Object.entries(result.pipelines))
    if (!pipelines.has(name))
      pipelines.set(name, { ...waiting(name), status: one.status, counts: one, result: one });
  const started = run.started ?? Date.parse(result.startedAt);
  return { ...run, id: run.id ?? result.runId, started, pipelines, result };
}

function withPipeline(
  run: RunModel,
  name: string,
  change: (before: PipelineModel) => PipelineModel,
): RunModel {
  const before = run.pipelines.get(name) ?? waiting(name);
  return { ...run, pipelines: new Map(run.pipelines).set(name, change(before)) };
}

function withLine(run: RunModel, line: LogLine): RunModel {
  return { ...run, log: [...run.log.slice(1 - mostLines), line] };
}

function read({ seconds, started = 0 }: RunModel, at: number, records: number): Seconds {
  return withRead(seconds, Math.max(Math.floor((at - started) / 1000), 0), records);
}
