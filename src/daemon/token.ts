import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SyncError } from '../model/errors.ts';

/** Where the daemon keeps the token it made for the config in this folder. */
export function tokenFile(directory: string): string {
  return join(directory, '.syncline', 'daemon.token');
}

/** The token that was made at the first start, which this may be. Only the owner of its file can read it. */
export async function keptToken(file: string): Promise<string> {
  const made = randomBytes(32).toString('base64url');
  try {
    await makeFile(file, `${made}\n`);
    return made;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(file, reasonOf(error));
  }
  return ownToken(file);
}

/** The token in the file that the daemon made, which only its owner may be able to read. Throws `daemon/token`. */
export async function ownToken(file: string): Promise<string> {
  try {
    // Windows has no such permissions.
    if (process.platform !== 'win32' && ((await stat(file)).mode & 0o077) !== 0)
      throw unusable(file, 'others can read it');
    const kept = (await readFile(file, 'utf8')).trim();
    if (kept.length < 16) throw unusable(file, 'it holds no token');
    return kept;
  } catch (error) {
    throw error instanceof SyncError ? error : unusable(file, reasonOf(error));
  }
}

/** Makes a file that is there whole or not at all, and never takes the place of another. */
async function makeFile(file: string, text: string): Promise<void> {
  const aside = `${file}.${randomBytes(4).toString('hex')}`;
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(aside, text, { mode: 0o600, flag: 'wx' });
    await link(aside, file);
  } finally {
    await rm(aside, { force: true });
  }
}

function unusable(file: string, reason: string): SyncError {
  return new SyncError('daemon/token', `the token file ${file} cannot be used: ${reason}`, {
    hint: 'Remove it, and the next start makes a new one; or set `daemon.token`.',
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
