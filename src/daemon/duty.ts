import { setTimeout } from 'node:timers/promises';
import type { Runner } from '../engine/runner.ts';
import { type Holder, type Lease, openState, type State, schedulerLease } from '../state/state.ts';
import { messagesOf } from './messages.ts';
import { Scheduler, type SchedulerState, type SchedulerWorld } from './scheduler.ts';

/** A daemon that stands by looks so often whether it has to take over. Milliseconds. */
const look = 2_000;

/** What the duty to schedule needs of the daemon. */
export interface DutyWorld {
  readonly scheduling: SchedulerWorld;
  /** The one whose config counts now. */
  runner(): Runner;
  /** Marks the runs whose process died. */
  findInterrupted(): Promise<void>;
  /** Does work while no config is being taken. */
  inTurn(work: () => Promise<void>): Promise<void>;
  /** Called when it began to schedule, and when it began to stand by. */
  changed(): void;
  tell(level: 'info' | 'warn', message: string): void;
}

/** Of the daemons on one state one schedules. The others stand by, and one of them takes over when it is gone. */
export class Duty {
  readonly #world: DutyWorld;
  /** Of its own: a config that goes takes its state's leases along. */
  #asked: { readonly file: string; readonly state: State } | undefined;
  #lease: Lease | undefined;
  #scheduler: Scheduler | undefined;
  /** Ends what is done now, waiting or scheduling. */
  #turn = new AbortController();
  #isServing = false;
  /** Why it stands by, as it was told. */
  #reason = '';

  constructor(world: DutyWorld) {
    this.#world = world;
  }

  get active(): boolean {
    return this.#lease !== undefined;
  }

  /** Why it stands by, for people; empty while it schedules. */
  get reason(): string {
    return this.#reason;
  }

  /** Looks at once whether something can start. */
  wake(): void {
    this.#scheduler?.wake();
  }

  /** Lets the schedule of a paused pipeline start it again. */
  async resume(pipeline: string): Promise<void> {
    if (this.#scheduler) await this.#scheduler.resume(pipeline);
    else await this.#world.runner().state.resume(pipeline);
  }

  /** Asks for the duty once. */
  async ask(): Promise<void> {
    const { state } = await this.#open(this.#world.runner().config.state);
    const answer = await state.acquire(schedulerLease, 'daemon', 0);
    if ('fence' in answer) this.#take(answer);
    else this.#standBy('info', nameOf(answer));
  }

  /** Takes the schedules of another config; those of another state have to be asked for there. */
  async watch(runner: Runner): Promise<void> {
    if (runner.config.state !== this.#asked?.file) this.#turn.abort();
    else if (this.#scheduler && this.#lease) await watchAll(this.#scheduler, runner, this.#lease);
  }

  /** Schedules while it has the duty, and else asks for it, until the signal is aborted. */
  async serve(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#turn.abort(), { once: true });
    this.#isServing = true;
    if (!this.active) this.#world.changed();
    while (!signal.aborted) {
      this.#turn = new AbortController();
      if (this.#lease) await this.#schedule(this.#lease, this.#turn);
      else {
        await setTimeout(look, undefined, { signal: this.#turn.signal }).catch(() => undefined);
        if (!signal.aborted) await this.#world.inTurn(() => this.#askAgain());
      }
    }
  }

  async close(): Promise<void> {
    await this.#asked?.state.close();
  }

  async #schedule(lease: Lease, turn: AbortController): Promise<void> {
    const { scheduling, runner, findInterrupted, inTurn, changed } = this.#world;
    lease.lost.addEventListener('abort', () => turn.abort(), { once: true });
    if (lease.lost.aborted) turn.abort();
    const scheduler = new Scheduler(scheduling, runner().state);
    let failure: string | undefined;
    try {
      await inTurn(async () => {
        await findInterrupted();
        await watchAll(scheduler, runner(), lease);
        this.#scheduler = scheduler;
        changed();
      });
      await scheduler.run(turn.signal);
    } catch (error) {
      failure = `the schedules cannot be watched: ${messagesOf(error).join('; ')}`;
    }
    this.#scheduler = undefined;
    this.#lease = undefined;
    // What cannot be given back expires.
    await lease.release().catch(() => undefined);
    if (lease.lost.aborted) failure = 'it gave no sign of life for too long';
    if (failure !== undefined) this.#standBy('warn', failure);
  }

  async #askAgain(): Promise<void> {
    try {
      await this.ask();
    } catch (error) {
      this.#standBy('warn', `the state cannot be asked: ${messagesOf(error).join('; ')}`);
    }
  }

  #take(lease: Lease): void {
    this.#lease = lease;
    if (this.#reason !== '') this.#world.tell('info', 'this daemon takes over');
    this.#reason = '';
  }

  #standBy(level: 'info' | 'warn', reason: string): void {
    if (reason === this.#reason) return;
    this.#reason = reason;
    this.#world.tell(level, `this daemon stands by: ${reason}`);
    if (this.#isServing) this.#world.changed();
  }

  async #open(file: string): Promise<{ readonly state: State }> {
    if (this.#asked?.file === file) return this.#asked;
    await this.#asked?.state.close();
    this.#asked = undefined;
    this.#asked = { file, state: await openState(file) };
    return this.#asked;
  }
}

function watchAll(scheduler: Scheduler, { config, state }: Runner, { fence }: Lease): Promise<void> {
  const schedules: SchedulerState = {
    ...state,
    // A daemon that was suspended finds its occurrences dealt with, and must not count them again.
    takeOccurrence: (pipeline, at, skipped) => state.takeOccurrence(pipeline, at, skipped, fence),
  };
  return scheduler.watch(config.pipelines.values(), schedules);
}

function nameOf({ host, pid, since }: Holder): string {
  return `process ${pid} on ${host} schedules since ${since}`;
}
