import { SyncError } from '../model/errors.ts';
import type { SourceRecord, Value } from '../model/types.ts';
import type { Batch, OpenSource, ReadRequest } from '../plugin/contract.ts';
import type { Siblings } from '../transform/mapping.ts';
import type { Handover, Mark } from './handovers.ts';
import { untilAborted } from './until-aborted.ts';

/** A batch of a stream that has a parent. */
export interface SiblingBatch extends Batch {
  /** For which of the parent's records these were read, where they are handed over one by one. */
  readonly siblings?: readonly Siblings[];
}

/** A stream that is read once for each handover, and is one read to whoever asks for it. */
export interface Walk {
  readonly source: OpenSource;
  /** What is asked for each time, but for the options that a handover fills. */
  readonly request: Omit<ReadRequest, 'position'>;
  readonly handovers: AsyncIterator<Handover>;
  options(handover: Handover): unknown;
  /** How many records the parent has. */
  readonly total: number;
  /** Records are handed over one by one. */
  readonly single: boolean;
  /** The rows of one parent stay in one batch. */
  readonly together: boolean;
  /** What was read may not come again. */
  readonly exact: boolean;
}

/**
 * Reads for one handover after the other, in order; of as many as the source says at once, the first batches are
 * fetched ahead. What is read for several fills a batch together.
 */
export async function* readForParents(walk: Walk): AsyncGenerator<SiblingBatch> {
  const stop = new AbortController();
  const started: Started[] = [];
  const signal = AbortSignal.any([walk.request.signal, stop.signal]);
  const gathered = new Gathered(walk);
  try {
    for (;;) {
      while (started.length < (walk.source.parallel ?? 1)) {
        const next = await walk.handovers.next();
        if (next.done) break;
        started.push(begin(walk, next.value, signal));
      }
      const [one] = started;
      if (one === undefined) break;
      for await (const batch of walk.together ? wholeOf(one, walk) : batchesOf(one)) {
        if (!gathered.fits(batch)) yield gathered.take();
        gathered.add(one.handover, batch);
      }
      gathered.close(one.handover);
      if (gathered.isFull) yield gathered.take();
      started.shift();
    }
  } catch (error) {
    // What is whole is not read again because of what follows it.
    if (!signal.aborted && gathered.holdsAny) yield gathered.take();
    throw error;
  } finally {
    stop.abort();
    await Promise.all(started.map(({ batches }) => batches.return(undefined).catch(() => undefined)));
  }
  if (gathered.holdsAny) yield gathered.take();
}

interface Started {
  readonly handover: Handover;
  readonly batches: AsyncGenerator<Batch>;
  readonly first: Promise<IteratorResult<Batch>>;
}

function begin({ source, request, options }: Walk, handover: Handover, signal: AbortSignal): Started {
  const read = source.read({ ...request, options: options(handover), position: handover.from, signal });
  const batches = untilAborted(read, signal);
  const first = batches.next();
  first.catch(() => undefined);
  return { handover, batches, first };
}

async function* batchesOf({ batches, first }: Started): AsyncGenerator<Batch> {
  for (let next = await first; !next.done; next = await batches.next()) yield next.value;
}

/** All that is read for a handover as one batch. */
async function* wholeOf(one: Started, { request }: Walk): AsyncGenerator<Batch> {
  let whole: Batch | undefined;
  for await (const batch of batchesOf(one)) {
    whole = whole === undefined ? batch : joined(whole, batch);
    if (whole.bytes > request.batch.bytes) throw tooLarge(request, one.handover);
  }
  if (whole) yield { ...whole, position: undefined };
}

function joined(before: Batch, after: Batch): Batch {
  const records = [...before.records, ...after.records];
  return { ...before, ...after, records, bytes: before.bytes + after.bytes, calls: added(before, after) };
}

function added({ calls: before }: Batch, { calls: after }: Batch): Batch['calls'] {
  if (before === undefined || after === undefined) return before ?? after;
  return {
    pages: before.pages + after.pages,
    requests: before.requests + after.requests,
    retries: before.retries + after.retries,
    waited_ms: before.waited_ms + after.waited_ms,
  };
}

/** What was read and not given out yet, with where reading goes on after it. */
class Gathered {
  readonly #walk: Walk;
  #batch: Batch | undefined;
  #siblings: Siblings[] = [];
  #position: Value | undefined;
  #done = 0;
  /** The handover that a batch was given out in the middle of. */
  #split: Handover | undefined;
  /** The handover that the last of the siblings belong to. */
  #last: Handover | undefined;
  #moved = false;

  constructor(walk: Walk) {
    this.#walk = walk;
  }

  get holdsAny(): boolean {
    return this.#moved;
  }

  /** Parents without records take room as well, where they are told of. */
  get isFull(): boolean {
    return this.#siblings.length >= this.#walk.request.batch.rows;
  }

  fits({ records, bytes, header }: Batch): boolean {
    if (this.#batch === undefined) return true;
    const { rows, bytes: most } = this.#walk.request.batch;
    if (String(header) !== String(this.#batch.header)) return false;
    return this.#batch.records.length + records.length <= rows && this.#batch.bytes + bytes <= most;
  }

  add(handover: Handover, batch: Batch): void {
    this.#batch = this.#batch === undefined ? batch : joined(this.#batch, batch);
    this.#tell(handover, batch.records);
    this.#position = this.#within(handover, batch);
    this.#moved = true;
  }

  /** All that is read for a handover was added. */
  close(handover: Handover): void {
    if (this.#walk.together && this.#last !== handover) this.#tell(handover, []);
    this.#position = positionOf(handover.after);
    this.#done = handover.after.done;
    this.#split = undefined;
    this.#last = undefined;
    this.#moved = true;
  }

  take(): SiblingBatch {
    const batch = this.#batch ?? { records: [], bytes: 0 };
    const open = this.#last === undefined ? undefined : this.#siblings.pop();
    if (open) this.#siblings.push({ ...open, whole: false });
    if (open) this.#split = this.#last;
    const taken: SiblingBatch = {
      ...batch,
      position: this.#position,
      progress: { done: this.#done, total: this.#walk.total },
      siblings: this.#walk.single ? this.#siblings : undefined,
    };
    this.#batch = undefined;
    this.#siblings = [];
    this.#last = undefined;
    this.#moved = false;
    return taken;
  }

  #tell(handover: Handover, records: readonly SourceRecord[]): void {
    const [parent] = handover.records;
    if (parent === undefined || !this.#walk.single) return;
    const before = this.#last === handover ? this.#siblings.pop()?.records : undefined;
    const whole = this.#split !== handover;
    this.#siblings.push({ parent, records: (before ?? 0) + records.length, whole });
    this.#last = handover;
  }

  /** Where reading goes on in the middle of what is read for a handover; undefined: nobody can tell. */
  #within({ records, before, after }: Handover, { position }: Batch): Value | undefined {
    if (position !== undefined) return { ...after, size: records.length, at: position };
    return this.#walk.exact ? undefined : positionOf(before);
  }
}

function positionOf({ done, digest }: Mark): Value | undefined {
  return done === 0 ? undefined : { done, digest };
}

function tooLarge({ stream, batch }: Walk['request'], { records }: Handover): SyncError {
  const key = JSON.stringify(records[0])?.slice(0, 200);
  const size = Math.round(batch.bytes / 1024 / 1024);
  return new SyncError(
    'source/parent_size',
    `what "${stream}" has for one record of its parent is more than ${size} MB, and \`replace_within\` needs it in one piece: ${key}`,
    { hint: 'Leave `replace_within` out; the mode `mirror` removes what a whole read does not contain.' },
  );
}
