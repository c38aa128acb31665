import { SyncError } from '../model/errors.ts';
import type { SourceRecord } from '../model/types.ts';

/** Records read together; a plugin hands them on as its batch. */
export interface RecordBatch {
  readonly records: readonly SourceRecord[];
  /** The length of their text, which is about their bytes. */
  readonly bytes: number;
  readonly header?: readonly string[];
}

/** How large a batch may grow. A single record may be larger than `bytes`. */
export interface BatchLimits {
  readonly rows: number;
  readonly bytes: number;
}

/** Gathers records until they fill a batch. */
export class Gathering {
  readonly #limits: BatchLimits;
  readonly #header: readonly string[] | undefined;
  #records: SourceRecord[] = [];
  #bytes = 0;
  #taken = 0;

  constructor(limits: BatchLimits, header?: readonly string[]) {
    this.#limits = limits;
    this.#header = header;
  }

  /** True when the batch is full: `take` it before adding more. */
  add(record: SourceRecord, bytes: number): boolean {
    this.#records.push(record);
    this.#bytes += bytes;
    return this.#records.length >= this.#limits.rows || this.#bytes >= this.#limits.bytes;
  }

  /** True when there is something left to take; a header must be told even without records. */
  get isWaiting(): boolean {
    return this.#records.length > 0 || (this.#header !== undefined && this.#taken === 0);
  }

  take(): RecordBatch {
    this.#taken += 1;
    const batch = { records: this.#records, bytes: this.#bytes, header: this.#header };
    this.#records = [];
    this.#bytes = 0;
    return batch;
  }
}

/** The longest text of one record, in characters: what is longer is a mistake in the file, and would fill the memory. */
export const longestRecord = 64 * 1024 * 1024;

export function tooLong(file: string, where: string, hint: string): SyncError {
  return new SyncError('source/record_too_long', `${where} of ${file} is longer than 64 MB`, { hint });
}
