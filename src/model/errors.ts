import type { ErrorCode } from './codes.ts';

export interface SyncErrorOptions {
  /** What to do next: one or two sentences, or a command. */
  readonly hint?: string;
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

  constructor(code: ErrorCode, message: string, options: SyncErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.hint = options.hint;
  }
}
