import type { ErrorCode } from './codes.ts';

/** A place in a text file: lines and columns count from 1, offsets from 0 in UTF-16 units. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface SyncErrorOptions {
  /** What to do next: one or two sentences, or a command. */
  readonly hint?: string;
  readonly place?: Place;
  readonly cause?: unknown;
}

/**
 * An error a person can act on. The message says what was found, where, and what was expected instead; the code can
 * be looked up with `syncline explain CODE`. Everything else that is thrown is a bug.
 */
export class SyncError extends Error {
  override readonly name = 'SyncError';
  readonly code: ErrorCode;
  readonly hint?: string;
  readonly place?: Place;

  constructor(code: ErrorCode, message: string, options: SyncErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.hint = options.hint;
    this.place = options.place;
  }
}
