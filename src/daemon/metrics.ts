import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { RunEvent } from '../engine/events.ts';
import type { PipelineStanding } from '../engine/standing.ts';
import { noCounts, type PipelineResult } from '../model/result.ts';

export interface MetricsOptions {
  readonly version: string;
  /** Whether this daemon schedules. */
  readonly active: () => boolean;
  /** Of the pipelines that are in the config now. */
  readonly standings: () => Promise<readonly PipelineStanding[]>;
}

/** What was counted since the daemon began, and how its pipelines stand, in the text format of Prometheus. */
export class Metrics {
  readonly #options: MetricsOptions;
  readonly #registry = new Registry();
  readonly #counted: ReturnType<typeof counted>;
  readonly #seen: ReturnType<typeof seen>;

  constructor(options: MetricsOptions) {
    this.#options = options;
    this.#counted = counted(this.#registry);
    this.#seen = seen(this.#registry);
    this.#seen.build.set({ version: options.version, node: process.version }, 1);
    collectDefaultMetrics({ register: this.#registry });
  }

  emit(event: RunEvent): void {
    if (event.type === 'waiting') {
      const { plugin, reason, ms } = event;
      this.#counted.waited.inc({ plugin, reason }, ms / 1000);
    } else if (event.type === 'pipeline_finished') this.#count(event.pipeline, event.result);
  }

  /** As of now; a state that cannot be read leaves out what only it knows. */
  async text(): Promise<string> {
    const standings = await this.#options.standings().catch(() => undefined);
    const { scheduler, readable, pipelines } = this.#seen;
    scheduler.set(this.#options.active() ? 1 : 0);
    readable.set(standings === undefined ? 0 : 1);
    for (const metric of Object.values(pipelines)) metric.reset();
    for (const standing of standings ?? []) this.#show(standing);
    return this.#registry.metrics();
  }

  #count(pipeline: string, result: PipelineResult): void {
    const { runs, rows, durations, requests, retries } = this.#counted;
    runs.inc({ pipeline, outcome: result.status });
    for (const kind of Object.keys(noCounts) as (keyof typeof noCounts)[])
      rows.inc({ pipeline, kind }, result[kind]);
    if (result.status !== 'skipped' && result.status !== 'busy')
      durations.observe({ pipeline }, result.durationMs / 1000);
    if (result.calls === undefined) return;
    requests.inc({ pipeline }, result.calls.requests);
    retries.inc({ pipeline }, result.calls.retries);
  }

  #show({ pipeline, running, lastSuccess, nextRun, skipped }: PipelineStanding): void {
    const { held, succeeded, lag, next, missed } = this.#seen.pipelines;
    held.set({ pipeline }, running === undefined ? 0 : 1);
    if (lastSuccess !== undefined) {
      const at = Date.parse(lastSuccess.finishedAt) / 1000;
      succeeded.set({ pipeline }, at);
      lag.set({ pipeline }, Math.max(0, Date.now() / 1000 - at));
    }
    if (nextRun !== undefined) next.set({ pipeline }, Date.parse(nextRun) / 1000);
    if (skipped !== undefined) missed.inc({ pipeline }, skipped);
  }
}

/** In seconds: from what a request takes to what a first load takes. */
const buckets = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400];

function counted(registry: Registry) {
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: `syncline_${name}`, help, labelNames, registers: [registry] });
  return {
    runs: counter('runs_total', 'Ended runs of a pipeline.', ['pipeline', 'outcome']),
    rows: counter('rows_total', 'Rows of ended runs, by what became of them.', ['pipeline', 'kind']),
    durations: new Histogram({
      name: 'syncline_run_duration_seconds',
      help: 'How long a pipeline ran.',
      labelNames: ['pipeline'],
      buckets,
      registers: [registry],
    }),
    requests: counter('http_requests_total', 'Requests of ended runs, with their retries.', ['pipeline']),
    retries: counter('http_retries_total', 'Requests of ended runs that were tried again.', ['pipeline']),
    waited: counter('wait_seconds_total', 'Waits for a server, counted when they begin.', [
      'plugin',
      'reason',
    ]),
  };
}

function seen(registry: Registry) {
  const options = (name: string, help: string) => ({ name: `syncline_${name}`, help, registers: [registry] });
  const perPipeline = (name: string, help: string) =>
    new Gauge({ ...options(name, help), labelNames: ['pipeline'] });
  const build = options('build_info', 'The version that runs, as labels.');
  return {
    build: new Gauge({ ...build, labelNames: ['version', 'node'] }),
    scheduler: new Gauge(options('scheduler_active', '1 where this daemon schedules, 0 where it stands by.')),
    readable: new Gauge(options('state_readable', '1 where the state could be read just now.')),
    pipelines: {
      held: perPipeline('lease_held', '1 while a run, of whatever process, has the pipeline.'),
      succeeded: perPipeline('last_success_timestamp_seconds', 'When it last succeeded, or partly did.'),
      lag: perPipeline('lag_seconds', 'Time since it last succeeded, or partly did.'),
      next: perPipeline('next_run_timestamp_seconds', 'When it runs next by its schedule.'),
      missed: new Counter({
        ...options('occurrences_skipped_total', 'Occurrences of its schedule that did not run.'),
        labelNames: ['pipeline'],
      }),
    },
  };
}
