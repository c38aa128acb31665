import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { exists, isNowhere } from './exists.ts';
import { reading } from './unreadable.ts';

/**
 * The files a path stands for, as absolute paths in order: the file itself, or what its pattern matches. `*` and `?`
 * stand for characters of a name, `**` for folders however deep, `{a,b}` for either. A name that begins with a dot or
 * ends in `.tmp` is matched only by a pattern that says so: it is likely not finished.
 */
export async function matchingFiles(path: string, directory: string): Promise<readonly string[]> {
  const literal = resolve(directory, path);
  if (!/[*?{]/.test(path) || (await isThere(literal))) return [literal];
  const found = new Set<string>();
  for (const pattern of alternatives(path)) {
    const absolute = resolve(directory, pattern);
    const root = resolve(absolute, '/');
    await walk(root, absolute.slice(root.length).split(/[\\/]/), found);
  }
  return [...found].sort(byCodeUnit);
}

/** `{a,b}` spelled out, innermost first. */
function alternatives(pattern: string): readonly string[] {
  const group = /\{([^{}]*)\}/.exec(pattern);
  if (group === null) return [pattern];
  const before = pattern.slice(0, group.index);
  const after = pattern.slice(group.index + group[0].length);
  return (group[1] ?? '').split(',').flatMap((choice) => alternatives(before + choice + after));
}

async function walk(folder: string, segments: readonly string[], found: Set<string>): Promise<void> {
  const [segment, ...rest] = segments;
  if (segment === undefined) return;
  if (segment === '**') {
    await walk(folder, rest.length === 0 ? ['*'] : rest, found);
    for (const entry of await entries(folder)) {
      // Links are not followed here: one may lead back to where we are.
      if (entry.isDirectory() && !entry.name.startsWith('.'))
        await walk(join(folder, entry.name), segments, found);
    }
    return;
  }
  if (!/[*?]/.test(segment)) {
    const path = join(folder, segment);
    if (rest.length > 0) await walk(path, rest, found);
    else if (await isThere(path)) found.add(path);
    return;
  }
  for (const entry of await entries(folder)) {
    if (!matches(segment, entry.name)) continue;
    if (rest.length > 0) await walk(join(folder, entry.name), rest, found);
    else if (!entry.isDirectory()) found.add(join(folder, entry.name));
  }
}

async function entries(folder: string) {
  // A folder that is not there has no files; one that may not be read would hide some.
  return reading(folder, () =>
    readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      if (isNowhere(error)) return [];
      throw error;
    }),
  );
}

function isThere(path: string): Promise<boolean> {
  return reading(path, () => exists(path));
}

function matches(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  if (name.endsWith('.tmp') && !pattern.endsWith('.tmp')) return false;
  const source = pattern
    .replace(/[.+^$()|[\]\\{}]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'su').test(name);
}

function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
