import { dirname, resolve } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';

/** Editors write a file in several steps: what follows so soon belongs to the same change. Milliseconds. */
const settled = 300;

export interface FileWatch {
  /** Watches these files too; resolves once it does. */
  add(files: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Calls when one of these files was made, changed, replaced or removed. Resolves once it watches. */
export async function watchFiles(files: readonly string[], changed: () => void): Promise<FileWatch> {
  const wanted = new Set<string>();
  const folders = new Set<string>();
  const watchers: FSWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;
  const tell = (path: string) => {
    if (!wanted.has(resolve(path))) return;
    clearTimeout(timer);
    timer = setTimeout(changed, settled);
  };
  async function add(more: readonly string[]): Promise<void> {
    for (const file of more) wanted.add(resolve(file));
    // Folders are watched, since files come and go, and are replaced by others of their name.
    const fresh = [...new Set([...wanted].map(dirname))].filter((folder) => !folders.has(folder));
    if (fresh.length === 0) return;
    for (const folder of fresh) folders.add(folder);
    const watcher = watch(fresh, {
      depth: 0,
      ignoreInitial: true,
      ignored: (path, stats) => stats !== undefined && !stats.isDirectory() && !wanted.has(resolve(path)),
    });
    watchers.push(watcher.on('all', (_, path) => tell(path)));
    await new Promise<void>((ready) => watcher.once('ready', ready));
  }
  await add(files);
  return {
    add,
    async close() {
      clearTimeout(timer);
      await Promise.all(watchers.map((watcher) => watcher.close()));
    },
  };
}
