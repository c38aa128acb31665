import type { PipelineConfig } from '../config/config.ts';
import type { Schedule } from '../config/schedule.ts';
import { plural } from '../model/plural.ts';
import type { Pauses, Schedules } from '../state/state.ts';
import type { Clock } from './clock.ts';
import { delayOf, dueOccurrences, mostCounted } from './occurrences.ts';

/** What the scheduler needs of the daemon. */
export interface SchedulerWorld {
  readonly clock: Clock;
  /** The pipelines that are running, here or in another process. */
  running(): Promise<ReadonlySet<string>>;
  /** Starts one run of these pipelines, which occurred at the same time, and of what follows and is not paused. */
  start(pipelines: readonly string[], paused: ReadonlySet<string>): void;
  tell(level: 'info' | 'warn', pipeline: string, message: string): void;
}

/** Noticed later than this, an occurrence was missed: the machine slept, or its clock was set. Milliseconds. */
const punctual = 60_000;
/** What the state would not take is tried again after this time. */
const again = 10_000;

interface Pending {
  /** It stands for all that fell due with it. */
  readonly occurrence: number;
  readonly number: number;
  /** Nobody was there for it. */
  readonly missed: boolean;
  /** When it is acted on. */
  readonly at: number;
}

/** What becomes of an occurrence. */
type Outcome = 'run' | 'missed' | 'skipped' | 'paused';

interface Watch {
  schedule: Schedule;
  readonly text: string;
  /** Occurrences up to here were noticed. */
  through: number;
  /** Those before this were missed. */
  since: number;
  pending?: Pending;
  /** A run follows as soon as the pipeline is free. */
  queued: boolean;
}

/** What the scheduler needs of the state. */
export type SchedulerState = Schedules & Pauses;

/** Starts pipelines when their schedules say so: each occurrence at most once, whatever the clock does. */
export class Scheduler {
  readonly #world: SchedulerWorld;
  #state: SchedulerState;
  /** As the state last said. */
  #paused: ReadonlySet<string> = new Set();
  #watches = new Map<string, Watch>();
  #sleep = new AbortController();

  constructor(world: SchedulerWorld, state: SchedulerState) {
    this.#world = world;
    this.#state = state;
  }

  /** From now on these pipelines are started by their schedules, and no others. */
  async watch(pipelines: Iterable<PipelineConfig>, state: SchedulerState): Promise<void> {
    const now = this.#world.clock.now();
    const watches = new Map<string, Watch>();
    for (const { name, schedule, enabled } of pipelines) {
      if (schedule === undefined || !enabled) continue;
      const text = JSON.stringify(schedule.when);
      const through = await state.watchSchedule(name, text, now);
      const known = this.#watches.get(name);
      if (known?.text === text) known.schedule = schedule;
      watches.set(
        name,
        known?.text === text ? known : { schedule, text, through, since: now, queued: false },
      );
    }
    await state.keepSchedules([...watches.keys()]);
    this.#state = state;
    this.#watches = watches;
    this.wake();
  }

  /** Looks at once whether something can start. */
  wake(): void {
    this.#sleep.abort();
  }

  /** Lets the schedule of a paused pipeline start it again. What occurred until now is left out. */
  async resume(name: string): Promise<void> {
    const state = this.#state;
    if (!(await state.paused()).has(name)) return;
    const watch = this.#watches.get(name);
    if (watch) {
      this.#notice(name, watch, this.#world.clock.now());
      const { pending } = watch;
      if (pending) await state.takeOccurrence(name, pending.occurrence, pending.number);
      watch.pending = undefined;
      watch.queued = false;
    }
    await state.resume(name);
  }

