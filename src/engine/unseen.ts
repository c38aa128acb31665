import type { PipelineConfig } from '../config/config.ts';
import type { Column } from '../model/types.ts';

/**
 * Columns that `merge` or `checks` name, and no row has: misspelt, most likely. Only a pipeline that takes columns as
 * they come can have any; where `map` names them all, `validate` finds it. `columns` are all those of a complete read.
 */
export function unseenColumns(
  { merge, checks }: PipelineConfig,
  columns: readonly Column[],
): readonly string[] {
  const seen = new Set(columns.map(({ name }) => name));
  const named = new Set([...merge.fields.keys(), ...checks.keys()]);
  return [...named].filter((name) => !seen.has(name));
}
