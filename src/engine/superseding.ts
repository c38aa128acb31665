import type { Cell, Reject, Target } from '../model/types.ts';
import { keyOf } from '../transform/cells.ts';
import type { MappedBatch } from '../transform/mapping.ts';
import { keyAt } from './piece.ts';

/** A key that a batch writes, and the place in the batch of what writes it. */
export interface Written {
  readonly key: readonly Cell[];
  readonly place: number;
}

/**
 * What a batch writes that supersedes the rejects before it: its rows, but for those that were refused; under
 * `replace_within` the rows of a parent, where all of them are known.
 */
export function writtenBy(
  { rows, scopes }: MappedBatch,
  target: Target,
  refused: ReadonlySet<number>,
): readonly Written[] {
  if (scopes) return scopes.flatMap(({ parent: key, withhold }, place) => (withhold ? [] : [{ key, place }]));
  return rows.flatMap((row, place) => (refused.has(place) ? [] : [{ key: keyAt(row, target), place }]));
}

/** Tells of the rejects of a batch whether a later row of the same batch stands in their place. */
export function supersededBy(written: readonly Written[]): (reject: Reject) => boolean {
  const last = new Map(written.map(({ key, place }) => [keyOf(key), place]));
  return ({ key, after }) => key !== undefined && (last.get(keyOf(key)) ?? -1) >= after;
}
