import { relative } from 'node:path';
import type { Config } from '../config/config.ts';
import { Runs, type Started } from '../daemon/runs.ts';
import { cancelReason } from '../engine/cancel.ts';
import type { Emit } from '../engine/events.ts';
import { changesOf } from '../engine/journals.ts';
import { toOf } from '../engine/parts.ts';
import { retriable } from '../engine/retriable.ts';
import { defaultConcurrency, openRunner, type Runner } from '../engine/runner.ts';
import { pipelineNamed, selectPipelines } from '../engine/select.ts';
import { standings, standingTotals } from '../engine/standing.ts';
import { undoRun } from '../engine/undo.ts';
import { originsOf } from '../engine/why.ts';
import { SyncError } from '../model/errors.ts';
import type { LogLine } from '../model/log-line.ts';
import type { KeptReject, KeptRun } from '../state/state.ts';
import type {
  Ability,
  LogChoice,
  Looked,
  Origin,
  Planned,
  RejectChoice,
  ToldChanges,
  World,
} from '../tui/world.ts';
import { writeCrash } from './error.ts';
import { isWanted, readerOf, runLines } from './logs.ts';
import { followed } from './logs-follow.ts';
import { openNotifications } from './notifications.ts';
import type { Shell } from './shell.ts';
import { undoneText } from './undo.ts';
import { followKept, followLive } from './world/follow.ts';
import { Plans } from './world/plans.ts';

const day = 86_400_000;
/** So many runs of the last 24 hours are told. */
const mostRecent = 1000;

/** The world of a config in this process, which has the runs it starts. */
export interface LocalWorld extends World {
  /** The ids of the runs of this process that are under way: closing ends them. */
  running(): readonly string[];
}

/** The world of a config and its state, which is opened when it is first asked. */
export async function openWorld(shell: Shell, config: Config): Promise<LocalWorld> {
  return new ConfigWorld(shell, config);
}

interface Opened {
  readonly runner: Runner;
  readonly notifications: ReturnType<typeof openNotifications>;
}

class ConfigWorld implements LocalWorld {
  readonly name: string;
  readonly #shell: Shell;
  readonly #config: Config;
  readonly #stop = new AbortController();
  readonly #runs: Runs;
  readonly #plans: Plans;
  #opening: Promise<Opened> | undefined;
  #closing: Promise<void> | undefined;
  #notify: Emit = () => {};
  /** Why a run that had begun could not be brought to its end. */
  #failure: unknown;

