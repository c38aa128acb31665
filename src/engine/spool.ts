import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseJson, printJson } from '../model/json.ts';
import type { SourceRecord, Value } from '../model/types.ts';
import type { Batch } from '../plugin/contract.ts';

/** So many records are held in memory; those after them lie on disk. */
const heldRecords = 10_000;

/** A batch whose records lie on disk, as one JSON text. */
interface Stored {
  readonly batch: Omit<Batch, 'records'>;
  readonly offset: number;
  readonly length: number;
}

/** Batches that are read once and needed several times, in their order. */
export class Spool {
  /** How many records there are. */
  records = 0;
  readonly #batches: (Batch | Stored)[] = [];
  #file: FileHandle | undefined;
  #size = 0;

  /** How many batches there are. */
  get length(): number {
    return this.#batches.length;
  }

  async add(batch: Batch): Promise<void> {
    this.records += batch.records.length;
    this.#batches.push(this.records <= heldRecords ? batch : await this.#store(batch));
  }

  async read(index: number): Promise<Batch> {
    const found = this.#batches[index];
    if (found === undefined) throw new RangeError(`there is no batch ${index}`);
    if ('records' in found) return found;
    const { buffer } = await this.#opened().read(Buffer.alloc(found.length), 0, found.length, found.offset);
    return { ...found.batch, records: parseJson(buffer.toString('utf8')) as unknown as SourceRecord[] };
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #store({ records, ...batch }: Batch): Promise<Stored> {
    this.#file ??= await openUnnamed();
    const bytes = Buffer.from(printJson(records as unknown as Value));
    const offset = this.#size;
    await this.#file.appendFile(bytes);
    this.#size += bytes.length;
    return { batch, offset, length: bytes.length };
  }

  #opened(): FileHandle {
    if (this.#file === undefined) throw new Error('the spool was closed');
    return this.#file;
  }
}

/** A file that is gone once it is closed, however the process ends. */
async function openUnnamed(): Promise<FileHandle> {
  const file = join(tmpdir(), `syncline-${randomUUID()}`);
  const handle = await open(file, 'wx+', 0o600);
  await rm(file, { force: true });
  return handle;
}
