import type { SourceRecord } from '../model/types.ts';
import type { Batch } from '../plugin/contract.ts';

const sampleRecords = 1000;
const sampleBytes = 4 * 1024 * 1024;

/** The records a read begins with, for learning types, and all its batches, those among them. */
export interface Sampled {
  readonly sample: readonly SourceRecord[];
  readonly batches: AsyncIterable<Batch>;
}

/** Reads ahead far enough to learn types: 1,000 records or 4 MB, however the batches fall. */
export async function takeSample(batches: AsyncIterable<Batch>): Promise<Sampled> {
  const iterator = batches[Symbol.asyncIterator]();
  const held: Batch[] = [];
  let records = 0;
  let bytes = 0;
  while (records < sampleRecords && bytes < sampleBytes) {
    const next = await iterator.next();
    if (next.done) break;
    held.push(next.value);
    records += next.value.records.length;
    bytes += next.value.bytes;
  }
  const sample = held.flatMap((batch) => batch.records).slice(0, sampleRecords);
  return { sample, batches: replay(held, iterator) };
}

async function* replay(held: Batch[], rest: AsyncIterator<Batch>): AsyncGenerator<Batch> {
  try {
    for (let batch = held.shift(); batch; batch = held.shift()) yield batch;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** The first `most` records of a read; the rest is not asked for. */
export async function* limitRecords(batches: AsyncIterable<Batch>, most: number): AsyncGenerator<Batch> {
  let left = most;
  for await (const batch of batches) {
    const records = batch.records.slice(0, left);
    left -= records.length;
    yield { ...batch, records };
    if (left <= 0) return;
  }
}
