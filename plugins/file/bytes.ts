import type { BigIntStats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { SyncError } from 'syncline';
import { isNowhere } from './exists.ts';
import { reading, unreadable } from './unreadable.ts';

/** What tells whether a file is still as it was. */
export interface FileVersion {
  /** In bytes. */
  readonly size: number;
  /** When it was changed last, in milliseconds since 1970. */
  readonly mtime: number;
}

const chunkSize = 256 * 1024;

/** A file that is read whole, maybe more than once, and must stay as it is meanwhile. */
export interface FileBytes {
  /** As it is now, and has to stay. */
  version(): Promise<FileVersion>;
  /** The bytes from the beginning. */
  read(): AsyncGenerator<Uint8Array>;
  /** How many bytes were handed out since the last beginning. */
  readonly taken: number;
  /** Throws when the file is not the one any more that was first read. */
  checkUnchanged(): Promise<void>;
}

/** `name` is what errors call the file. */
export function fileBytes(path: string, name: string, signal: AbortSignal): FileBytes {
  let first: BigIntStats | undefined;
  let taken = 0;

  /** Sees to it that the file is the one that was seen first. */
  async function look(handle: FileHandle): Promise<BigIntStats> {
    const stats = await reading(name, () => handle.stat({ bigint: true }));
    if (!stats.isFile())
      throw unreadable(name, stats.isDirectory() ? 'is a folder' : 'is not a regular file');
    first ??= stats;
    if (!isSame(first, stats)) throw changed(name);
    return stats;
  }

  async function version(): Promise<FileVersion> {
    const handle = await openFile(path, name);
    try {
      const { size, mtimeMs } = await look(handle);
      return { size: Number(size), mtime: Number(mtimeMs) };
    } finally {
      await handle.close();
    }
  }

  async function* read(): AsyncGenerator<Uint8Array> {
    const handle = await openFile(path, name);
    try {
      await look(handle);
      taken = 0;
      for (;;) {
        signal.throwIfAborted();
        const { bytesRead, buffer } = await reading(name, () =>
          handle.read(Buffer.allocUnsafe(chunkSize), 0, chunkSize),
        );
        if (bytesRead === 0) return;
        taken += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }

  async function checkUnchanged(): Promise<void> {
    const now = await stat(path, { bigint: true }).catch(() => undefined);
    if (first === undefined || (now !== undefined && isSame(first, now))) return;
    throw changed(name);
  }

  return {
    version,
    read,
    checkUnchanged,
    get taken() {
      return taken;
    },
  };
}

function changed(name: string): SyncError {
  return new SyncError('source/file_changed', `${name} was changed while it was read`, {
    hint: 'Run again when it is finished. A writer that renames the finished file into place avoids this.',
  });
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.size === b.size && a.mtimeNs === b.mtimeNs && a.ino === b.ino;
}

function openFile(path: string, name: string): Promise<FileHandle> {
  return reading(name, async () => {
    try {
      return await open(path);
    } catch (cause) {
      if (!isNowhere(cause)) throw cause;
      throw new SyncError('source/file_missing', `${name} is not there (${path})`, {
        hint: "Relative paths start at the config's folder. Correct `path`, or put the file there.",
        cause,
      });
    }
  });
}