  constructor(shell: Shell, config: Config) {
    this.name = relative(shell.directory, config.file);
    this.#shell = shell;
    this.#config = config;
    const report_bug = (error: unknown) => writeCrash(error, shell.redact);
    this.#plans = new Plans(config, { allow_again: shell.yes, report_bug });
    this.#runs = new Runs(
      {
        emit: (event) => this.#notify(event),
        signal: this.#stop.signal,
        report_bug,
        freed: () => {},
        failed: (error) => {
          this.#failure = error;
        },
      },
      defaultConcurrency,
    );
  }

  /** Pausing is remembered in the state: a daemon heeds it, also one that is started later. */
  cannot(ability: Ability): string | undefined {
    if (ability !== 'schedule') return undefined;
    const isScheduled = [...this.#config.pipelines.values()].some(({ schedule }) => schedule !== undefined);
    return isScheduled ? undefined : 'no pipeline of this config has a `schedule`';
  }

  running(): readonly string[] {
    return this.#runs.ids;
  }

  async look(): Promise<Looked> {
    const { state } = (await this.#open()).runner;
    await state.markInterrupted();
    const now = Date.now();
    const since = new Date(now - day).toISOString();
    const standing = await standings(this.#config, state, now);
    const pipelines = standing.map((one) => {
      const known = pipelineNamed(this.#config, one.pipeline);
      return {
        ...one,
        counts: one.running && this.#runs.of(one.pipeline)?.counts.get(one.pipeline)?.counts,
        from: `${known.source.name}.${known.stream.name}`,
        to: known.targets.map(toOf).join(', '),
      };
    });
    return {
      scheduler: (await state.isScheduled()) ? 'active' : 'none',
      totals: standingTotals(pipelines),
      pipelines,
      recent: await state.runs({ limit: mostRecent, since }),
    };
  }

  async runs(filter: { readonly pipeline?: string; readonly limit: number }): Promise<readonly KeptRun[]> {
    const { state } = (await this.#open()).runner;
    await state.markInterrupted();
    return state.runs(filter);
  }

  async follow(run: string, emit: Emit, signal: AbortSignal): Promise<void> {
    const live = this.#runs.live(run);
    if (live === undefined) return followKept((await this.#open()).runner, run, emit, signal);
    await followLive(live, emit, signal);
    if (!live.events.some(({ event }) => event.type === 'run_finished')) throw this.#failure;
  }

  async start(names: readonly string[]): Promise<string> {
    return this.#start({ pipelines: selectPipelines(this.#config, names, []) });
  }

  async pause(pipeline: string): Promise<void> {
    pipelineNamed(this.#config, pipeline);
    await (await this.#open()).runner.state.pause(pipeline);
  }

  async resume(pipeline: string): Promise<void> {
    pipelineNamed(this.#config, pipeline);
    await (await this.#open()).runner.state.resume(pipeline);
  }

  async cancel(run: string): Promise<void> {
    await (await this.#open()).runner.cancel(run);
  }

  async undo(run: string, { force }: { readonly force: boolean }): Promise<string> {
    const { runner } = await this.#open();
    const { signal } = this.#stop;
    const work = async () => {
      await runner.state.markInterrupted();
      return undoRun(this.#config, runner.state, run, { force, dry_run: false, signal });
    };
    return undoneText(run, await this.#runs.hold(runner, work()), force).trimEnd();
  }

  async *changes(run: string, signal: AbortSignal): AsyncGenerator<ToldChanges> {
    for await (const batch of changesOf(this.#config, run)) {
      signal.throwIfAborted();
      yield batch;
    }
  }

  async plan(pipelines: readonly string[], signal: AbortSignal): Promise<Planned> {
    const { runner } = await this.#open();
    return this.#runs.hold(runner, this.#plans.make(pipelines, AbortSignal.any([signal, this.#stop.signal])));
  }

  async startPlan(): Promise<string> {
    const saved = await this.#plans.take();
    const pipelines = [...this.#config.pipelines.values()].filter(({ name }) => saved.ended.has(name));
    const run = await this.#start({ pipelines, instead: { saved } });
    // What cannot be removed now is removed at the end.
    const forget = () => void this.#plans.forget(saved).catch(() => undefined);
    const live = this.#runs.live(run);
    if (live === undefined) forget();
    else live.follow(Number.POSITIVE_INFINITY, (told) => told === undefined && forget());
    return run;
  }

  /** Of the newest run first. */
  async rejects(choice: RejectChoice, limit: number): Promise<readonly KeptReject[]> {
    const { state } = (await this.#open()).runner;
    const found: KeptReject[] = [];
    for (const { run, pipeline } of await state.rejectSummaries(choice)) {
      if (found.length >= limit) break;
      found.push(...(await state.rejects({ run, pipeline }, limit - found.length)));
    }
    return found;
  }

  async retry(choice: RejectChoice): Promise<string> {
    const { state } = (await this.#open()).runner;
    const { pipelines } = await retriable(this.#config, state, choice);
    if (pipelines.length === 0) throw nothingToRetry();
    return this.#start({ pipelines, instead: { rejects: choice } });
  }

  async drop(choice: RejectChoice): Promise<number> {
    return (await this.#open()).runner.state.dropRejects(choice);
  }

  async *logs({ run, ...wanted }: LogChoice, signal: AbortSignal): AsyncGenerator<LogLine> {
    const isShown = (line: LogLine) => isWanted(line, run, wanted);
    const { state } = (await this.#open()).runner;
    if (run !== undefined && (await state.run(run))?.status !== 'running')
      return yield* (await runLines(this.#config, run)).filter(isShown);
    const following = { reader: readerOf(this.#config.logs.dir, run), run, wanted: isShown };
    for await (const lines of followed(following, signal)) yield* lines;
  }

  async why(pipeline: string, key: string, field?: string): Promise<readonly Origin[]> {
    return (await originsOf(this.#config, pipeline, key, field)).fields;
  }

  /** Ends the runs under way after their batches, and gives everything back. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stop.abort(cancelReason);
    const opened = await this.#opening?.catch(() => undefined);
    await this.#runs.idle();
    try {
      await opened?.notifications.close();
      await this.#plans.close();
    } finally {
      await opened?.runner.close();
    }
  }

  async #start(started: Started): Promise<string> {
    const { runner } = await this.#open();
    return this.#runs.start(runner, { ...started, range: { allow_again: this.#shell.yes } });
  }

  /** A state that could not be opened is tried again. */
  #open(): Promise<Opened> {
    this.#opening ??= openRunner(this.#config).then(
      (runner) => {
        const notifications = openNotifications(this.#shell, runner);
        this.#notify = notifications.emit;
        return { runner, notifications };
      },
      (error: unknown) => {
        this.#opening = undefined;
        throw error;
      },
    );
    return this.#opening;
  }
}

function nothingToRetry(): SyncError {
  return new SyncError('usage/invalid', 'there are no rejects that can be retried', {
    hint: 'A pipeline that replaces its target has its rejects anew with each run.',
  });
}
