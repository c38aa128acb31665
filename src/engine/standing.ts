import type { Config, PipelineConfig } from '../config/config.ts';
import type { EndedPipeline, PipelineStatus, State } from '../state/state.ts';
import { partitionLabel } from './parts.ts';

export const standingWords = ['idle', 'running', 'failed', 'never_run', 'paused'] as const;
/** How something stands, in a word: `failed` when its last run was, `paused` when its schedule starts nothing. */
export type StandingWord = (typeof standingWords)[number];

/** How many stand so. */
type StandingTotals = { readonly [word in StandingWord]: number };

/** How a pipeline, or one partition of it, stands. */
export interface Standing extends Pick<PipelineStatus, 'lastRun' | 'lastSuccess' | 'cursor'> {
  readonly status: StandingWord;
  /** Seconds since the start of the last success: what changed since then may be missing. */
  readonly lag?: number;
  /** When it runs next by its schedule, or by those of the pipelines it comes after. ISO 8601, UTC. */
  readonly nextRun?: string;
}

/** How a pipeline of the config stands. */
export interface PipelineStanding extends Standing, Pick<PipelineStatus, 'running'> {
  readonly pipeline: string;
  /** How many occurrences of its schedule did not run: it still ran, it was paused, or nobody was there. */
  readonly skipped?: number;
  /** Where its stream has partitions. */
  readonly partitions?: { readonly [partition: string]: Standing };
}

/** How each pipeline of the config stands, in their order. `now` is in milliseconds since 1970. */
export async function standings(config: Config, state: State, now: number): Promise<PipelineStanding[]> {
  const known = new Map((await state.status()).map((one) => [one.pipeline, one]));
  const skipped = await state.skippedOccurrences();
  const paused = await state.paused();
  return [...config.pipelines.values()].map((pipeline) => {
    const { name, stream } = pipeline;
    const { running, partitions = {}, ...whole } = known.get(name) ?? {};
    const next = nextRun(config, pipeline, paused, now);
    const nextTime = next === undefined ? undefined : new Date(next).toISOString();
    const standing = ({ status, lastRun, lastSuccess, cursor }: Partial<Standing> = {}): Standing => ({
      status: paused.has(name) && status !== 'running' ? 'paused' : (status ?? 'never_run'),
      lastRun,
      lastSuccess,
      lag: lastSuccess && lagOf(lastSuccess, now),
      nextRun: nextTime,
      // A sync token says nothing to people, and gives away what it stands for.
      cursor: stream.tokens ? undefined : cursor,
    });
    const labels = stream.partitions.map(partitionLabel);
    return {
      pipeline: name,
      ...standing(whole),
      running,
      skipped: skipped.get(name),
      partitions:
        labels.length === 0
          ? undefined
          : Object.fromEntries(labels.map((label) => [label, standing(partitions[label])])),
    };
  });
}

export function standingTotals(pipelines: readonly Pick<Standing, 'status'>[]): StandingTotals {
  const number = (word: StandingWord) => pipelines.filter(({ status }) => status === word).length;
  return Object.fromEntries(standingWords.map((word) => [word, number(word)])) as StandingTotals;
}

function lagOf({ startedAt }: EndedPipeline, now: number): number {
  return Math.max(0, Math.round((now - Date.parse(startedAt)) / 1000));
}

/** None while it is paused. */
function nextRun(
  config: Config,
  { name, enabled, schedule, after }: PipelineConfig,
  paused: Paused,
  now: number,
): number | undefined {
  if (!enabled || paused.has(name)) return undefined;
  if (schedule !== undefined) return schedule.next(now);
  const upstreams = after.pipelines.flatMap((name) => config.pipelines.get(name) ?? []);
  const times = upstreams.flatMap((upstream) => nextRun(config, upstream, paused, now) ?? []);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** The names of pipelines that are paused. */
type Paused = Pick<ReadonlySet<string>, 'has'>;

/**
 * The pipelines of a scheduled run: those whose schedules occurred, and those that come after them, have no schedule of
 * their own and are not paused. Names that the config no longer has are left out.
 */
export function withFollowers(config: Config, names: readonly string[], paused: Paused): PipelineConfig[] {
  const all = [...config.pipelines.values()];
  const wanted = new Set(names);
  const follows = ({ name, enabled, schedule, after }: PipelineConfig) =>
    enabled &&
    !paused.has(name) &&
    schedule === undefined &&
    !wanted.has(name) &&
    after.pipelines.some((other) => wanted.has(other));
  for (let more = all.filter(follows); more.length > 0; more = all.filter(follows))
    for (const { name } of more) wanted.add(name);
  return all.filter(({ name }) => wanted.has(name));
}
