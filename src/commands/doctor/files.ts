import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { size } from '../../tui/numbers.ts';
import { bad, type Finding, good, warning } from './finding.ts';

/** Less room on a disk than this is told, in bytes; with less than that, hardly a batch can be written. */
const little = 500_000_000;
const tooLittle = 20_000_000;

/** A file that only its owner may read; nothing is found where there is none. */
export async function privateFile(subject: string, file: string): Promise<Finding[]> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return [];
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
  // Windows has no such permissions.
  if (process.platform === 'win32' || (found.mode & 0o077) === 0) return [good(subject, `${file} (${mode})`)];
  return [warning(subject, `${file} (${mode}): others can read it`, `chmod 600 ${file}`)];
}

/** A folder that is written to, or is made when it is first needed. */
export async function writableFolder(subject: string, folder: string): Promise<Finding> {
  const there = await nearest(folder);
  try {
    await access(there, constants.W_OK | constants.X_OK);
    return good(subject, there === folder ? folder : `${folder} (not there yet)`);
  } catch {
    return bad(subject, `${there} cannot be written`, 'Give it to the user that runs Syncline.');
  }
}

/** The room on the disk that a folder lies on. */
export async function diskSpace(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(await nearest(folder));
  const free = bavail * bsize;
  const found = `${size(free)} free`;
  if (free > little) return good('disk', found);
  const next = 'Make room: a run on a full disk fails, and leaves what was there.';
  return free > tooLittle ? warning('disk', found, next) : bad('disk', found, next);
}

/** The folder, or the nearest above it that is there. */
async function nearest(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  const above = dirname(folder);
  return found !== undefined || above === folder ? folder : nearest(above);
}
