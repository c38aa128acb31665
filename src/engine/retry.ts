import type { Checkpoint } from '../model/checkpoint.ts';
import { parseJson } from '../model/json.ts';
import { plural } from '../model/plural.ts';
import type { Reject, SourceRecord } from '../model/types.ts';
import type { ReadRequest } from '../plugin/contract.ts';
import type { NewReject, PartFilter, RejectFilter, RejectIds, State } from '../state/state.ts';
import type { SiblingBatch } from './parent-walk.ts';
import type { PipelinePart } from './parts.ts';
import { partName } from './resume.ts';
import type { StreamSource } from './stream.ts';
import type { Tally } from './tally.ts';

/** Which rejects a batch retries: travels as its position, so that the ledger tells those that were committed. */
interface RetriedBatch {
  readonly rejects: RejectIds;
  /** The order of the first of them. */
  readonly first: number;
}

/**
 * The kept rejects of a pipeline's part, read again as a source. They leave the state once their batch is committed; those that
 * are refused again were kept anew before it.
 */
export class Retry {
  readonly source: StreamSource;
  readonly #state: State;
  readonly #filter: PartFilter;
  readonly #run: string;
  /** Of each record that was read: the order of its reject, and which element it is. */
  readonly #read = new WeakMap<object, { readonly first_id: number; readonly element?: number }>();
  /** Of commits that are not durable yet. */
  #waiting: RejectIds[] = [];

  constructor(state: State, part: PipelinePart, { run }: RejectFilter, retrying: string) {
    this.#state = state;
    this.#filter = { pipeline: part.name, part: partName(part), run };
    this.#run = retrying;
    this.source = { read: (request) => this.#batches(request) };
  }

  /** Takes those off the list that a retry had committed before it died, and says what this one leaves out. */
  async begin(last: Checkpoint | undefined, tally: Tally): Promise<void> {
    const done = batchOf(last);
    if (done) await this.#state.removeRejects(this.#filter.pipeline, done.rejects);
    const { superseded, inexact } = await this.#state.leftOut(this.#filter);
    if (superseded > 0)
      tally.notice(
        'info',
        `${plural(superseded, 'superseded reject')} left out: later rows of their keys were written`,
      );
    if (inexact > 0)
      tally.notice(
        'warn',
        `${plural(inexact, 'reject')} left out: its record was not kept as it was read, for a secret in it or by an older version`,
      );
  }

  /** Which element of a record was rejected; undefined: all of it. */
  element(record: SourceRecord): number | undefined {
    return this.#read.get(record)?.element;
  }

  /** A reject that came of a retried one, in the order of that one. */
  again(reject: Reject): NewReject {
    const record = reject.of?.record ?? reject.record;
    const read = typeof record === 'object' && record !== null ? this.#read.get(record) : undefined;
    return { ...reject, first_id: read?.first_id };
  }

  /** Rejects whose order is below this are older than all that the batch retries. */
  first(checkpoint: Checkpoint): number {
    return batchOf(checkpoint)?.first ?? 0;
  }

  /** The batch with this checkpoint is committed; unless `durable`, it will be with `complete`. */
  async committed(checkpoint: Checkpoint, durable: boolean): Promise<void> {
    const batch = batchOf(checkpoint);
    if (batch) this.#waiting.push(batch.rejects);
    if (!durable) return;
    for (const ids of this.#waiting) await this.#state.removeRejects(this.#filter.pipeline, ids);
    this.#waiting = [];
  }

  async *#batches({ batch: limit }: ReadRequest): AsyncGenerator<SiblingBatch> {
    const next = (after?: Found[number]) =>
      this.#state.rejectsToRetry(this.#filter, { after, retrying: this.#run }, limit);
    for (let found = await next(); found.length > 0; found = await next(found.at(-1)))
      yield this.#toBatch(found);
  }

  #toBatch(found: Found): SiblingBatch {
    const runs = [...new Set(found.map(({ run }) => run))];
    const idsOf = (of: string) => found.flatMap(({ run, id }) => (run === of ? [id] : []));
    const rejects = Object.fromEntries(runs.map((run) => [run, idsOf(run)]));
    const records = found.map(({ record, first_id, element }) => {
      // Only what was a record is kept as one that can be retried.
      const read = parseJson(record) as SourceRecord;
      this.#read.set(read, { first_id, element });
      return read;
    });
    const bytes = found.reduce((sum, { record }) => sum + record.length, 0);
    const hasParents = found.some(({ parent }) => parent !== undefined);
    const siblings = found.map(({ parent = 'null' }) => {
      return { parent: parseJson(parent), records: 1, whole: false };
    });
    const position = { rejects, first: found[0]?.first_id ?? 0 } satisfies RetriedBatch;
    return { records, siblings: hasParents ? siblings : undefined, bytes, position };
  }
}

type Found = Awaited<ReturnType<State['rejectsToRetry']>>;

function batchOf(checkpoint: Checkpoint | undefined): RetriedBatch | undefined {
  const position = checkpoint?.position?.source;
  // Only a retry writes checkpoints under this name, and only such positions.
  return position === undefined ? undefined : (position as unknown as RetriedBatch);
}
