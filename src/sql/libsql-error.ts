import type { ErrorCode } from '../model/codes.ts';
import { SyncError } from '../model/errors.ts';

interface DriverError extends Error {
  readonly code: string;
  readonly rawCode?: number;
}

/** SQLite's primary result codes, with what they mean to us. */
const known: { readonly [rawCode: number]: readonly [ErrorCode, what: string, hint: string] } = {
  5: ['sql/locked', 'is locked by another program', 'Close what holds it open for writing, then run again.'],
  6: ['sql/locked', 'is locked by another program', 'Close what holds it open for writing, then run again.'],
  8: ['sql/readonly', 'cannot be written', 'Check the permissions of the file and its folder.'],
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

/** True when another connection held the lock, and it may be free later. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code === 5 || code === 6;
}

/** An error of the driver as one a person can act on. Everything else that was thrown stays as it is. */
export function toSyncError(error: unknown, path: string): unknown {
  const code = primaryCode(error);
  if (code === undefined || !(error instanceof Error)) return error;
  const [name, what, hint] = known[code] ?? ['sql/failed', 'refused a statement', undefined];
  return new SyncError(name, `The database ${path} ${what}: ${error.message}.`, { hint, cause: error });
}

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, rawCode } = error as DriverError;
  // What the driver cannot open it throws as a plain error.
  if (error.message.startsWith('ConnectionFailed')) return 14;
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return undefined;
  return (rawCode ?? 1) & 0xff;
}
