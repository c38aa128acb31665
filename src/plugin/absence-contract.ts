/** What a sink may be able to do with what a complete read did not contain. */

import type { RowBatch } from '../model/types.ts';
import type { Committed } from './contract.ts';

export interface AbsenceCounts {
  /** How many living rows were there before the read; rows with null in their key are not ours, and not counted. */
  readonly rows: number;
  /** How many of them the read did not contain; without a key, how many rows fewer there are. */
  readonly absent: number;
  /** The read contained nothing at all. */
  readonly empty: boolean;
  /** A key was not known ({@link Seen.withhold}): `apply` must not be called. */
  readonly withheld: boolean;
}

/**
 * What a complete read of a target did not contain, in the modes mirror and replace, and in upsert as under mirror where
 * a stream that has sync tokens is read in full. Under mirror each commit remembers
 * the keys it shows, those of `RowBatch.seen` too; under replace it keeps its rows aside, and the target stays as it is.
 * What was remembered is known by `target.pipeline`, which differs between the partitions of a stream, and outlives the
 * process: an interrupted read goes on with it.
 *
 * A ledger with a higher fence refuses all of this (`lease/lost`). `signal` is looked at between transactions.
 */
export interface Absence {
  /**
   * Called before the first commit of a read that begins at its beginning: forgets what earlier ones of the same
   * `target.pipeline` showed. Before anything is forgotten the ledger has this fence and checkpoint, which has no position.
   */
  forget(read: CompleteRead): Promise<void>;
  /** Called once a target was read whole; changes nothing. */
  count(read: CompleteRead): Promise<AbsenceCounts>;
  /**
   * Called after `count` with what it counted, unless that is too much. Under mirror deletes the absent rows (`target.deleted_at`), in
   * transactions of bounded size, and forgets what was shown. Under replace puts the rows that were kept aside in the
   * place of those that are there, in one transaction: only what differs is written.
   */
  apply(read: CompleteRead, counts: AbsenceCounts): Promise<Committed>;
}

/** The reads of one target, as the last of them left it: `target` and what a commit needs. */
export interface CompleteRead extends Pick<RowBatch, 'target' | 'number' | 'ledger' | 'journal'> {
  /** The `target.pipeline` of all reads that make it whole. */
  readonly parts: readonly string[];
  readonly signal: AbortSignal;
}
