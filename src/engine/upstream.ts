import { resolve } from 'node:path';
import type { PipelineConfig } from '../config/config.ts';

/** Among these pipelines, one that writes what this one reads, as far as the config tells. */
export function upstreamOf(
  pipeline: PipelineConfig,
  all: readonly PipelineConfig[],
  directory: string,
): PipelineConfig | undefined {
  return all.find((other) => other !== pipeline && reads(pipeline, other, directory));
}

function reads(pipeline: PipelineConfig, { targets }: PipelineConfig, directory: string): boolean {
  return targets.some((target) => readsFrom(pipeline, target, directory));
}

function readsFrom(
  { source, stream }: PipelineConfig,
  { sink, target }: Pick<PipelineConfig, 'sink' | 'target'>,
  directory: string,
): boolean {
  const { path, table, query } = stream.options;
  if (typeof path === 'string' && typeof sink.options.dir === 'string')
    return isFile(resolve(directory, path), resolve(directory, sink.options.dir, target));
  if (source.plugin.name !== sink.plugin.name) return false;
  const { url } = source.options;
  if (url === undefined || placeOf(url, directory) !== placeOf(sink.options.url, directory)) return false;
  // A query that names the table somewhere reads it, most likely.
  return typeof query === 'string' ? query.includes(target) : table === target;
}

/** Whether a path or glob may mean a file, whose ending is not known. */
function isFile(path: string, file: string): boolean {
  const [fixed = '', ...rest] = path.split(/[*?[{]/);
  return rest.length > 0 ? file.startsWith(fixed) : path === file || path.startsWith(`${file}.`);
}

/** The same text for the same database file. */
function placeOf(url: unknown, directory: string): string {
  const text = String(url);
  return /^[a-z]+:\/\//i.test(text) && !text.startsWith('file:')
    ? text
    : resolve(directory, text.replace(/^file:(\/\/)?/, ''));
}
