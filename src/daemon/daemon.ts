import { join, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Emit, RunEvent } from '../engine/events.ts';
import type { ReportBug } from '../engine/failure.ts';
import { openRunner, type Runner } from '../engine/runner.ts';
import { standings, withFollowers } from '../engine/standing.ts';
import { plural } from '../model/plural.ts';
import { type Notifier, openNotifier } from '../notify/notifier.ts';
import { type Clock, systemClock } from './clock.ts';
import { DaemonControl } from './control.ts';
import { Duty } from './duty.ts';
import { listenWhenFree } from './listening.ts';
import { messagesOf } from './messages.ts';
import { Metrics } from './metrics.ts';
import { Runs } from './runs.ts';
import { reloading, type ServiceManager } from './systemd.ts';
import { type FileWatch, watchFiles } from './watch.ts';

export interface DaemonOptions {
  /** Reads the config anew; throws a `ConfigError` when it is wrong. */
  readonly load: () => Promise<Config>;
  /** The file of variables, where it is not `.env` beside the config. Absolute. */
  readonly environmentFile?: string;
  readonly emit: Emit;
  /** Of Syncline. */
  readonly version: string;
  /** What started the daemon, and hears how it is. */
  readonly service: ServiceManager;
  /** Stops everything, once the batches under way are committed. */
  readonly signal: AbortSignal;
  readonly report_bug?: ReportBug;
}

/** How long the notifications of an old config, and all when the daemon stops, may take; in milliseconds. */
const drain = { reload: 90_000, stop: 2_000 };

/** Runs pipelines by their schedules, and when it is asked to, until it is stopped. */
export class Daemon {
  readonly #options: DaemonOptions;
  readonly #clock: Clock = systemClock;
  readonly #runs: Runs;
  readonly #duty: Duty;
  readonly #metrics: Metrics;
  #runner: Runner;
  #notifier: Notifier;
  /** Those of old configs, which still deliver. */
  readonly #draining = new Set<Notifier>();
  /** Reloads come one after the other; runners of old configs close when their last run has ended. */
  #reloading: Promise<void> = Promise.resolve();
  readonly #closing = new Set<Promise<void>>();
  #watchAlso: FileWatch['add'] = async () => undefined;

