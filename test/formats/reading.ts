import { type ReadOptions, type RecordBatch, readRecords } from 'syncline/formats';

type Given = Partial<ReadOptions> & Pick<ReadOptions, 'format'> & { readonly chunk?: number };

/** Reads a file's content, handed over in chunks of so many bytes. */
export async function readBatches(content: string | Uint8Array, given: Given): Promise<RecordBatch[]> {
  const { chunk = 7, ...options } = given;
  const bytes = Buffer.from(content);
  async function* open(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  const batches: RecordBatch[] = [];
  const file = `data/x.${options.format}`;
  for await (const batch of readRecords(open, { file, batch: { rows: 100, bytes: 1e6 }, ...options })) {
    batches.push(batch);
  }
  return batches;
}

export async function readAll(content: string | Uint8Array, given: Given) {
  return (await readBatches(content, given)).flatMap((batch) => batch.records);
}
