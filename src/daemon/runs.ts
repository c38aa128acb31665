import type { PipelineConfig } from '../config/config.ts';
import type { Emit } from '../engine/events.ts';
import type { ReportBug } from '../engine/failure.ts';
import { createSlots, type Slots } from '../engine/order.ts';
import type { Runner } from '../engine/runner.ts';
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

/** The runs of this process that are under way. */
export class Runs {
  /** Shared by all runs. */
  readonly slots: Slots;
  readonly #options: RunsOptions;
  readonly #live = new Map<string, LiveRun>();
  /** By pipeline; the run may still wait for its id. */
  readonly #running = new Map<string, LiveRun>();
  readonly #ending = new Map<Promise<void>, Runner>();

  constructor(options: RunsOptions, concurrency: number) {
    this.#options = options;
    this.slots = createSlots(concurrency);
  }

  live(id: string): LiveRun | undefined {
    return this.#live.get(id);
  }

  /** The run that has a pipeline now. */
  of(pipeline: string): LiveRun | undefined {
    return this.#running.get(pipeline);
  }

  running(): ReadonlySet<string> {
    return new Set(this.#running.keys());
  }

  /** Resolves with the run's id once the state has it. */
  start(runner: Runner, pipelines: readonly PipelineConfig[]): Promise<string> {
    const { signal, report_bug, freed } = this.#options;
    const live = new LiveRun();
    for (const { name } of pipelines) if (!this.#running.has(name)) this.#running.set(name, live);
    return new Promise((resolve, reject) => {
      const emit: Emit = (event) => {
        if (event.type === 'run_started') this.#live.set(event.run, live);
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
        .run({ pipelines, emit, signal, report_bug, slots: this.slots })
        .then(() => undefined, failed)
        .finally(() => {
          for (const { name } of pipelines) this.#free(name, live);
          for (const [id, other] of this.#live) if (other === live) this.#live.delete(id);
          this.#ending.delete(ended);
          freed();
        });
      this.#ending.set(ended, runner);
    });
  }

  /** Resolves when the runs of this runner have ended; without one, all of them. */
  async idle(runner?: Runner): Promise<void> {
    const ours = [...this.#ending].filter(([, other]) => runner === undefined || other === runner);
    await Promise.all(ours.map(([ended]) => ended));
  }

  #free(pipeline: string, live: LiveRun): void {
    if (this.#running.get(pipeline) !== live) return;
    this.#running.delete(pipeline);
    this.#options.freed();
  }
}