  private constructor(runner: Runner, options: DaemonOptions) {
    const { signal, report_bug, version } = options;
    this.#runner = runner;
    this.#options = options;
    this.#notifier = this.#openNotifier(runner);
    this.#metrics = new Metrics({
      version,
      active: () => this.#duty.active,
      standings: () => this.#standings(),
    });
    this.#runs = new Runs(
      {
        emit: (event) => {
          this.#emit(event);
          this.#notifier.emit(event);
        },
        signal,
        report_bug,
        freed: () => this.#duty.wake(),
        failed: (error) => this.#tellError('a run did not end well', error),
      },
      runner.config.daemon.concurrency,
    );
    this.#duty = new Duty({
      scheduling: {
        clock: this.#clock,
        running: () => this.#running(),
        start: (pipelines, paused) => this.#startScheduled(pipelines, paused),
        tell: (level, pipeline, message) => this.#tell(level, message, pipeline),
      },
      runner: () => this.#runner,
      findInterrupted: () => this.#findInterrupted(),
      inTurn: (work) => this.#inTurn(work),
      changed: () => this.#tellDuty(),
      tell: (level, message) => this.#tell(level, message),
    });
  }

  /** Opens the state. */
  static async open(config: Config, options: DaemonOptions): Promise<Daemon> {
    return new Daemon(await openRunner(config), options);
  }

  /** Works until it is stopped, and then until its runs have ended. */
  async serve(): Promise<void> {
    const { config } = this.#runner;
    const { service, signal } = this.#options;
    const closes: (() => Promise<unknown>)[] = [() => this.#end(), () => this.#duty.close()];
    const stop = () => service.tell('STOPPING=1', 'STATUS=stopping: batches under way are committed');
    signal.addEventListener('abort', stop, { once: true });
    try {
      await this.#duty.ask();
      const api = await listenWhenFree(this.#control(), {
        config,
        mayWait: !this.#duty.active,
        tell: (message) => this.#tell('info', message),
        failed: (what, error) => this.#tellError(what, error),
      });
      closes.push(() => api.close());
      const files = await watchFiles(this.#filesOf(config), () => this.reload());
      closes.push(() => files.close());
      this.#watchAlso = files.add;
      await this.#duty.serve(signal);
      this.#tell('info', 'stopping: batches under way are committed');
    } finally {
      await this.#reloading;
      await this.#runs.idle();
      for (const close of closes.reverse()) await close();
    }
  }

  /** Takes the config as its file is now. When it is wrong the old one stays; what runs ends under the old one. */
  reload(): Promise<void> {
    return this.#inTurn(async () => {
      this.#options.service.tell(...reloading());
      await this.#takeConfig();
      this.#options.service.tell('READY=1', this.#standing());
    });
  }

  #control(): DaemonControl {
    return new DaemonControl({
      runner: () => this.#runner,
      runs: this.#runs,
      duty: this.#duty,
      metrics: this.#metrics,
      running: () => this.#running(),
      findInterrupted: () => this.#findInterrupted(),
      signal: this.#options.signal,
      now: () => this.#clock.now(),
    });
  }

  async #takeConfig(): Promise<void> {
    try {
      const config = await this.#options.load();
      const runner = await openRunner(config);
      await this.#duty.watch(runner).catch(async (error: unknown) => {
        await runner.close();
        throw error;
      });
      await this.#replace(runner);
    } catch (error) {
      this.#tell('warn', 'the config cannot be used, and the old one stays');
      for (const message of messagesOf(error)) this.#tell('warn', message);
    }
  }

  async #replace(runner: Runner): Promise<void> {
    const old = this.#runner;
    const notifier = this.#notifier;
    this.#runner = runner;
    this.#notifier = this.#openNotifier(runner);
    this.#draining.add(notifier);
    const closing = this.#runs
      .idle(old)
      .then(() => notifier.close(drain.reload))
      .finally(() => this.#draining.delete(notifier))
      .then(() => old.close())
      .catch((error: unknown) => this.#tellError('the state of the old config was not closed', error))
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    const { config } = runner;
    this.#runs.slots.concurrency = config.daemon.concurrency;
    await this.#watchAlso(this.#filesOf(config));
    this.#tell('info', `the config was read anew: ${this.#scheduled(config)}`);
    this.#tellUnchanged(old.config, config);
  }

  #tellUnchanged({ daemon: old }: Config, { daemon }: Config): void {
    const same = (['listen', 'token', 'grace'] as const).every(
      (key) => JSON.stringify(old[key]) === JSON.stringify(daemon[key]),
    );
    if (!same) this.#tell('warn', 'daemon.listen, token and grace take effect at the next start');
  }

  #scheduled({ pipelines }: Config): string {
    const scheduled = [...pipelines.values()].filter(
      ({ enabled, schedule }) => enabled && schedule !== undefined,
    );
    return `${plural(scheduled.length, 'pipeline')} with a schedule`;
  }

  #standings() {
    return standings(this.#runner.config, this.#runner.state, this.#clock.now());
  }

  /** The first time, it is how the daemon began. */
  #tellDuty(): void {
    const { service, signal } = this.#options;
    if (this.#duty.active) this.#tell('info', this.#scheduled(this.#runner.config));
    if (!signal.aborted) service.tell('READY=1', this.#standing());
  }

  /** How the daemon stands, as systemd shows it. */
  #standing(): string {
    const { active, reason } = this.#duty;
    return `STATUS=${active ? `active: ${this.#scheduled(this.#runner.config)}` : `standby: ${reason}`}`;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#reloading.then(work);
    this.#reloading = done.catch(() => undefined);
    return done;
  }

  #startScheduled(names: readonly string[], paused: ReadonlySet<string>): void {
    const pipelines = withFollowers(this.#runner.config, names, paused);
    if (pipelines.length === 0 || this.#options.signal.aborted) return;
    this.#runs
      .start(this.#runner, { pipelines })
      .catch((error: unknown) => this.#tellError('a run could not be started', error));
  }

  /** Where the state cannot be asked, what runs here is known all the same. */
  async #running(): Promise<ReadonlySet<string>> {
    const known = await this.#runner.state.status().catch(() => []);
    const running = known.filter(({ status }) => status === 'running').map(({ pipeline }) => pipeline);
    return new Set([...running, ...this.#runs.running()]);
  }

  /** Marks the runs whose process died, and tells of them. */
  async #findInterrupted(): Promise<void> {
    const runs = await this.#runner.state.markInterrupted();
    for (const run of runs) this.#tell('warn', `run ${run} was interrupted: its process died`);
    this.#notifier.interrupted(runs);
  }

  async #end(): Promise<void> {
    await Promise.all([this.#notifier, ...this.#draining].map((one) => one.close(drain.stop)));
    await Promise.all(this.#closing);
    await this.#runner.close();
  }

  #openNotifier({ config, state }: Runner): Notifier {
    return openNotifier(config, state, { tell: (level, message) => this.#tell(level, message) });
  }

  #filesOf({ files, directory }: Config): readonly string[] {
    return [...files, resolve(this.#options.environmentFile ?? join(directory, '.env'))];
  }

  #tellError(what: string, error: unknown): void {
    for (const message of messagesOf(error)) this.#tell('warn', `${what}: ${message}`);
  }

  #tell(level: 'info' | 'warn', message: string, pipeline?: string): void {
    this.#emit({ type: 'notice', at: new Date().toISOString(), level, message, pipeline });
  }

  #emit(event: RunEvent): void {
    this.#metrics.emit(event);
    this.#options.emit(event);
  }
}
