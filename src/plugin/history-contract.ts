/** What a sink may do besides writing: tell beforehand what a commit would change, and take a run back afterwards. */

import type {
  JournaledChanges,
  JournaledRun,
  KeptFields,
  RowChange,
  RowHistory,
  UndoneBatch,
} from '../model/changes.ts';
import type { RowBatch } from '../model/types.ts';
import type { Absence, AbsenceCounts, CompleteRead } from './absence-contract.ts';
import type { Committed } from './contract.ts';

/** A writer that writes nothing. */
export interface Planner {
  /**
   * What committing the batch would do, if the batches planned before were committed: the same counts, the same schema
   * changes, and each row's change; with `save`, its steps too. Refuses what `commit` would refuse. Never called while
   * one is under way.
   */
  plan(batch: RowBatch, save?: boolean): Promise<Planned>;
  /**
   * Goes through the steps of a saved batch as {@link Writer.replay} would, the batches before it included. Throws
   * `plan/moved` when a row is no longer as it was planned for.
   */
  replay(batch: RowBatch, saved: SavedBatch): Promise<void>;
  close(): Promise<void>;
}

export interface Planned extends Committed {
  readonly changes: readonly RowChange[];
  readonly kept_fields: readonly KeptFields[];
  /** What a saved plan needs to do exactly this another time, as text only the sink understands. */
  readonly steps?: string;
}

/** Some of the deletions, or of the rows of a replacement, that are planned. */
export interface PlannedPage {
  readonly changes: readonly RowChange[];
  /** How many changes there are that are not among these. */
  readonly more: number;
  readonly steps?: string;
}

/** Counts and deletes what a complete read did not contain, after the plans of its batches, and writes nothing. */
export interface PlannedAbsence extends Omit<Absence, 'apply'> {
  /** What `apply` would do, page by page; with `save` also its steps, which there are none of in the mode replace. */
  apply(
    read: CompleteRead,
    counts: AbsenceCounts,
    page: (page: PlannedPage) => Promise<void>,
    save?: boolean,
  ): Promise<Committed>;
}

/** A batch of a saved plan. */
export interface SavedBatch {
  readonly steps: string;
  /** What planning it came to. */
  readonly committed: Committed;
}

/**
 * What batches changed, where `batch.journal` asked for it: kept in the transaction of the batch, with the ledger's entry
 * from before it. A journal that is not there yet is empty; looking at it makes nothing.
 */
export interface Journal {
  /** The runs whose changes are kept, the oldest first. */
  runs(): Promise<readonly JournaledRun[]>;
  /** The changes of a run, in the order they were made. */
  changes(run: string): AsyncIterable<JournaledChanges>;
  /** The row of a target with this key, as it is and as it was. The values of the key are text, as a person writes them. */
  history(target: string, key: readonly (readonly [column: string, text: string])[]): Promise<RowHistory>;
  /**
   * Takes the changes of a run back, the newest batch first, each in a transaction of its own that also restores the
   * ledger's entry and its memory of edits, and forgets the batch: so an undo that is cut off goes on another time. Rows
   * that were changed since are left, and the batch throws `undo/edited`, unless `force` takes them back as well.
   */
  undo(request: UndoRequest): AsyncIterable<UndoneBatch>;
  /** Forgets runs, the oldest first: those whose last change is older than a time, and beyond so many bytes in all. */
  prune(limit: JournalLimit): Promise<void>;
}

export interface UndoRequest {
  readonly run: string;
  /** By pipeline, the fence of the lease that is held. */
  readonly fences: { readonly [pipeline: string]: number };
  readonly force: boolean;
  /** Only tell what would be done, rows that were changed since included: nothing is written. */
  readonly rehearse: boolean;
}

export interface JournalLimit {
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly bytes: number;
}
