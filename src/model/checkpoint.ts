import type { Value } from './types.ts';

/**
 * Where a stream is read on. It travels with the rows before it and is committed with them, so that it never runs
 * ahead of them. Plain data, kept as JSON.
 */
export interface Checkpoint {
  /** Where the next run begins; undefined: at the beginning of the stream, or at `initial`. */
  readonly cursor?: Cursor;
  /** Where an interrupted read goes on; undefined once a read was complete. */
  readonly position?: Position;
}

/** How two values of a cursor field are compared. A field whose kind changes stops the stream. */
export type CursorKind = 'number' | 'timestamp' | 'text';

/** A value of the cursor field, or the sync token of a stream that is read by such. */
export interface Cursor {
  /** As the source wrote it, with all its digits: `2026-01-02T03:04:05.123456Z`, `9007199254740993`. */
  readonly text: string;
  readonly kind: CursorKind | 'token';
  /**
   * Records already taken that will come again, by key or hash, with how often: those that have exactly this value,
   * and those dated in the future. For what may not be doubled.
   */
  readonly seen?: { readonly [record: string]: number };
}

export interface Position {
  /** What the source gave with the last committed batch: only the source understands it. Undefined where a window begins. */
  readonly source?: Value;
  /** Where the window begins that is read now, of a range that is cut into windows: ISO 8601, UTC. */
  readonly window?: string;
  /** Where the read that was interrupted began: its cursor, for sources that filter. */
  readonly from?: Cursor;
  /** The greatest cursor met so far, or the last token, where it only counts once the read is complete. */
  readonly highest?: Cursor;
  /** All of a stream that has sync tokens is read again: what that does not contain is deleted in the end. */
  readonly full?: true;
}

/** Records whose cursor field is at least `from` and less than `before`. */
export interface CursorRange {
  /** The path of the field in the record. */
  readonly field: string;
  /** `ascending`: records must come in the order of the field, and of the key where values are equal. */
  readonly order: 'ascending' | 'none';
  /** The stream's key: fields of the record. */
  readonly key: readonly string[];
  /** As the source wrote it. */
  readonly from?: string;
  readonly before?: string;
  /** How the bounds compare; undefined where there are none. */
  readonly kind?: CursorKind;
}

/** What a ledger holds of one pipeline and target. */
export interface LedgerEntry {
  readonly checkpoint: Checkpoint;
  /** Counts leases: only the holder of the highest may write. */
  readonly fence: number;
  /** The last commit, by which an unknown outcome is looked up: batches count from 1 in each run; 0 is none. */
  readonly run: string;
  readonly batch: number;
  /** A hash of what the cursor depends on, such as the source's options: under another one it means nothing. */
  readonly basis: string;
  /** True once a row was written: then a target that is missing or empty was emptied by somebody else. */
  readonly wrote: boolean;
}

export interface LedgerKey {
  readonly pipeline: string;
  /** What follows the dot in `to`. */
  readonly target: string;
}

/** What a ledger says before a run: its entry, and whether the target still has rows. */
export interface LedgerState {
  readonly entry?: LedgerEntry;
  readonly target: 'missing' | 'empty' | 'rows';
}
