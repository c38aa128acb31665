import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SyncError } from 'syncline';

/** A file that is written aside, and gets its name when it is whole. */
export class AsideFile {
  /** How many bytes were written. */
  size = 0;
  readonly #path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async create(path: string): Promise<AsideFile> {
    return new AsideFile(path, await writing(path, () => open(path, 'wx+')));
  }

  /** Writes all of the text or, as far as anybody will see, nothing: what failed half way is written over. */
  async append(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    await writing(this.#path, async () => {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.size + done);
        done += bytesWritten;
      }
    });
    this.size += bytes.length;
  }

  /** The bytes from `start` up to, not including, `end`. */
  async *read(start: number, end: number): AsyncGenerator<Uint8Array> {
    const most = 256 * 1024;
    for (let at = start; at < end; ) {
      const length = Math.min(most, end - at);
      const { bytesRead, buffer } = await this.#handle.read(Buffer.allocUnsafe(length), 0, length, at);
      if (bytesRead === 0)
        throw new SyncError('sink/write_failed', `${this.#path} was cut off while it was written`);
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  /** Gives the file its name, in place of what has it now. It is on the disk, and so is its name, when this resolves. */
  async publish(path: string): Promise<void> {
    await writing(path, async () => {
      await this.#handle.truncate(this.size);
      await this.#handle.sync();
      await rename(this.#path, path);
      await syncFolder(dirname(path));
    });
  }

  /** Closes the file; away with it, unless it was published. */
  async close(): Promise<void> {
    await this.#handle.close();
    await rm(this.#path, { force: true });
  }
}

/** A rename is on the disk when its folder is. Windows has no such thing for folders. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const hints = new Map([
  ['ENOSPC', 'The disk is full. Free some space and run again; what was there before is as it was.'],
  ['EDQUOT', 'The quota is used up. Free some space and run again; what was there before is as it was.'],
  ['EACCES', 'This user may not write there. Change the permissions, or `dir`.'],
  ['EPERM', 'This user may not write there. Change the permissions, or `dir`.'],
  ['EROFS', 'The file system is read-only. Change `dir`.'],
  ['ENOTDIR', 'A part of the path is a file, not a folder. Change `dir` or the target.'],
  ['EISDIR', 'There is a folder of that name. Change `dir` or the target.'],
]);

/** Does what writes to a path, and says in its error what that was. */
export async function writing<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof SyncError || !(cause instanceof Error)) throw cause;
    const code = 'code' in cause ? String(cause.code) : '';
    const hint = hints.get(code) ?? 'Nothing of it is visible; run again when the cause is gone.';
    throw new SyncError('sink/write_failed', `${path} could not be written: ${cause.message}`, {
      hint,
      cause,
    });
  }
}
