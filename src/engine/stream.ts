import type { PipelineConfig } from '../config/config.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import type { Partition, SourceRecord } from '../model/types.ts';
import type { Batch, ReadRequest } from '../plugin/contract.ts';
import type { Siblings } from '../transform/mapping.ts';
import type { Reading } from '../transform/reading.ts';
import type { SiblingBatch } from './parent-walk.ts';
import type { PipelinePart } from './parts.ts';
import { isExact } from './resume.ts';
import { firstSiblings, siblingsOf } from './siblings.ts';
import { untilAborted } from './until-aborted.ts';
import { fillWindow } from './window-options.ts';

/** No batch is larger than this, whatever `batch_size` says, unless it is a single record. */
export const batchBytes = 4 * 1024 * 1024;

/** What the loop reads from: a source, with the parents of its streams around it, or something in its place. */
export interface StreamSource {
  read(request: ReadRequest & { readonly partition?: Partition }): AsyncIterable<SiblingBatch>;
}

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
  /** For which parents the records were read, where the stream has one. */
  readonly siblings?: readonly Siblings[];
}

export interface StreamRead {
  readonly batches: AsyncIterable<TakenBatch>;
  /** True once reading stopped because enough was read, so that what follows is still to come. */
  isCut(): boolean;
}

/** Reads partitions of a pipeline's stream one after the other, each where its reading says. */
export function readAll(
  source: StreamSource,
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
  source: StreamSource,
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
      options: fillWindow(pipeline, reading.window),
      partition: pipeline.partition,
      position: reading.position,
      cursor: reading.range,
      cursorOptions: pipeline.stream.cursorOptions,
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
      const siblings = batch.siblings && siblingsOf(batch.siblings, batch.records, taken.records);
      const about = { bytes, header, progress: told, detail, calls, stopped, read, siblings, partition };
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
function firstOf(batch: SiblingBatch, most: number, exact: boolean): SiblingBatch | undefined {
  if (batch.records.length <= most) return batch;
  const siblings = batch.siblings && firstSiblings(batch.siblings, most);
  const records = batch.records.slice(0, most);
  return exact ? undefined : { ...batch, records, siblings, position: undefined, token: undefined };
}

function isOneRead({ stream }: PipelinePart): boolean {
  return stream.partitions.length === 0 && stream.incremental?.step === undefined;
}