  /** Until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.wake(), { once: true });
    while (!signal.aborted) {
      this.#sleep = new AbortController();
      await this.#act(this.#world.clock.now());
      if (!signal.aborted) await this.#world.clock.sleepUntil(this.#next(), this.#sleep.signal);
    }
  }

  /** When there is something to do again. */
  #next(): number {
    const times = [...this.#watches.values()].flatMap(({ schedule, through, pending }) => [
      schedule.next(through) ?? Number.POSITIVE_INFINITY,
      pending?.at ?? Number.POSITIVE_INFINITY,
    ]);
    return Math.min(...times);
  }

  /** Deals with what fell due; what occurred at the same time runs together. */
  async #act(now: number): Promise<void> {
    const watches = [...this.#watches];
    for (const [name, watch] of watches) this.#notice(name, watch, now);
    const ready = watches.filter(([, { pending, queued }]) => queued || (pending && pending.at <= now));
    if (ready.length === 0) return;
    const running = await this.#world.running();
    this.#paused = await this.#state.paused().then(
      (paused) => new Set(paused.keys()),
      () => this.#paused,
    );
    const starting = new Map<number | undefined, string[]>();
    for (const [name, watch] of ready) {
      const occurrence = watch.pending?.occurrence;
      if (!(await this.#take(name, watch, running.has(name), now))) continue;
      starting.set(occurrence, [...(starting.get(occurrence) ?? []), name]);
    }
    for (const pipelines of starting.values()) this.#world.start(pipelines, this.#paused);
  }

  #notice(name: string, watch: Watch, now: number): void {
    const { schedule } = watch;
    // The clock was set back: these instants come again, and the state knows which of them were taken.
    watch.since = Math.min(watch.since, now);
    const due = dueOccurrences(schedule, Math.min(watch.through, now), now);
    watch.through = now;
    if (due === undefined) return;
    const { latest, number } = due;
    const before = watch.pending?.number ?? 0;
    watch.pending = {
      occurrence: latest,
      number: before + number,
      missed: latest < watch.since || now - latest > punctual,
      at: latest + delayOf(name, latest, schedule.jitter),
    };
  }

  /** Takes what is pending, and tells whether the pipeline starts now. */
  async #take(name: string, watch: Watch, running: boolean, now: number): Promise<boolean> {
    const { pending } = watch;
    if (pending && pending.at <= now) {
      const runs = this.#outcome(name, watch, pending, running) === 'run';
      try {
        const skipped = pending.number - (runs ? 1 : 0);
        const taken = await this.#state.takeOccurrence(name, pending.occurrence, skipped);
        if (taken) this.#explain(name, watch, pending, running);
        watch.queued ||= taken && runs;
        watch.pending = undefined;
      } catch (error) {
        watch.pending = { ...pending, at: now + again };
        const reason = error instanceof Error ? error.message : String(error);
        this.#world.tell('warn', name, `its schedule waits for the state: ${reason}`);
      }
    }
    if (watch.queued && this.#paused.has(name)) await this.#leaveOut(name, watch);
    const starts = watch.queued && !running;
    if (starts) watch.queued = false;
    return starts;
  }

  /** The pipeline was paused before the run that was to follow. */
  async #leaveOut(name: string, watch: Watch): Promise<void> {
    watch.queued = false;
    // That one more did not run is not worth a daemon.
    await this.#state.skipOccurrence(name).catch(() => undefined);
  }

  #outcome(name: string, { schedule, queued }: Watch, { missed }: Pending, running: boolean): Outcome {
    if (this.#paused.has(name)) return 'paused';
    if (missed && schedule.catch_up === 'none') return 'missed';
    if (!running && !queued) return 'run';
    return schedule.overlap === 'queue' && !queued ? 'run' : 'skipped';
  }

  #explain(name: string, watch: Watch, pending: Pending, running: boolean): void {
    const { number, missed, occurrence } = pending;
    const tell = (message: string) => this.#world.tell('info', name, message);
    const outcome = this.#outcome(name, watch, pending, running);
    const those = `${number < mostCounted ? '' : 'at least '}${plural(number, 'occurrence')} of its schedule`;
    if (outcome === 'paused') tell(`it is paused: ${those} left out`);
    else if (outcome === 'missed') tell(`${those} missed, and left out`);
    else if (outcome === 'skipped')
      tell(`it still runs: its occurrence at ${new Date(occurrence).toISOString()} is skipped`);
    else if (running) tell('it still runs: one run follows');
    else if (missed) tell(`${those} missed: one run makes up for them`);
  }
}
