import {
  addCalls,
  addCounts,
  type CallCounts,
  type Counts,
  countsBeside,
  noCounts,
  type PipelineResult,
} from '../model/result.ts';
import type { Partition, Reject } from '../model/types.ts';
import type { Batch, Calls, Committed } from '../plugin/contract.ts';
import type { Emit } from './events.ts';
import { partitionLabel } from './parts.ts';

/** So many rejects are told one by one while a pipeline runs; all of them are kept. */
const toldRejects = 3;

/** How far a read is, as far as its source tells. */
type Reached = Pick<Batch, 'progress' | 'detail'>;

/** What was asked of a server, and why it was asked no more. */
type Asked = Pick<PipelineResult, 'calls' | 'stopped'>;

/** Counts what one pipeline does, over all its parts, and tells it as events. */
export class PipelineTally {
  readonly #pipeline: string;
  readonly #emit: Emit;
  readonly #now: () => Date;
  /** Of the groups of parts that have ended. */
  #ended: Counts = noCounts;
  #asked: Asked = {};
  #parts: readonly Tally[] = [];
  #partition?: string;

  constructor(pipeline: string, emit: Emit, now: () => Date) {
    this.#pipeline = pipeline;
    this.#emit = emit;
    this.#now = now;
  }

  /**
   * The tallies of the parts that run next, side by side, of one partition where there are any; one with a label says
   * it before whatever it tells.
   */
  begin(labels: readonly string[], partition?: Partition): readonly Tally[] {
    this.#ended = this.counts;
    this.#asked = this.asked;
    this.#partition = partition && partitionLabel(partition);
    this.#parts = labels.map((label, index) => new Tally(this, label, index === 0));
    return this.#parts;
  }

  get counts(): Counts {
    return addCounts(this.#ended, this.#running);
  }

  get #running(): Counts {
    const parts = this.#parts.map(({ counts }) => counts);
    return parts.length === 0 ? noCounts : parts.reduce(countsBeside);
  }

  get asked(): Asked {
    return [this.#asked, ...this.#parts.map(({ asked }) => asked)].reduce(askedTogether);
  }

  progress(reached: Reached): void {
    const { counts } = this;
    const partition =
      this.#partition === undefined ? {} : { partition: { name: this.#partition, counts: this.#running } };
    const at = this.#at();
    this.#emit({ type: 'progress', at, pipeline: this.#pipeline, counts, ...partition, ...reached });
  }

  notice(level: 'info' | 'warn', message: string): void {
    this.#emit({ type: 'notice', at: this.#at(), pipeline: this.#pipeline, level, message });
  }

  #at(): string {
    return this.#now().toISOString();
  }
}

export function askedTogether(one: Asked, other: Asked): Asked {
  const calls = addCalls(one.calls, other.calls);
  const stopped = other.stopped ?? one.stopped;
  return { ...(calls && { calls }), ...(stopped !== undefined && { stopped }) };
}

export function toCallCounts({ pages, requests, retries, waited_ms }: Calls): CallCounts {
  return { pages, requests, retries, waitedMs: waited_ms };
}

/** Counts what one part of a pipeline does. */
export class Tally {
  counts: Counts = noCounts;
  asked: Asked = {};
  readonly #pipeline: PipelineTally;
  readonly #label: string;
  /** Parts that read the same reject the same: one of them tells it. */
  readonly #tellsRejects: boolean;
  #told = 0;
  #reached: Reached = {};

  constructor(pipeline: PipelineTally, label: string, tellsRejects: boolean) {
    this.#pipeline = pipeline;
    this.#label = label;
    this.#tellsRejects = tellsRejects;
  }

  add(more: Partial<Counts>): void {
    this.counts = addCounts(this.counts, more);
  }

  /** The read is as far as this batch says. */
  reach({ progress, detail, calls, stopped }: Pick<Batch, keyof Reached | 'calls' | 'stopped'>): void {
    this.#reached = { progress, detail };
    this.asked = askedTogether(this.asked, { calls: calls && toCallCounts(calls), stopped });
  }

  /** A batch is in the sink. */
  commit({ schema_changes, ...counts }: Committed): void {
    for (const change of schema_changes) this.notice('info', change);
    this.add(counts);
    this.#pipeline.progress(this.#reached);
  }

  tellRejects(rejects: readonly Reject[]): void {
    if (!this.#tellsRejects) return;
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
    this.#pipeline.notice(level, this.#label === '' ? message : `${this.#label}: ${message}`);
  }
}
