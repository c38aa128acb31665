import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * The files a glob names, absolute and sorted. `*` and `?` stay within one name, `**` is any depth of folders; names
 * that begin with a dot are matched only by a pattern that does, too.
 */
export async function globFiles(pattern: string, directory: string): Promise<string[]> {
  const absolute = path.resolve(directory, pattern);
  const { root } = path.parse(absolute);
  const found = await walk(root, absolute.slice(root.length).split(path.sep));
  return [...new Set(found)].sort();
}

async function walk(folder: string, [step, ...rest]: readonly string[]): Promise<string[]> {
  if (step === undefined) return [];
  if (step === '**') {
    const folders = (await entries(folder)).filter(
      (entry) => entry.isDirectory() && !entry.name.startsWith('.'),
    );
    const deeper = folders.map((entry) => walk(path.join(folder, entry.name), [step, ...rest]));
    return (await Promise.all([walk(folder, rest), ...deeper])).flat();
  }
  const names = /[*?]/.test(step) ? await matching(folder, step) : [step];
  if (rest.length > 0)
    return (await Promise.all(names.map((name) => walk(path.join(folder, name), rest)))).flat();
  const files = await Promise.all(names.map((name) => existingFile(path.join(folder, name))));
  return files.flat();
}

async function matching(folder: string, pattern: string): Promise<string[]> {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const names = new RegExp(`^${source}$`, 's');
  const found = await entries(folder);
  return found
    .map((entry) => entry.name)
    .filter((name) => names.test(name) && (pattern.startsWith('.') || !name.startsWith('.')));
}

/** What cannot be listed has nothing to find. */
async function entries(folder: string) {
  return readdir(folder, { withFileTypes: true }).catch(() => []);
}

async function existingFile(file: string): Promise<string[]> {
  const stats = await stat(file).catch(() => undefined);
  return stats?.isFile() === true ? [file] : [];
}

/** Whether a glob, where `*` stands for anything, names this name. */
export function matchesGlob(glob: string, name: string): boolean {
  const pattern = glob.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('.*')}$`).test(name);
}
