import { SyncError } from 'syncline';

/** Does what reads a file or folder, and says in its error what that was. */
export async function reading<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof SyncError || !(cause instanceof Error)) throw cause;
    const denied = 'code' in cause && (cause.code === 'EACCES' || cause.code === 'EPERM');
    const what = denied ? 'may not be read by this user' : `cannot be read: ${cause.message}`;
    throw unreadable(name, what, cause);
  }
}

export function unreadable(name: string, what: string, cause?: unknown): SyncError {
  return new SyncError('source/file_unreadable', `${name} ${what}`, {
    hint: 'Name a regular file that this user may read, or several with a pattern such as data/*.csv.',
    cause,
  });
}
