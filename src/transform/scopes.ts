/** The rows that belong to one parent under `replace_within`. */

import type { Scope, SourceRecord, Value } from '../model/types.ts';
import type { Siblings } from './mapping.ts';
import type { Output } from './output.ts';
import type { Problem } from './row.ts';

/** Records of a batch that have the same parent, and the place of the first of them. */
export interface SiblingRecords {
  readonly parent: Value | undefined;
  readonly records: readonly SourceRecord[];
  readonly first: number;
  readonly whole: boolean;
}

/** A batch by its parents; as one where the stream has none. */
export function bySiblings(
  records: readonly SourceRecord[],
  siblings: readonly Siblings[] | undefined,
): readonly SiblingRecords[] {
  if (siblings === undefined) return [{ parent: undefined, records, first: 0, whole: false }];
  let first = 0;
  return siblings.map(({ parent, records: count, whole }) => {
    const from = first;
    first += count;
    return { parent, records: records.slice(from, first), first: from, whole };
  });
}

/** A record that is deleted has no rows any more. */
export function deleteScope(within: readonly string[], wanted: boolean, output: Output): Problem | undefined {
  const { parent, rows, scopes } = output;
  if (!parent) return { code: 'row/key', reason: 'the key of a deleted record is missing, null or no key' };
  const at = rows.length;
  scopes.push(wanted ? { from: at, to: at, parent, seen: [], deleted: true } : withheld(within, output));
  return undefined;
}

/** The scope of a record whose rows are not known: whatever is there stays. */
export function withheld(within: readonly string[], { rows: { length: at }, parent }: Output): Scope {
  return { from: at, to: at, parent: parent ?? within.map(() => null), seen: [], withhold: true };
}
