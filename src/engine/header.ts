import type { PipelineConfig } from '../config/config.ts';
import { SyncError } from '../model/errors.ts';
import { topLevelField } from '../transform/path.ts';

/**
 * Tabular data says which columns it has: one that is mapped by a path and not there was renamed or removed, and
 * reading on would leave every row without it.
 */
export function checkHeader(pipeline: PipelineConfig, header: readonly string[] | undefined): void {
  if (header === undefined || pipeline.each !== undefined) return;
  for (const field of pipeline.fields ?? []) {
    const read = field.from === undefined ? undefined : topLevelField(field.from);
    if (read === undefined || header.includes(read) || field.default !== undefined) continue;
    throw new SyncError(
      'source/missing_column',
      `${pipeline.source.name}.${pipeline.stream.name} has no column "${read}", which is mapped to "${field.column}"`,
      { hint: `Its columns are: ${header.join(', ')}. Correct map.${field.column}, or give it a default.` },
    );
  }
}
