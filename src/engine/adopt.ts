import type { PipelineConfig } from '../config/config.ts';
import type { LedgerState } from '../model/checkpoint.ts';
import { SyncError } from '../model/errors.ts';
import { type PipelinePart, partsOf, toOf } from './parts.ts';
import { isExact } from './resume.ts';
import type { PipelineRun } from './run.ts';

/**
 * Refuses to add rows to a target that is there already, when nothing is known of where its reads stopped: the state
 * was lost, and what was added before would be added again. A ledger is never apart from its rows.
 */
export async function refuseLostState(io: PipelineRun, { entry }: LedgerState): Promise<void> {
  const { pipeline, sink, scope, adopt } = io;
  if (adopt || entry !== undefined || scope.full || scope.window || !isAdoptable(pipeline)) return;
  if (sink.ledger !== undefined || (await sink.discover(pipeline.target)) === undefined) return;
  const { name } = pipeline;
  throw new SyncError(
    'state/lost',
    `${toOf(pipeline)} is there, and the state does not know how far pipeline "${name}" has filled it`,
    {
      hint: `If it holds all that the source has: syncline run ${name} --adopt. If it was filled up to some point: syncline run ${name} --rollback VALUE. To add everything, again or for the first time: syncline run ${name} --all --yes.`,
    },
  );
}

/** Refuses to adopt where there is nothing to: the ledger knows, or rows that come again do no harm. */
export function checkAdopt(pipelines: readonly PipelineConfig[]): void {
  const other = pipelines.find((pipeline) => !partsOf(pipeline).flat().some(isAdoptable));
  if (other === undefined) return;
  throw new SyncError(
    'usage/invalid',
    `pipeline "${other.name}" has nothing to adopt: --adopt is for \`append\` of an \`incremental\` stream to a sink without a ledger`,
    { hint: 'Name the pipeline it is for: syncline run NAME --adopt.' },
  );
}

function isAdoptable(part: PipelinePart): boolean {
  const { sink, stream } = part;
  return isExact(part) && stream.incremental !== undefined && !sink.plugin.capabilities.includes('ledger');
}
