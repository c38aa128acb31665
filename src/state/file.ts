import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { SyncError } from '../model/errors.ts';
import { type Database, openDatabase } from '../sql/index.ts';

/** What to do about a state that cannot be used. */
const hints: { readonly [code: string]: string } = {
  'sql/corrupt':
    'It was left as it is. Restore it from a backup, or move it aside together with its -wal and -shm: the next run makes a new one. Checkpoints that sinks keep beside their rows are not in it.',
  'sql/readonly':
    'Check the permissions of the file, its folder and its disk, or name another file with `state:`.',
  'sql/open':
    'Check that the path names a file in a folder that can be read and written, or name another one with `state:`.',
};

/**
 * Opens the database of the state, makes it where there is none (but not to read only); what is wrong with it is told
 * as its own.
 */
export async function openStateFile(file: string, readonly = false): Promise<Database> {
  refuseEmptied(file);
  if (!readonly) makePrivate(file);
  const database = await openDatabase({ path: file, readonly }).catch((error: unknown) => fail(error, file));
  return {
    ...database,
    write: (statements) => database.write(statements).catch((error: unknown) => fail(error, file)),
    all: (sql, parameters) => database.all(sql, parameters).catch((error: unknown) => fail(error, file)),
  };
}

/** Only its owner may read a state, which may hold tokens; SQLite gives the files beside it the same permissions. */
function makePrivate(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    closeSync(openSync(file, 'wx', 0o600));
  } catch {
    // It is there, or cannot be made: that is told when it is opened.
  }
}

/** Takes from others what they may do with a state, and what is beside it. */
export function keepPrivate(file: string): void {
  for (const each of [file, `${file}-wal`, `${file}-shm`]) {
    const mode = statSync(each, { throwIfNoEntry: false })?.mode ?? 0;
    if ((mode & 0o077) !== 0) chmodSync(each, mode & 0o700);
  }
}

/** SQLite takes an empty file for a new database, and throws away the log that may hold all that is left. */
function refuseEmptied(file: string): void {
  const log = `${file}-wal`;
  if (!existsSync(file) || statSync(file).size > 0 || !existsSync(log) || statSync(log).size === 0) return;
  throw new SyncError('state/emptied', `the state ${file} is empty, but its log ${log} is not`, {
    hint: 'Something emptied the file. Both were left as they are: restore the state from a backup, or move both aside, and the next run makes a new one.',
  });
}

function fail(error: unknown, file: string): never {
  const hint = error instanceof SyncError ? hints[error.code] : undefined;
  if (!(error instanceof SyncError) || hint === undefined) throw error;
  const { code, message } = error;
  throw new SyncError(code, message.replace(`database ${file}`, `state ${file}`), { hint, cause: error });
}
