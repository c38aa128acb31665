import type { Batch } from '../plugin/contract.ts';
import { Spool } from './spool.ts';

/** One read of a stream that many go through, each at its own pace: every batch is fetched once, when the first asks. */
export class SharedWalk {
  readonly #spool = new Spool();
  readonly #batches: AsyncIterator<Batch>;
  #fetching: Promise<void> | undefined;
  #isComplete = false;
  /** So many batches were told of. */
  #told = 0;

  constructor(batches: AsyncIterable<Batch>) {
    this.#batches = batches[Symbol.asyncIterator]();
  }

  /** Its batches from the first on. A read that failed fails for all. */
  async *batches(): AsyncGenerator<Batch> {
    for (let index = 0; await this.#has(index); index++) yield await this.#spool.read(index);
  }

  /** The same, each with what it took only for the first who is told. */
  async *told(): AsyncGenerator<Batch> {
    let number = 0;
    for await (const batch of this.batches()) {
      number += 1;
      const isNew = number > this.#told;
      if (isNew) this.#told = number;
      yield isNew ? batch : { ...batch, calls: undefined };
    }
  }

  /** How many records there are, once all of them were fetched. */
  async count(): Promise<number> {
    while (!this.#isComplete) await this.#fetch();
    return this.#spool.records;
  }

  async close(): Promise<void> {
    await this.#fetching?.catch(() => undefined);
    await this.#batches.return?.();
    await this.#spool.close();
  }

  async #has(index: number): Promise<boolean> {
    while (index >= this.#spool.length && !this.#isComplete) await this.#fetch();
    return index < this.#spool.length;
  }

  /** After a failure the same promise stays, and rejects for whoever comes. */
  #fetch(): Promise<void> {
    this.#fetching ??= this.#next().then(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #next(): Promise<void> {
    const next = await this.#batches.next();
    if (next.done) this.#isComplete = true;
    else await this.#spool.add(next.value);
  }
}
