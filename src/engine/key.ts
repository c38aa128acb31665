import type { PipelineConfig } from '../config/config.ts';
import type { LedgerState } from '../model/checkpoint.ts';
import { SyncError } from '../model/errors.ts';
import { keyOfBasis } from './resume.ts';

/**
 * Refuses to merge by another key than the rows of a target were merged by: other rows would count as the same, and
 * the table still holds the old key unique.
 */
export function refuseOtherKey(pipeline: PipelineConfig, { entry, target }: LedgerState): void {
  const { name, mode, sink, primary_key } = pipeline;
  if (mode === 'append' || !sink.plugin.modes.includes('upsert')) return;
  const known = entry?.wrote && target !== 'missing' ? keyOfBasis(entry.basis) : undefined;
  if (known === undefined || known.length === 0 || JSON.stringify(known) === JSON.stringify(primary_key))
    return;
  throw new SyncError(
    'schema/key',
    `${sink.name}.${pipeline.target} was filled by the primary key ${listed(known)}, and that of pipeline "${name}" is now ${listed(primary_key)}`,
    {
      hint: `Nothing was written. Write to another target, or remove this one and read everything again: syncline run ${name} --all. If you gave it the new key yourself: syncline state reset ${name}.`,
    },
  );
}

function listed(key: readonly string[]): string {
  return `(${key.join(', ')})`;
}
