import type { Config, PipelineConfig } from '../config/config.ts';
import type { PipelineStatus, State } from '../state/state.ts';

/** How a pipeline of the config stands. */
export interface PipelineStanding extends PipelineStatus {
  /** When it runs next by its schedule, or by those of the pipelines it comes after. ISO 8601, UTC. */
  readonly nextRun?: string;
  /** How many occurrences of its schedule did not run: it still ran, or nobody was there. */
  readonly skipped?: number;
}

/** How each pipeline of the config stands, in their order. `now` is in milliseconds since 1970. */
export async function standings(config: Config, state: State, now: number): Promise<PipelineStanding[]> {
  const known = new Map((await state.status()).map((one) => [one.pipeline, one]));
  const skipped = await state.skippedOccurrences();
  return [...config.pipelines.values()].map((pipeline) => {
    const { name } = pipeline;
    const next = nextRun(config, pipeline, now);
    return {
      ...(known.get(name) ?? { pipeline: name, status: 'never_run' as const }),
      nextRun: next === undefined ? undefined : new Date(next).toISOString(),
      skipped: skipped.get(name),
    };
  });
}

function nextRun(
  config: Config,
  { enabled, schedule, after }: PipelineConfig,
  now: number,
): number | undefined {
  if (!enabled) return undefined;
  if (schedule !== undefined) return schedule.next(now);
  const upstreams = after.pipelines.flatMap((name) => config.pipelines.get(name) ?? []);
  const times = upstreams.flatMap((upstream) => nextRun(config, upstream, now) ?? []);
  return times.length === 0 ? undefined : Math.min(...times);
}

/**
 * The pipelines of a scheduled run: those whose schedules occurred, and those that come after them and have no schedule
 * of their own. Names that the config no longer has are left out.
 */
export function withFollowers(config: Config, names: readonly string[]): PipelineConfig[] {
  const all = [...config.pipelines.values()];
  const wanted = new Set(names);
  const follows = ({ name, enabled, schedule, after }: PipelineConfig) =>
    enabled &&
    schedule === undefined &&
    !wanted.has(name) &&
    after.pipelines.some((other) => wanted.has(other));
  for (let more = all.filter(follows); more.length > 0; more = all.filter(follows))
    for (const { name } of more) wanted.add(name);
  return all.filter(({ name }) => wanted.has(name));
}
