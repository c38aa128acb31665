import type { Column } from '../model/types.ts';
import { readsAll } from './parts.ts';
import { checkpointName, ledgerKey } from './resume.ts';
import type { PipelineRun } from './run.ts';

/** So many names are told; a source of another kind has none of those it had. */
const toldNames = 10;

/**
 * Tells once what columns a source no longer has: they stay in the target. Only of a whole read is it known, and only of
 * columns that are taken as they come: what `map` names is missing, which is another matter.
 */
export async function tellVanished(
  { pipeline, scope, resync, state, tally }: PipelineRun,
  columns: readonly Column[],
): Promise<void> {
  const { fields, rest, mode, stream } = pipeline;
  const isWhole = !scope.window && (scope.full || resync || readsAll(stream));
  const takesAll = fields === undefined || rest === 'keep';
  if (!isWhole || !takesAll || mode === 'replace' || tally.counts.read === 0) return;
  const mapped = new Set(fields?.map(({ column }) => column));
  const names = columns.map(({ name }) => name).filter((name) => !mapped.has(name));
  const vanished = await state.noteColumns(checkpointName(pipeline, ledgerKey(pipeline, {})), names);
  const gone = vanished.filter((name) => !mapped.has(name));
  if (gone.length === 0) return;
  const told = gone.slice(0, toldNames).map((name) => JSON.stringify(name));
  const more = gone.length > toldNames ? ` and ${gone.length - toldNames} more` : '';
  tally.notice(
    'warn',
    `the source no longer has ${told.join(', ')}${more}: what rows have there stays, and new rows get nothing`,
  );
}
