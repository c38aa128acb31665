import type { PipelineConfig } from '../config/config.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import type { Partition, SourceRecord } from '../model/types.ts';
import type { Batch, OpenSource } from '../plugin/contract.ts';
import type { Reading } from '../transform/reading.ts';
import type { PipelinePart } from './parts.ts';
import { isExact } from './resume.ts';

/** No batch is larger than this, whatever `batch_size` says, unless it is a single record. */
const batchBytes = 4 * 1024 * 1024;

/** Records that count, with the checkpoint to commit them with. */
export interface TakenBatch {
  readonly records: readonly SourceRecord[];
  readonly bytes: number;
  readonly header?: readonly string[];
  /** How many records the source returned: the others were taken before, or are out of range. */
  readonly read: number;
  readonly checkpoint: Checkpoint;
  readonly progress?: Batch['progress'];
  readonly detail?: string;
  readonly calls?: Batch['calls'];
  readonly stopped?: string;
  /** Of the stream, where it has several. */
  readonly partition?: Partition;
}

export interface StreamRead {
  readonly batches: AsyncIterable<TakenBatch>;
  /** True once reading stopped because enough was read, so that what follows is still to come. */
  isCut(): boolean;
}

/** Reads partitions of a pipeline's stream one after the other, each where its reading says. */
export function readAll(
  source: OpenSource,
  parts: readonly PipelinePart[],
  readings: readonly Reading[],
  limits: Parameters<typeof readStream>[3],
): StreamRead {
  const reads = parts.flatMap((part, index) => {
    const reading = readings[index];
    return reading === undefined ? [] : [readStream(source, part, reading, limits)];
  });
  async function* batches() {
    for (const read of reads) yield* read.batches;
  }
  return { batches: batches(), isCut: () => reads.some((read) => read.isCut()) };
}

/** Reads a pipeline's stream where the reading says, and lets it judge every batch. */
export function readStream(
  source: OpenSource,
  pipeline: PipelinePart,
  reading: Reading,
  {
    signal,
    max_records = Number.POSITIVE_INFINITY,
  }: { readonly signal: AbortSignal; readonly max_records?: number },
): StreamRead {
  let left = max_records;
  async function* batches(): AsyncGenerator<TakenBatch> {
    for (;;) {
      yield* window();
      if (left === 0) return;
      const checkpoint = reading.advance();
      if (checkpoint === undefined) return;
      yield { records: [], checkpoint, bytes: 0, read: 0, partition: pipeline.partition };
    }
  }
  async function* window(): AsyncGenerator<TakenBatch> {
    const read = source.read({
      stream: pipeline.stream.name,
      options: pipeline.stream.options,
      position: reading.position,
      cursor: reading.range,
      token: reading.token,
      batch: { rows: Math.min(pipeline.batch_size, max_records), bytes: batchBytes },
      signal,
    });
    for await (const whole of untilAborted(read, signal)) {
      const batch = firstOf(whole, left, isExact(pipeline));
      left -= batch?.records.length ?? left;
      if (batch === undefined) return;
      const taken = reading.take(batch);
      const { bytes, header, progress, detail, calls, stopped } = batch;
      const checkpoint = marked(taken.checkpoint, batch, pipeline);
      const { partition } = pipeline;
      const read = batch.records.length;
      // A total of one part says nothing of all of them.
      const told = isOneRead(pipeline) ? progress : undefined;
      const about = { bytes, header, progress: told, detail, calls, stopped, read, partition };
      yield { records: taken.records, checkpoint, ...about };
      if (left === 0) return;
    }
  }
  return { batches: batches(), isCut: () => left === 0 };
}

/**
 * Where rows may not come twice and the source cannot say where to go on, the checkpoint says at least that a read was
 * under way: the next run asks what to do.
 */
function marked(checkpoint: Checkpoint, { position }: Batch, pipeline: PipelineConfig): Checkpoint {
  const resumable = position !== undefined || pipeline.stream.incremental?.order === 'ascending';
  return resumable || !isExact(pipeline) ? checkpoint : { ...checkpoint, position: { source: null } };
}

/**
 * The first records of a batch. A part of one has no position: the read would go on past the rest. So rows that may
 * not come twice are taken by whole batches only.
 */
function firstOf(batch: Batch, most: number, exact: boolean): Batch | undefined {
  if (batch.records.length <= most) return batch;
  return exact
    ? undefined
    : { ...batch, records: batch.records.slice(0, most), position: undefined, token: undefined };
}

/** The same batches; a source that does not heed the signal is left behind when it is aborted. */
async function* untilAborted<T>(batches: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = batches[Symbol.asyncIterator]();
  try {
    signal.throwIfAborted();
    for (let next = await nextOf(iterator, signal); !next.done; next = await nextOf(iterator, signal))
      yield next.value;
  } finally {
    const ended = iterator.return?.();
    ended?.catch(() => undefined);
    if (!signal.aborted) await ended;
  }
}

/** Not `Promise.race`: against a signal that lasts, it would hold every batch of the run in memory. */
function nextOf<T>(iterator: AsyncIterator<T>, signal: AbortSignal): Promise<IteratorResult<T>> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    const settled = iterator.next().then(resolve, reject);
    settled.finally(() => signal.removeEventListener('abort', stop));
  });
}

function isOneRead({ stream }: PipelinePart): boolean {
  return stream.partitions.length === 0 && stream.incremental?.step === undefined;
}
