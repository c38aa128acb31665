import type { Config, PipelineConfig } from '../config/config.ts';
import type { RejectFilter, State } from '../state/state.ts';

/** Which pipelines have rejects that can be retried. */
export interface Retriable {
  readonly pipelines: readonly PipelineConfig[];
  /** Names of pipelines that have rejects, and are not in the config any more. */
  readonly unknown: readonly string[];
  /** Of all there are, those left alone: each of their runs replaces the target whole, and has its rejects anew. */
  readonly replaced: readonly string[];
}

/** The pipelines whose rejects a retry is about. One that replaces its target and was asked for by name is refused by its run. */
export async function retriable(config: Config, state: State, filter: RejectFilter): Promise<Retriable> {
  const names = new Set((await state.rejectSummaries(filter)).map(({ pipeline }) => pipeline));
  const known = [...config.pipelines.values()].filter(({ name }) => names.has(name));
  const isAll = filter.run === undefined && filter.pipeline === undefined;
  const replacing = known.filter(({ targets }) => isAll && targets.some(({ mode }) => mode === 'replace'));
  return {
    pipelines: known.filter((pipeline) => !replacing.includes(pipeline)),
    unknown: [...names].filter((name) => !config.pipelines.has(name)),
    replaced: replacing.map(({ name }) => name),
  };
}
