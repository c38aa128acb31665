import type { Config, PipelineConfig } from '../config/config.ts';
import { matchesGlob } from '../config/glob.ts';
import { didYouMean } from '../config/suggest.ts';
import { SyncError } from '../model/errors.ts';

/**
 * The pipelines of a run, in the order of the config. `names` are exact; a selector is a name, a glob with `*`, or
 * `tag:NAME`. Nothing named: all that are enabled. A disabled pipeline runs only when named exactly or by a tag.
 */
export function selectPipelines(
  config: Config,
  names: readonly string[],
  selectors: readonly string[],
): PipelineConfig[] {
  const all = [...config.pipelines.values()];
  if (names.length + selectors.length === 0) return all.filter((pipeline) => pipeline.enabled);
  const wanted = new Set<PipelineConfig>();
  for (const name of names) wanted.add(pipelineNamed(config, name));
  for (const selector of selectors) for (const pipeline of matching(config, selector)) wanted.add(pipeline);
  return all.filter((pipeline) => wanted.has(pipeline));
}

/** The pipeline of that name; throws `usage/unknown_pipeline`. */
export function pipelineNamed(config: Config, name: string): PipelineConfig {
  const found = config.pipelines.get(name);
  if (found) return found;
  const known = [...config.pipelines.keys()];
  const near = didYouMean(name, known);
  throw new SyncError('usage/unknown_pipeline', `there is no pipeline "${name}" in ${config.file}`, {
    hint: near ? `did you mean "${near}"?` : `The pipelines are: ${known.join(', ')}.`,
  });
}

function matching(config: Config, selector: string): PipelineConfig[] {
  const all = [...config.pipelines.values()];
  const found = selector.startsWith('tag:')
    ? all.filter((pipeline) => pipeline.tags.includes(selector.slice(4)))
    : selector.includes('*')
      ? all.filter((pipeline) => pipeline.enabled && matchesGlob(selector, pipeline.name))
      : [pipelineNamed(config, selector)];
  if (found.length > 0) return found;
  throw new SyncError('usage/unknown_pipeline', `no enabled pipeline matches "${selector}"`, {
    hint: `The pipelines are: ${all.map((pipeline) => pipeline.name).join(', ')}.`,
  });
}
