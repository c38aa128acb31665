import type { SourceRecord } from '../model/types.ts';
import type { Siblings } from '../transform/mapping.ts';

const sampleRecords = 1000;
const sampleBytes = 4 * 1024 * 1024;

interface Sized {
  readonly records: readonly SourceRecord[];
  readonly bytes: number;
  readonly header?: readonly string[];
  readonly siblings?: readonly Siblings[];
}

/** The records a read begins with, for learning types, and all its batches, those among them. */
export interface Sampled<Batch> {
  readonly sample: readonly SourceRecord[];
  /** For which parents they were read, where the stream has one. */
  readonly siblings?: readonly Siblings[];
  /** The column names that tabular data has told of so far; none for other data. */
  readonly header: readonly string[];
  readonly batches: AsyncIterable<Batch>;
  /** Ends the read, wherever it is. */
  close(): Promise<void>;
}

/** Reads ahead far enough to learn types: 1,000 records or 4 MB, however the batches fall. */
export async function takeSample<Batch extends Sized>(
  batches: AsyncIterable<Batch>,
): Promise<Sampled<Batch>> {
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
  const told = held.flatMap((batch) => batch.siblings ?? []);
  const siblings = held.some((batch) => batch.siblings) ? told : undefined;
  const header = [...new Set(held.flatMap((batch) => batch.header ?? []))];
  const close = async () => {
    await iterator.return?.();
  };
  return { sample, siblings, header, batches: replay(held, iterator), close };
}

async function* replay<Batch>(held: Batch[], rest: AsyncIterator<Batch>): AsyncGenerator<Batch> {
  for (let batch = held.shift(); batch; batch = held.shift()) yield batch;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
