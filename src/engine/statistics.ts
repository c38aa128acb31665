import type { Config } from '../config/config.ts';
import type { State } from '../state/state.ts';
import { type PipelineStanding, standings } from './standing.ts';

export interface Statistics {
  readonly targets: readonly { readonly pipeline: string; readonly sink: string; readonly target: string }[];
  readonly runs: { readonly [status: string]: number };
  readonly pipelines: readonly (Pick<PipelineStanding, 'pipeline' | 'status' | 'lastRun' | 'lastSuccess'> & {
    readonly checkpoint: { readonly kind: 'none'; readonly held: boolean };
  })[];
}

interface StatisticsOptions {
  readonly signal?: AbortSignal;
}

/** What has come of the pipelines so far. */
export async function statistics(
  config: Config,
  state: State,
  { signal }: StatisticsOptions = {},
): Promise<Statistics> {
  signal?.throwIfAborted();
  const found = await standings(config, state, Date.now());
  const pipelines = found.map(({ pipeline, status, lastRun, lastSuccess }) => {
    return { pipeline, status, lastRun, lastSuccess, checkpoint: { kind: 'none', held: false } as const };
  });
  return { targets: [], runs: {}, pipelines };
}
