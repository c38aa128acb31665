import type { Runner } from '../engine/runner.ts';
import { standings } from '../engine/standing.ts';
import { type Statistics, statistics } from '../engine/statistics.ts';
import { type Undone, undoRun } from '../engine/undo.ts';
import type { HistoryFilter, KeptRun, RunFilter } from '../state/state.ts';
import type { Control, LiveStanding, Pause, RunRequest, StartedRun } from './api/control.ts';
import type { Duty } from './duty.ts';
import type { LiveRun, NumberedEvent } from './live-run.ts';
import type { Metrics } from './metrics.ts';
import { type RequestWorld, RunRequests, stopping, unknownPipeline } from './run-requests.ts';

/** What answering needs of the daemon. */
export interface ControlWorld extends RequestWorld {
  readonly duty: Duty;
  readonly metrics: Metrics;
  /** Marks the runs whose process died. */
  findInterrupted(): Promise<void>;
  now(): number;
}

/** Answers what the daemon is asked, by the config as it is now. */
export class DaemonControl implements Control {
  readonly #world: ControlWorld;
  readonly #requests: RunRequests;

  constructor(world: ControlWorld) {
    this.#world = world;
    this.#requests = new RunRequests(world);
  }

  async status(): Promise<readonly LiveStanding[]> {
    const { config, state } = this.#world.runner();
    const all = await standings(config, state, this.#world.now());
    return all.map(({ partitions, ...standing }) => {
      const name = standing.pipeline;
      const live = standing.running && this.#world.runs.of(name)?.counts.get(name);
      const { name: read, counts } = live?.partition ?? {};
      return {
        ...standing,
        counts: live?.counts,
        partitions:
          partitions &&
          Object.fromEntries(
            Object.entries(partitions).map(([partition, one]) => [
              partition,
              partition === read ? { ...one, status: 'running', counts } : one,
            ]),
          ),
      };
    });
  }

  scheduler(): 'active' | 'standby' {
    return this.#world.duty.active ? 'active' : 'standby';
  }

  metrics(): Promise<string> {
    return this.#world.metrics.text();
  }

  statistics(): Promise<Statistics> {
    const { signal } = this.#world;
    return this.#working(({ config, state }) => statistics(config, state, { signal }));
  }

  start(request: RunRequest, key?: string): Promise<StartedRun> {
    return this.#requests.start(request, key);
  }

  async runs(filter: RunFilter): Promise<readonly KeptRun[]> {
    const { config, state } = this.#world.runner();
    if (filter.pipeline !== undefined && !config.pipelines.has(filter.pipeline)) throw unknownPipeline();
    await this.#world.findInterrupted();
    return state.runs(filter);
  }

  async run(id: string): Promise<KeptRun | undefined> {
    const { state } = this.#world.runner();
    await this.#world.findInterrupted();
    return state.run(id);
  }

  live(id: string): LiveRun | undefined {
    return this.#world.runs.live(id);
  }

  async events(id: string): Promise<readonly NumberedEvent[]> {
    const kept = await this.#world.runner().state.keptEvents(id);
    return kept === undefined ? [] : (JSON.parse(kept) as NumberedEvent[]);
  }

  cancel(run: string): Promise<void> {
    return (this.#world.runs.runnerOf(run) ?? this.#world.runner()).cancel(run);
  }

  undo(run: string, { force }: { readonly force: boolean }): Promise<Undone> {
    const { signal } = this.#world;
    return this.#working(async ({ config, state }) => {
      await this.#world.findInterrupted();
      return undoRun(config, state, run, { force, dry_run: false, signal });
    });
  }

  async clear(filter: HistoryFilter): Promise<number> {
    const { state } = this.#world.runner();
    await this.#world.findInterrupted();
    return state.clearHistory(filter);
  }

  async pause(pipeline: string): Promise<Pause> {
    const { config, state } = this.#world.runner();
    if (!config.pipelines.has(pipeline)) throw unknownPipeline();
    await state.pause(pipeline);
    return { pipeline, paused: true, since: (await state.paused()).get(pipeline) };
  }

  async resume(pipeline: string): Promise<Pause> {
    if (!this.#world.runner().config.pipelines.has(pipeline)) throw unknownPipeline();
    await this.#world.duty.resume(pipeline);
    return { pipeline, paused: false };
  }

  async ready(): Promise<boolean> {
    if (this.#world.signal.aborted) return false;
    return this.#world
      .runner()
      .state.status()
      .then(
        () => true,
        () => false,
      );
  }

  /** What takes its time: the state stays open for it, and a daemon that is being stopped waits until it has ended. */
  async #working<Result>(work: (runner: Runner) => Promise<Result>): Promise<Result> {
    const { runs, signal } = this.#world;
    const runner = this.#world.runner();
    if (signal.aborted) throw stopping();
    try {
      return await runs.hold(runner, work(runner));
    } catch (error) {
      throw signal.aborted && error === signal.reason ? stopping() : error;
    }
  }
}
