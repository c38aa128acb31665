import { dirname } from 'node:path';
import type { ErrorCode } from '../model/codes.ts';
import { type RefusedRow, SyncError } from '../model/errors.ts';

interface DriverError extends Error {
  readonly code: string;
  readonly rawCode?: number;
}

/** SQLite's primary result codes, with what they mean to us. */
const known: { readonly [rawCode: number]: readonly [ErrorCode, what: string, hint: string] } = {
  5: ['sql/locked', 'is locked by another program', 'Close what holds it open for writing, then run again.'],
  6: ['sql/locked', 'is locked by another program', 'Close what holds it open for writing, then run again.'],
  8: ['sql/readonly', 'cannot be written', 'Check the permissions of the file and its folder.'],
  10: ['sql/failed', 'could not be read or written', 'Check the disk and its file system.'],
  11: ['sql/corrupt', 'is damaged', 'Keep a copy of the file aside, then restore it from a backup.'],
  13: [
    'sql/full',
    'does not fit on its disk',
    'Make room on the disk, then run again: nothing was half written.',
  ],
  14: [
    'sql/open',
    'cannot be opened',
    'Check that the path names a file and that its folder can be read and written.',
  ],
  19: [
    'sql/constraint',
    'refused a row',
    'Correct the row or the constraint. Nothing of its batch was written.',
  ],
  26: ['sql/corrupt', 'is not a database', 'Name another file, or move this one aside.'],
};

/** Read-only for what its folder forbids: SQLite puts its journals there, and in WAL mode reading needs one too. */
const readonlyFolder = 1544;

/** True when another connection held the lock, and it may be free later. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code === 5 || code === 6;
}

/** True when SQLite would not do what it was asked, for a reason that its message gives. */
export function isRefusal(error: unknown): error is Error {
  return primaryCode(error) === 1;
}

/** What a constraint refused, where that is what the driver says: `UNIQUE constraint failed: people.email`. */
export function constraintOf(error: unknown): Omit<RefusedRow, 'row'> | undefined {
  if (error instanceof SyncError && error.code === 'sql/value') return { reason: error.message };
  if (!(error instanceof Error) || primaryCode(error) !== 19) return undefined;
  const [, field] = /^(?:NOT NULL|UNIQUE) constraint failed: [^.,]+\.([^.,]+)$/.exec(error.message) ?? [];
  return { field, reason: error.message };
}

/** An error of the driver as one a person can act on. Everything else that was thrown stays as it is. */
export function toSyncError(error: unknown, path: string): unknown {
  const code = primaryCode(error);
  if (code === undefined || !(error instanceof Error)) return error;
  const [name, what, usual] = known[code] ?? ['sql/failed', 'refused a statement', undefined];
  const hint =
    (error as DriverError).rawCode === readonlyFolder
      ? `Make its folder ${dirname(path)} writable, where SQLite keeps files beside the database, or copy the database into a folder that is.`
      : usual;
  return new SyncError(name, `the database ${path} ${what}: ${error.message}`, { hint, cause: error });
}

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, rawCode } = error as DriverError;
  // What the driver cannot open it throws as a plain error.
  if (error.message.startsWith('ConnectionFailed')) return 14;
  // A code the driver has no name for, as most extended ones, it calls UNKNOWN_SQLITE_ERROR_1544.
  if (typeof code !== 'string' || !/^(UNKNOWN_)?SQLITE_/.test(code)) return undefined;
  return (rawCode ?? 1) & 0xff;
}
