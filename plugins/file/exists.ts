import { stat } from 'node:fs/promises';

/** What a path leads to that leads nowhere. Anything else, a missing permission for one, leaves it open. */
const nowhere = new Set<unknown>(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);

/** True when the error says that there is nothing at a path. */
export function isNowhere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && nowhere.has(error.code);
}

/** True when there is something at this path, at the end of its links. Rejects when that cannot be told. */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isNowhere(error)) return false;
    throw error;
  }
}
