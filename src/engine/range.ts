import type { PipelineConfig } from '../config/config.ts';
import { SyncError } from '../model/errors.ts';
import { readsWhole } from '../model/modes.ts';
import { type PartitionFilter, partsOf } from './parts.ts';
import { isExact, type ReadScope } from './resume.ts';

/** Which part of its stream each pipeline of a run reads; without any of these, what is new. */
export interface RunRange extends Partial<ReadScope> {
  /** Where the cursor is moved back to before the run reads on from there: a value of the cursor field. */
  readonly rollback?: string;
  /** Only the partitions with these values. */
  readonly partition?: PartitionFilter;
  /** Let a pipeline that appends add rows again. */
  readonly allow_again?: boolean;
}

/** Refuses what would read records of a pipeline in a way it was not made for, before anything is opened. */
export function checkRange(pipelines: readonly PipelineConfig[], range: RunRange): void {
  const { full = false, window, rollback } = range;
  if (!full && window === undefined && rollback === undefined) return;
  if (!full) refuseWithoutCursor(pipelines, range);
  const parts = pipelines.flatMap((pipeline) => partsOf(pipeline).flat());
  for (const pipeline of parts) {
    if (window !== undefined && pipeline.mode === 'replace') throw replacedByPart(pipeline);
    if (isExact(pipeline) && pipeline.stream.incremental) refuseAgain(pipeline, range);
  }
}

function refuseWithoutCursor(pipelines: readonly PipelineConfig[], { rollback }: RunRange): void {
  const without = pipelines.filter(
    ({ stream, targets }) =>
      stream.incremental === undefined ||
      (rollback !== undefined && targets.some(({ mode }) => readsWhole(mode))),
  );
  const byToken = without.find(({ stream }) => stream.tokens);
  if (byToken !== undefined)
    throw new SyncError(
      'usage/no_cursor',
      `"${byToken.name}" is read by sync tokens, which tell what changed since the last read, and nothing else`,
      { hint: 'Run it without --from, --to, --last and --rollback. To read everything again: --all.' },
    );
  if (without.length === 0) return;
  const names = without.map(({ name }) => `"${name}"`).join(', ');
  throw new SyncError('usage/no_cursor', `${names} keeps no cursor: its stream is read whole in every run`, {
    hint: 'Give the stream `incremental: { cursor_field: … }`, or run without --from, --to, --last and --rollback.',
  });
}

function replacedByPart({ name }: PipelineConfig): SyncError {
  return new SyncError(
    'usage/limited_replace',
    `pipeline "${name}" replaces its target, so it cannot run with --from, --to or --last: a part would replace the whole`,
    { hint: `To read all of it again: syncline run ${name}` },
  );
}

/** What is added up cannot be taken back; what is appended at least shows. */
function refuseAgain({ name, mode }: PipelineConfig, { allow_again }: RunRange): void {
  if (mode !== 'append')
    throw new SyncError('usage/read_again', `pipeline "${name}" sums, and would add what it reads again`, {
      hint: `To begin anew: empty its target, then syncline state reset ${name} and syncline run ${name}`,
    });
  if (allow_again) return;
  throw new SyncError(
    'usage/read_again',
    `pipeline "${name}" appends: rows that are read again are there twice`,
    {
      hint: 'If that is what you want, add --yes.',
    },
  );
}
