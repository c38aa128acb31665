import type { PipelineConfig } from '../../src/config/config.ts';
import { Scheduler } from '../../src/daemon/scheduler.ts';
import type { State } from '../../src/state/state.ts';
import { load } from '../config/load-text.ts';
import { fakeClock, type Step } from './clock.ts';

/** The pipelines of a config with these schedules, by name, as YAML. */
export async function scheduled(schedules: { readonly [name: string]: string }): Promise<PipelineConfig[]> {
  const pipelines = Object.entries(schedules)
    .map(([name, schedule]) => `  ${name}: { from: in.rows, to: db.${name}, schedule: ${schedule} }\n`)
    .join('');
  const config = await load(`version: 1
sources: { in: { type: file, streams: { rows: { path: rows.jsonl, primary_key: id } } } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
pipelines:
${pipelines}`);
  return [...config.pipelines.values()];
}

export interface Simulation {
  readonly state: State;
  readonly from: number;
  readonly until: number;
  readonly steps?: readonly Step[];
  readonly running?: (now: number) => ReadonlySet<string>;
  /** Called whenever the scheduler looks who is running. */
  readonly looks?: (scheduler: Scheduler, now: number) => Promise<void>;
}

/** What was started in a simulated time: the pipeline, and the instant its clock showed. */
export interface Started {
  readonly at: number;
  readonly pipelines: readonly string[];
  readonly paused: readonly string[];
}

/** Runs the scheduler through a simulated time, without waiting. */
export async function simulate(
  pipelines: readonly PipelineConfig[],
  { state, from, until, steps, running = () => new Set(), looks }: Simulation,
): Promise<{ readonly started: readonly Started[]; readonly told: readonly string[] }> {
  const stop = new AbortController();
  const clock = fakeClock(from, until, () => stop.abort(), steps);
  const started: Started[] = [];
  const told: string[] = [];
  const scheduler: Scheduler = new Scheduler(
    {
      clock,
      async running() {
        await looks?.(scheduler, clock.now());
        return running(clock.now());
      },
      start: (pipelines, paused) => started.push({ at: clock.now(), pipelines, paused: [...paused] }),
      tell: (_, pipeline, message) => told.push(`${pipeline}: ${message}`),
    },
    state,
  );
  await scheduler.watch(pipelines, state);
  await scheduler.run(stop.signal);
  return { started, told };
}

/** When a pipeline was started, as text that is easy to compare. */
export function timesOf(started: readonly Started[], pipeline: string): string[] {
  return started.filter(({ pipelines }) => pipelines.includes(pipeline)).map(({ at }) => iso(at));
}

export function iso(at: number): string {
  return new Date(at).toISOString();
}
