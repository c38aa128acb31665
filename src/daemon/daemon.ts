import { join, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Emit } from '../engine/events.ts';
import type { ReportBug } from '../engine/failure.ts';
import { openRunner, type Runner } from '../engine/runner.ts';
import { standings, withFollowers } from '../engine/standing.ts';
import { SyncError } from '../model/errors.ts';
import { plural } from '../model/plural.ts';
import { type Notifier, openNotifier } from '../notify/notifier.ts';
import type { Control, LiveStanding } from './api/control.ts';
import { openApi } from './api/server.ts';
import { type Clock, systemClock } from './clock.ts';
import { messagesOf } from './messages.ts';
import { Runs } from './runs.ts';
import { Scheduler } from './scheduler.ts';
import { keptToken, tokenFile } from './token.ts';
import { type FileWatch, watchFiles } from './watch.ts';

export interface DaemonOptions {
  /** Reads the config anew; throws a `ConfigError` when it is wrong. */
  readonly load: () => Promise<Config>;
  /** The file of variables, where it is not `.env` beside the config. Absolute. */
  readonly environmentFile?: string;
  readonly emit: Emit;
  /** Stops everything, once the batches under way are committed. */
  readonly signal: AbortSignal;
  readonly report_bug?: ReportBug;
}

/** How long the notifications of an old config, and all when the daemon stops, may take; in milliseconds. */
const drain = { reload: 90_000, stop: 2_000 };

/** Runs pipelines by their schedules, and when it is asked to, until it is stopped. */
export class Daemon implements Control {
  readonly #options: DaemonOptions;
  readonly #clock: Clock = systemClock;
  readonly #runs: Runs;
  readonly #scheduler: Scheduler;
  #runner: Runner;
  #notifier: Notifier;
  /** Those of old configs, which still deliver. */
  readonly #draining = new Set<Notifier>();
  /** Reloads come one after the other; runners of old configs close when their last run has ended. */
  #reloading: Promise<void> = Promise.resolve();
  readonly #closing = new Set<Promise<void>>();
  #watchAlso: FileWatch['add'] = async () => undefined;

  private constructor(runner: Runner, options: DaemonOptions) {
    const { signal, report_bug } = options;
    this.#runner = runner;
    this.#options = options;
    this.#notifier = this.#openNotifier(runner);
    this.#runs = new Runs(
      {
        emit: (event) => {
          options.emit(event);
          this.#notifier.emit(event);
        },
        signal,
        report_bug,
        freed: () => this.#scheduler.wake(),
        failed: (error) => this.#tellError('a run did not end well', error),
      },
      runner.config.daemon.concurrency,
    );
    this.#scheduler = new Scheduler(
      {
        clock: this.#clock,
        running: () => this.#running(),
        start: (pipelines) => this.#startScheduled(pipelines),
        tell: (level, pipeline, message) => this.#tell(level, message, pipeline),
      },
      runner.state,
    );
  }

  /** Opens the state; runs whose process died are told, and marked `interrupted`. */
  static async open(config: Config, options: DaemonOptions): Promise<Daemon> {
    return new Daemon(await openRunner(config), options);
  }

  /** Works until it is stopped, and then until its runs have ended. */
  async serve(): Promise<void> {
    const { config, state } = this.#runner;
    const closes: (() => Promise<unknown>)[] = [() => this.#end()];
    try {
      const interrupted = await state.markInterrupted();
      for (const run of interrupted) this.#tell('warn', `run ${run} was interrupted: its process died`);
      this.#notifier.interrupted(interrupted);
      const api = await this.#listen(config);
      closes.push(() => api.close());
      const files = await watchFiles(this.#filesOf(config), () => this.reload());
      closes.push(() => files.close());
      this.#watchAlso = files.add;
      await this.#watchSchedules(this.#runner);
      this.#tell('info', this.#scheduled(config));
      await this.#scheduler.run(this.#options.signal);
      this.#tell('info', 'stopping: batches under way are committed');
    } finally {
      await this.#reloading;
      await this.#runs.idle();
      for (const close of closes.reverse()) await close();
    }
  }

  /** Takes the config as its file is now. When it is wrong the old one stays; what runs ends under the old one. */
  reload(): Promise<void> {
    this.#reloading = this.#reloading.then(() => this.#takeConfig());
    return this.#reloading;
  }

  async status(): Promise<readonly LiveStanding[]> {
    const { config, state } = this.#runner;
    const all = await standings(config, state, this.#clock.now());
    return all.map((standing) => ({
      ...standing,
      counts: standing.running && this.#runs.of(standing.pipeline)?.counts.get(standing.pipeline),
    }));
  }

  async start(name: string): Promise<string> {
    const busy = (await this.#running()).has(name);
    const runner = this.#runner;
    const pipeline = runner.config.pipelines.get(name);
    if (this.#options.signal.aborted) throw new SyncError('daemon/stopping', 'the daemon is being stopped');
    if (pipeline === undefined)
      throw new SyncError('usage/unknown_pipeline', 'there is no pipeline of that name in the config', {
        hint: 'GET /api/v1/status lists them.',
      });
    if (busy || this.#runs.of(name) !== undefined)
      throw new SyncError('lease/held', `pipeline "${name}" is running already`, {
        hint: 'Wait for it to end: GET /api/v1/status tells its run.',
      });
    return this.#runs.start(runner, [pipeline]);
  }

  run(id: string) {
    return this.#runner.state.run(id);
  }

  live(id: string) {
    return this.#runs.live(id);
  }

  async ready(): Promise<boolean> {
    if (this.#options.signal.aborted) return false;
    return this.#runner.state.status().then(
      () => true,
      () => false,
    );
  }

  async #listen(config: Config): Promise<{ close(): Promise<void> }> {
    const { listen, token } = config.daemon;
    const file = tokenFile(config.directory);
    const api = await openApi(this, {
      listen,
      token: token ?? (await keptToken(file)),
      failed: (error) => this.#tellError('a request failed', error),
    });
    this.#tell(
      'info',
      `the API listens on ${api.url}, its token is ${token === undefined ? `in ${file}` : 'daemon.token of the config'}`,
    );
    return api;
  }

  async #takeConfig(): Promise<void> {
    try {
      const config = await this.#options.load();
      const runner = await openRunner(config);
      await this.#watchSchedules(runner).catch(async (error: unknown) => {
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

  #watchSchedules({ config, state }: Runner): Promise<void> {
    return this.#scheduler.watch(config.pipelines.values(), state);
  }

  #scheduled({ pipelines }: Config): string {
    const scheduled = [...pipelines.values()].filter(
      ({ enabled, schedule }) => enabled && schedule !== undefined,
    );
    return `${plural(scheduled.length, 'pipeline')} with a schedule`;
  }

  #startScheduled(names: readonly string[]): void {
    const pipelines = withFollowers(this.#runner.config, names);
    if (pipelines.length === 0 || this.#options.signal.aborted) return;
    this.#runs
      .start(this.#runner, pipelines)
      .catch((error: unknown) => this.#tellError('a run could not be started', error));
  }

  /** Where the state cannot be asked, what runs here is known all the same. */
  async #running(): Promise<ReadonlySet<string>> {
    const known = await this.#runner.state.status().catch(() => []);
    const running = known.filter(({ status }) => status === 'running').map(({ pipeline }) => pipeline);
    return new Set([...running, ...this.#runs.running()]);
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
    this.#options.emit({ type: 'notice', at: new Date().toISOString(), level, message, pipeline });
  }
}
