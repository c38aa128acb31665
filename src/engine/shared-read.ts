import type { SiblingBatch } from './parent-walk.ts';
import type { StreamSource } from './stream.ts';

/** One of those that a read is shared by. */
export interface Reader {
  /** Reads what the others read as well: they ask for the same. */
  readonly source: StreamSource;
  /** It takes no more, or never began: the others do not wait for it. The last one ends the read. */
  leave(): Promise<void>;
}

/**
 * Lets several readers share one read of a source: each batch is fetched once, when all have taken the one before, so
 * that no more than two are held however fast one of them is.
 */
export function shareRead(source: StreamSource, readers: number): readonly Reader[] {
  const shared = new SharedRead(source);
  return Array.from({ length: readers }, () => shared.join());
}

type Next = IteratorResult<SiblingBatch>;
type Request = Parameters<StreamSource['read']>[0];

class SharedRead {
  readonly #source: StreamSource;
  #batches: AsyncIterator<SiblingBatch> | undefined;
  /** How many batches each reader has taken. */
  readonly #taken = new Map<object, number>();
  /** The batches from `#first` on, as they were fetched. */
  #fetched: Promise<Next>[] = [];
  #first = 0;
  #waiting: (() => void)[] = [];

  constructor(source: StreamSource) {
    this.#source = source;
  }

  join(): Reader {
    const reader = {};
    this.#taken.set(reader, 0);
    const leave = () => this.#leave(reader);
    const read = (request: Request) => this.#read(reader, request);
    return { source: { read }, leave };
  }

  async *#read(reader: object, request: Request): AsyncGenerator<SiblingBatch> {
    this.#batches ??= this.#source.read(request)[Symbol.asyncIterator]();
    try {
      for (let number = 0; ; number++) {
        this.#taken.set(reader, number);
        this.#move();
        while (number > this.#slowest() + 1) await new Promise<void>((wake) => this.#waiting.push(wake));
        const known = this.#fetched[number - this.#first];
        const next = await (known ?? this.#fetch(this.#batches));
        if (next.done) return;
        // What it took is told once, to the reader for whom it was asked.
        yield known ? { ...next.value, calls: undefined } : next.value;
      }
    } finally {
      await this.#leave(reader);
    }
  }

  #fetch(batches: AsyncIterator<SiblingBatch>): Promise<Next> {
    const next = batches.next();
    next.catch(() => undefined);
    this.#fetched.push(next);
    return next;
  }

  #slowest(): number {
    return Math.min(...this.#taken.values());
  }

  /** Lets go of what all have taken, and wakes those that wait for it. */
  #move(): void {
    while (this.#first < this.#slowest() && this.#fetched.length > 0) {
      this.#fetched.shift();
      this.#first += 1;
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #leave(reader: object): Promise<void> {
    if (!this.#taken.delete(reader)) return;
    this.#move();
    if (this.#taken.size === 0) await this.#batches?.return?.();
  }
}
