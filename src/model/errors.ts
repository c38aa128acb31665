import type { ErrorCode } from './codes.ts';

export interface SyncErrorOptions {
  /** What to do next: one or two sentences, or a command. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A row of a batch that the target refuses, by its place in the batch. */
export interface RefusedRow {
  readonly row: number;
  /** The column, where the constraint names one. */
  readonly field?: string;
  /** One sentence without a final stop, which names the constraint. */
  readonly reason: string;
}

/**
 * An error a person can act on. The message says what was found, where, and what was expected instead; the code can
 * be looked up with `syncline explain CODE`. Everything else that is thrown is a bug.
 */
export class SyncError extends Error {
  override readonly name = 'SyncError';
  readonly code: ErrorCode;
  readonly hint?: string;

  constructor(code: ErrorCode, message: string, options: SyncErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.hint = options.hint;
  }
}

/** Constraints of a target refuse rows of a batch, and the sink knows which: without these the batch could be written. */
export class RowsRefused extends SyncError {
  readonly rows: readonly RefusedRow[];

  constructor(message: string, rows: readonly RefusedRow[], options: SyncErrorOptions = {}) {
    super('sql/constraint', message, options);
    this.rows = rows;
  }
}

/** A server asks not to be called for longer than we wait. */
export class RateLimited extends SyncError {
  /** When to come back, ISO 8601, UTC; undefined where the server does not say. */
  readonly until?: string;

  constructor(message: string, until: string | undefined, options: SyncErrorOptions = {}) {
    super('http/rate_limited', message, options);
    this.until = until;
  }
}
