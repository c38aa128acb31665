import { printJson } from '../model/json.ts';
import type { Value } from '../model/types.ts';
import type { PipelineConfig } from './config.ts';
import type { Schema } from './core-schema.ts';
import { isFields } from './defaults.ts';
import { withoutSecrets } from './options.ts';

/**
 * What the cursor of a pipeline depends on, as text that is equal for equal configs, however they are written. Under
 * another one a cursor would pass over records. Without secrets: a new token reads the same.
 */
export function basisOf(pipeline: PipelineConfig): string {
  const { source, stream, each, where, mode, target, primary_key } = pipeline;
  const { cursor_field, order } = stream.incremental ?? {};
  return stableJson({
    source: source.plugin.name,
    options: withoutSecrets(source.options, source.plugin.options as Schema),
    stream: withoutSecrets(stream.options, source.plugin.streamOptions as Schema),
    cursor_field,
    order,
    cursor_options: stream.cursorOptions,
    each,
    where,
    mode,
    target,
    primary_key,
    parents: parentsOf(pipeline),
  });
}

/** The streams it is read for, the nearest first: with other parents, other records are read. */
function parentsOf({ source, stream }: PipelineConfig): readonly unknown[] | undefined {
  const parents: unknown[] = [];
  for (let { parent } = stream; parent !== undefined; ) {
    const { options, deleted_when, parent: next } = source.streams.get(parent.stream) ?? {};
    const visible = withoutSecrets(options, source.plugin.streamOptions as Schema);
    parents.push({ ...parent, options: visible, deleted_when });
    parent = next;
  }
  return parents.length === 0 ? undefined : parents;
}

/** What rows are made by, as such text: a read that goes on under another one would make rows of two kinds. */
export function mappingOf({ fields, rest, checks, stream, deletes }: PipelineConfig): string {
  const { deleted_when } = stream;
  const deleting = deletes && { mode: deletes.mode, column: deletes.column };
  return stableJson({ fields, rest, checks: [...checks], deleted_when, deleting });
}

/** Keys in order, and none without a value. */
function stableJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stableJson).join(',')}]`;
  if (!isFields(value)) return printJson(value as Value);
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${stableJson(value[key])}`);
  return `{${members.join(',')}}`;
}
