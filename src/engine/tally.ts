import { type Counts, noCounts } from '../model/result.ts';
import type { Reject } from '../model/types.ts';
import type { Committed } from '../plugin/contract.ts';
import type { Emit } from './events.ts';

/** So many rejects are told one by one while a pipeline runs; all of them are kept. */
const toldRejects = 3;

/** Counts what one pipeline does, and tells it as events. */
export class Tally {
  counts: Counts = noCounts;
  readonly #pipeline: string;
  readonly #emit: Emit;
  readonly #now: () => Date;
  #told = 0;

  constructor(pipeline: string, emit: Emit, now: () => Date) {
    this.#pipeline = pipeline;
    this.#emit = emit;
    this.#now = now;
  }

  add(more: Partial<Counts>): void {
    const sum: { -readonly [name in keyof Counts]: number } = { ...this.counts };
    for (const name of Object.keys(more) as (keyof Counts)[]) sum[name] += more[name] ?? 0;
    this.counts = sum;
  }

  /** A batch is in the sink. */
  commit({ schema_changes, ...counts }: Committed): void {
    for (const change of schema_changes) this.notice('info', change);
    this.add(counts);
    this.#emit({ type: 'progress', at: this.#at(), pipeline: this.#pipeline, counts: this.counts });
  }

  tellRejects(rejects: readonly Reject[]): void {
    for (const reject of rejects.slice(0, toldRejects - this.#told)) {
      this.notice(
        'warn',
        `row rejected: ${reject.field === undefined ? '' : `${reject.field}: `}${reject.reason}`,
      );
      this.#told++;
      if (this.#told === toldRejects)
        this.notice('warn', 'further rejects are counted and kept, and not told one by one');
    }
  }

  notice(level: 'info' | 'warn', message: string): void {
    this.#emit({ type: 'notice', at: this.#at(), pipeline: this.#pipeline, level, message });
  }

  #at(): string {
    return this.#now().toISOString();
  }
}
