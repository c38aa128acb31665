import type { Target } from '../model/types.ts';
import type { ReadyTarget } from './dialect.ts';
import type { Prepared } from './table.ts';

/** By pipeline, what was last made for it: `fold` works a target and its functions out once, and knows them by identity. */
const targets = new Map<string, { readonly signature: string; readonly target: ReadyTarget }>();

/**
 * The target with its columns as they are declared, and every one tracked that the ledger tracks: the memory belongs to
 * the target, not to a pipeline.
 */
export function readyTarget(target: Target, { tracked, declared }: Prepared): ReadyTarget {
  const columns = target.columns.map((column) => ({
    ...column,
    tracked: tracked.has(column.name),
    declared: declared.get(column.name) ?? '',
  }));
  const made = { ...target, columns };
  const signature = JSON.stringify(made);
  const last = targets.get(target.pipeline);
  if (last?.signature === signature) return last.target;
  targets.set(target.pipeline, { signature, target: made });
  return made;
}
