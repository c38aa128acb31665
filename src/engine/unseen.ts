import type { PipelineConfig } from '../config/config.ts';
import type { Column } from '../model/types.ts';
import type { Mapper } from '../transform/mapping.ts';
import type { PipelineRun } from './run.ts';

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

/** A path that no record has is misspelt, more often than not: nothing was written, and nothing removed. */
export function tellMissingEach(
  { pipeline, tally }: Pick<PipelineRun, 'pipeline' | 'tally'>,
  records: number,
): void {
  tally.notice(
    'warn',
    `each: "${pipeline.each}" was found in none of the ${records} records, so there are no rows`,
  );
}

/** A name that no row has is misspelt, more often than not. */
export function tellUnseen(
  { pipeline, tally }: Pick<PipelineRun, 'pipeline' | 'tally'>,
  { columns }: Mapper,
): void {
  if (tally.counts.read === 0) return;
  for (const name of unseenColumns(pipeline, columns))
    tally.notice('warn', `no row has a column "${name}", which \`merge\` or \`checks\` names`);
}
