import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { SyncError } from '../model/errors.ts';

const chunkSize = 256 * 1024;

/** Hands on the bytes of a file, unpacked when they are gzip, whatever the file's name. */
export async function* unpack(chunks: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    const first = await iterator.next();
    if (first.done === true) {
      if (named(file)) throw damaged(file, 'is empty');
      return;
    }
    const all = following(first.value, iterator);
    if (first.value[0] === 0x1f && first.value[1] === 0x8b) yield* gunzip(all, file);
    else if (named(file)) throw damaged(file, 'has the name of a gzip file, and is none');
    else yield* all;
  } finally {
    await iterator.return?.();
  }
}

function named(file: string): boolean {
  return file.toLowerCase().endsWith('.gz');
}

async function* following(
  first: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield first;
  for (;;) {
    const next = await iterator.next();
    if (next.done === true) return;
    yield next.value;
  }
}

async function* gunzip(chunks: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  // The callback is empty because an error of either stream also reaches the loop over the last one.
  const unpacked = pipeline(Readable.from(chunks), createGunzip({ chunkSize }), () => {});
  try {
    yield* unpacked;
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) {
      throw damaged(file, `is a damaged or cut off gzip file (${error.message})`, error);
    }
    throw error;
  }
}

function damaged(file: string, what: string, cause?: unknown): SyncError {
  return new SyncError('source/gzip', `${file} ${what}`, {
    hint: 'Have the file written or copied again; `gzip -t` tells whether it is whole.',
    cause,
  });
}
