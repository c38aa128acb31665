/** Streams that are read by sync tokens: when all of one is read again, and compared with its target. */

import type { LedgerEntry } from '../model/checkpoint.ts';
import type { ErrorCode } from '../model/codes.ts';
import type { Failure } from '../model/result.ts';
import { type PipelinePart, toOf } from './parts.ts';
import type { ReadScope } from './resume.ts';

/** A part, and what the ledger has of it. */
interface Kept {
  readonly part: PipelinePart;
  readonly entry?: LedgerEntry;
}

/**
 * The targets that have rows of reads before, while all is read now: what that does not contain was deleted since. The
 * rows of a target cannot be told apart by partition, so all partitions of one are read in full as soon as one is.
 */
export function resynced(parts: readonly Kept[], { full, rejects }: ReadScope): ReadonlySet<string> {
  const targets = new Map<string, Kept[]>();
  for (const kept of parts) {
    if (kept.part.stream.tokens)
      targets.set(toOf(kept.part), [...(targets.get(toOf(kept.part)) ?? []), kept]);
  }
  const isResynced = (of: readonly Kept[]) =>
    of.some(hasRows) &&
    (full || of.some(({ entry }) => entry?.checkpoint.position?.full || beginsAnew(entry)));
  const found = [...targets].filter(([, of]) => rejects === undefined && isResynced(of));
  return new Set(found.map(([to]) => to));
}

function hasRows({ entry }: Kept): boolean {
  return entry !== undefined && (entry.wrote || entry.checkpoint.cursor !== undefined);
}

/** A first read that was interrupted, and cannot go on where it was. */
function beginsAnew(entry: LedgerEntry | undefined): boolean {
  const { cursor, position } = entry?.checkpoint ?? {};
  return entry?.wrote === true && cursor === undefined && position === undefined;
}

const expired: readonly string[] = ['source/token_expired', 'source/position_lost'] satisfies ErrorCode[];

/** Why a stream that has sync tokens is to be read in full, where one of its parts ended for such a reason. */
export function expiredIn(
  ended: readonly { readonly part: PipelinePart; readonly result: { readonly error?: Failure } }[],
): Failure | undefined {
  const errors = ended.flatMap(({ part, result }) => (part.stream.tokens ? [result.error] : []));
  return errors.find((error) => error !== undefined && expired.includes(error.code));
}
