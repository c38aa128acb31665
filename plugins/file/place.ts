import { mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { type Mode, SyncError } from 'syncline';
import { type RowsFormat, rowsFormats } from 'syncline/formats';
import { exists } from './exists.ts';

const day = 24 * 60 * 60 * 1000;

/** Where a target's rows lie, and how they are written. */
export interface Place {
  /** Under `replace` the file, under `append` the folder of the part files. */
  readonly path: string;
  readonly format: RowsFormat;
}

/**
 * `campaigns` is the file `campaigns.jsonl` in the sink's folder, or of the format the sink has; `campaigns.csv` is
 * csv. Under `append` it is the folder `campaigns`. A name that leads out of the folder is refused.
 */
export function placeOf(root: string, target: string, mode: Mode, format: RowsFormat): Place {
  const written = rowsFormats.find((each) => extname(target) === `.${each}`);
  const bare = written === undefined ? target : target.slice(0, -extname(target).length);
  const path = resolve(root, mode === 'append' ? bare : `${bare}.${written ?? format}`);
  if (
    isAbsolute(target) ||
    target.includes('\0') ||
    !isInside(root, path) ||
    basename(path).startsWith('.')
  ) {
    throw outside(target, root);
  }
  return { path, format: written ?? format };
}

/** Makes the folder of a place, and refuses one that a link leads to from somewhere else. */
export async function makeFolder(root: string, folder: string, target: string): Promise<void> {
  await mkdir(root, { recursive: true });
  // Checked before anything is made, so that nothing is made out there.
  let there = folder;
  while (!(await exists(there))) there = dirname(there);
  const real = await realpath(there);
  const realRoot = await realpath(root);
  if (real !== realRoot && !isInside(realRoot, real)) throw outside(target, root);
  await mkdir(folder, { recursive: true });
}

/**
 * Removes what runs that were killed left beside a place: files set aside under a name of which `isName` is true, that
 * nobody wrote for a day. A run that is alive writes more often; one that slept that long finds its file gone, and
 * fails before it has published anything.
 */
export async function sweepAsides(folder: string, isName: (name: string) => boolean): Promise<void> {
  for (const entry of await readdir(folder)) {
    const name = /^\.(.+)\.[^.]+-[0-9]+\.tmp$/.exec(entry)?.[1];
    if (name === undefined || !(isName(name) || isName(name.replace(/^wide-/, '')))) continue;
    const path = join(folder, entry);
    // Another run may sweep as well, and what cannot be removed harms nobody.
    const written = await stat(path).catch(() => undefined);
    if (written?.isFile() && Date.now() - written.mtimeMs > day) await rm(path).catch(() => undefined);
  }
}

/** A file beside the place, hidden from patterns until it gets its name. */
export function asideOf(folder: string, name: string, run: string, number: number): string {
  return join(folder, `.${name}.${run}-${number}.tmp`);
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function outside(target: string, root: string): SyncError {
  return new SyncError('sink/path', `target ${JSON.stringify(target)} is not a file in ${root}`, {
    hint: "The part of `to` after the dot names a file in the sink's `dir`: neither `..`, nor a link, nor a leading dot.",
  });
}
