import type { SourceRecord } from '../model/types.ts';
import type { Siblings } from '../transform/mapping.ts';

/** The same siblings, of those of their records that were taken, in the same order. */
export function siblingsOf(
  all: readonly Siblings[],
  records: readonly SourceRecord[],
  taken: readonly SourceRecord[],
): readonly Siblings[] {
  if (taken.length === records.length) return all;
  let at = 0;
  let next = 0;
  return all.map((siblings) => {
    let left = 0;
    for (const end = at + siblings.records; at < end; at++)
      if (next < taken.length && records[at] === taken[next]) {
        next += 1;
        left += 1;
      }
    return { ...siblings, records: left };
  });
}

/** Those of the first so many records; where some are cut off, what is left is not whole. */
export function firstSiblings(all: readonly Siblings[], most: number): readonly Siblings[] {
  let left = most;
  return all.flatMap((siblings): Siblings[] => {
    const records = Math.min(siblings.records, left);
    left -= records;
    const whole = siblings.whole && records === siblings.records;
    return left === 0 && records === 0 ? [] : [{ ...siblings, records, whole }];
  });
}
