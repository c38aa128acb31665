import { isDeepStrictEqual } from 'node:util';
import { SyncError, type Value } from 'syncline';
import type { RecordBatch } from 'syncline/formats';
import type { FileVersion } from './bytes.ts';

// Types, not interfaces: only these count as plain values.

/** All that was read before a place, to tell whether any of it was changed, added or removed. */
type Earlier = {
  readonly files: number;
  /** Of all of them, in bytes. */
  readonly size: number;
  /** Of the one that was changed last. */
  readonly mtime: number;
};

export const noneEarlier: Earlier = { files: 0, size: 0, mtime: 0 };

export function andFile({ files, size, mtime }: Earlier, file: FileVersion): Earlier {
  return { files: files + 1, size: size + file.size, mtime: Math.max(mtime, file.mtime) };
}

/** A file as it was when it was read. */
type Place = {
  readonly file: string;
  readonly size: number;
  readonly mtime: number;
  readonly earlier: Earlier;
};

/** Where a read goes on: after this many records of a file. */
type FilePosition = Place & { readonly records: number };

/** The position a source was given, once its shape is sure. */
export function toPosition(position: Value): FilePosition {
  const found = (position ?? {}) as Partial<FilePosition>;
  if (typeof found.file === 'string' && typeof found.records === 'number') return found as FilePosition;
  throw positionLost('the position it was given is not one in a file');
}

/** The place of the position's file among those there are now. */
export function indexOf({ file }: FilePosition, files: readonly string[]): number {
  const index = files.indexOf(file);
  if (index === -1) throw positionLost(`${file} is gone`);
  return index;
}

/**
 * How many records of the file were read, if all up to there is as it was. What changed in an earlier file might else
 * never be read: once this read is complete, the cursor may be past it.
 */
export function recordsBefore({ records, ...then }: FilePosition, now: Place): number {
  if (then.size !== now.size || then.mtime !== now.mtime)
    throw positionLost(`${now.file} was changed meanwhile`);
  if (!isDeepStrictEqual(then.earlier, now.earlier))
    throw positionLost(`files before ${now.file} were changed, added or removed meanwhile`);
  return records;
}

/** Leaves out the first records of a file; its header comes all the same. */
export async function* withoutFirst(
  count: number,
  batches: AsyncIterable<RecordBatch>,
  file: string,
): AsyncGenerator<RecordBatch> {
  let left = count;
  let header: RecordBatch['header'];
  let isHeaderTold = false;
  for await (const batch of batches) {
    header = batch.header;
    const { length } = batch.records;
    const skipped = Math.min(left, length);
    left -= skipped;
    if (length > 0 && skipped === length) continue;
    yield skipped === 0 ? batch : rest(batch, skipped);
    isHeaderTold = true;
  }
  if (left > 0) throw positionLost(`${file} has fewer records than were read of it`);
  if (header !== undefined && !isHeaderTold) yield { records: [], bytes: 0, header };
}

function rest(batch: RecordBatch, skipped: number): RecordBatch {
  const records = batch.records.slice(skipped);
  return { ...batch, records, bytes: Math.round((batch.bytes * records.length) / batch.records.length) };
}

function positionLost(reason: string): SyncError {
  return new SyncError('source/position_lost', `${reason}, so the read cannot go on where it stopped`, {
    hint: 'Run with --all to read everything again.',
  });
}
