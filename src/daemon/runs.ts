import type { PipelineConfig } from '../config/config.ts';
import type { Emit } from '../engine/events.ts';
import type { ReportBug } from '../engine/failure.ts';
import { createSlots, type Slots } from '../engine/order.ts';
import type { RunRange } from '../engine/range.ts';
import type { Runner, RunOptions } from '../engine/runner.ts';
import type { Request } from '../state/state.ts';
import { LiveRun } from './live-run.ts';

export interface RunsOptions {
  readonly emit: Emit;
  /** Stops all runs. */
  readonly signal: AbortSignal;
  readonly report_bug?: ReportBug;
  /** Called when a pipeline has ended, and when a run has. */
  readonly freed: () => void;
  /** Called when a run that had begun could not be brought to its end. */
  readonly failed: (error: unknown) => void;
}

/** What is run, and why. */
export interface Started {
  readonly pipelines: readonly PipelineConfig[];
  readonly range?: RunRange;
  /** A plan to do, or rejects to retry, instead of reading. */
  readonly instead?: Pick<RunOptions, 'saved' | 'rejects'>;
  /** That asked for it. */
  readonly request?: Request;
}

/** The runs of this process that are under way. */
export class Runs {
  /** Shared by all runs. */
  readonly slots: Slots;
  readonly #options: RunsOptions;
  readonly #live = new Map<string, { readonly run: LiveRun; readonly runner: Runner }>();
  /** By pipeline; the run may still wait for its id. */
  readonly #running = new Map<string, LiveRun>();
  readonly #ending = new Map<Promise<unknown>, Runner>();

  constructor(options: RunsOptions, concurrency: number) {
    this.#options = options;
    this.slots = createSlots(concurrency);
  }

  live(id: string): LiveRun | undefined {
    return this.#live.get(id)?.run;
  }

  /** The ids of all. */
  get ids(): readonly string[] {
    return [...this.#live.keys()];
  }

  /** The one that has a run. */
  runnerOf(id: string): Runner | undefined {
    return this.#live.get(id)?.runner;
  }

  /** The run that has a pipeline now. */
  of(pipeline: string): LiveRun | undefined {
    return this.#running.get(pipeline);
  }

  running(): ReadonlySet<string> {
    return new Set(this.#running.keys());
  }

  /** Resolves with the run's id once the state has it. */
  start(runner: Runner, { pipelines, range, instead, request }: Started): Promise<string> {
    const { signal, report_bug } = this.#options;
    const live = new LiveRun();
    for (const { name } of pipelines) if (!this.#running.has(name)) this.#running.set(name, live);
    return new Promise((resolve, reject) => {
      const emit: Emit = (event) => {
        if (event.type === 'run_started') this.#live.set(event.run, { run: live, runner });
        live.add(event);
        this.#options.emit(event);
        if (event.type === 'run_started') resolve(event.run);
        if (event.type === 'pipeline_finished') this.#free(event.pipeline, live);
      };
      const failed = (error: unknown) => {
        reject(error);
        // Whoever started the run does not wait for its end.
        if (live.begun) this.#options.failed(error);
      };
      const ended = runner
        .run({ ...range, ...instead, pipelines, request, emit, signal, report_bug, slots: this.slots })
        .then(() => undefined, failed)
        .then(() => this.#end(runner, pipelines, live));
      void this.hold(runner, ended);
    });
  }

  /** The state of this runner stays open until the work has ended. */
  async hold<Result>(runner: Runner, work: Promise<Result>): Promise<Result> {
    this.#ending.set(work, runner);
    try {
      return await work;
    } finally {
      this.#ending.delete(work);
    }
  }

  /** Resolves when the runs of this runner have ended; without one, all of them. */
  async idle(runner?: Runner): Promise<void> {
    const ours = [...this.#ending].filter(([, other]) => runner === undefined || other === runner);
    await Promise.allSettled(ours.map(([ended]) => ended));
  }

  /** What the run told is kept before it is live no more, so that it can be asked for at any time. */
  async #end({ state }: Runner, pipelines: readonly PipelineConfig[], live: LiveRun): Promise<void> {
    for (const { name } of pipelines) this.#free(name, live);
    for (const [id, { run }] of this.#live) {
      if (run !== live) continue;
      await state.keepEvents(id, JSON.stringify(live.events)).catch(this.#options.failed);
      this.#live.delete(id);
    }
    live.end();
    this.#options.freed();
  }

  #free(pipeline: string, live: LiveRun): void {
    if (this.#running.get(pipeline) !== live) return;
    this.#running.delete(pipeline);
    this.#options.freed();
  }
}
