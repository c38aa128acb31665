import type { PipelineConfig, SourceConfig, StreamConfig } from '../config/config.ts';
import { streamOfPartition } from '../config/partitions.ts';
import type { Partition, SourceRecord } from '../model/types.ts';
import type { OpenSource, ReadRequest } from '../plugin/contract.ts';
import { fillPlaceholders } from '../plugin/placeholders.ts';
import { compileCondition } from '../transform/condition.ts';
import { openReading } from '../transform/reading.ts';
import { handOver, type WalkPosition } from './handovers.ts';
import { readForParents, type SiblingBatch } from './parent-walk.ts';
import { partitionLabel } from './parts.ts';
import { isExact } from './resume.ts';
import { SharedWalk } from './shared-walk.ts';
import { batchBytes, type StreamSource } from './stream.ts';
import { untilAborted } from './until-aborted.ts';
import { fillWindow, hasWindow } from './window-options.ts';

/** So many records are asked for at a time of a stream that others are read for. */
const batchRows = 1000;

interface Context {
  /** The pipelines of the run. */
  readonly pipelines: readonly PipelineConfig[];
  /** When it began: ISO 8601, UTC. */
  readonly started_at: string;
  readonly signal: AbortSignal;
  readonly max_records?: number;
}

/** How a stream is read. */
interface Manner {
  readonly together: boolean;
  readonly exact: boolean;
}

/**
 * The streams of a run that others are read for, or that several targets take in different ways: each is walked once,
 * whole, whoever needs its records.
 */
export class Parents {
  readonly #context: Context;
  readonly #walks = new Map<string, SharedWalk>();
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  /** The streams that pipelines of this run are read for. */
  readonly #needed: ReadonlySet<StreamConfig>;

  constructor(context: Context) {
    this.#context = context;
    this.#signal = AbortSignal.any([context.signal, this.#stop.signal]);
    this.#needed = new Set(context.pipelines.flatMap(ancestorsOf));
  }

  /** A source as a pipeline reads it: once for each record of the parent, where its stream has one. */
  around(source: OpenSource, pipeline: PipelineConfig): StreamSource {
    const exact = pipeline.targets.some((target) => isExact({ ...pipeline, ...target }));
    const manner = { exact, together: pipeline.within_each === 'parent' };
    const { source: config, stream } = pipeline;
    return {
      read: ({ partition, ...request }) =>
        this.#sharesWalk(pipeline, request, partition, manner)
          ? withoutPositions(this.#walk(source, config, originalOf(pipeline), partition), request)
          : this.#read(source, config, stream, request, partition, manner),
    };
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const walk of this.#walks.values()) await walk.close();
  }

  /** Whether the walk that others need, or another target, gives a pipeline all it asks for, in an order that will do. */
  #sharesWalk(
    pipeline: PipelineConfig,
    { position, token, options }: Omit<ReadRequest, 'partition'>,
    partition: Partition | undefined,
    { exact, together }: Manner,
  ): boolean {
    const { stream, source } = pipeline;
    const original = source.streams.get(stream.name);
    if (original === undefined) return false;
    if (position !== undefined || token !== undefined || exact || together) return false;
    if (this.#context.max_records !== undefined || stream.incremental?.order === 'ascending') return false;
    const { tokenOption } = source.plugin;
    if (tokenOption !== undefined && stream.options[tokenOption] !== undefined) return false;
    const isAncestor = this.#needed.has(original);
    if (!isAncestor && !isReadTwice(pipeline)) return false;
    if (!hasWindow(original.options)) return isAncestor || stream.incremental === undefined;
    const whole = this.#optionsOf(source, original, partition);
    return JSON.stringify(options) === JSON.stringify(whole);
  }

  /** Walks a stream whole, without its cursor; whoever comes later goes through the same walk. */
  #walk(
    source: OpenSource,
    config: SourceConfig,
    stream: StreamConfig,
    partition: Partition | undefined,
  ): SharedWalk {
    const key = JSON.stringify([config.name, stream.name, partitionLabel(partition ?? {})]);
    const known = this.#walks.get(key);
    if (known) return known;
    const part = partition ? streamOfPartition(stream, partition, config.plugin.streamOptions) : stream;
    const request = {
      stream: stream.name,
      options: this.#optionsOf(config, stream, partition),
      batch: { rows: batchRows, bytes: batchBytes },
      signal: this.#signal,
    };
    const manner = { together: false, exact: false };
    const read = this.#read(source, config, part, request, partition, manner);
    const walk = new SharedWalk(untilAborted(read, this.#signal));
    this.#walks.set(key, walk);
    return walk;
  }

  /** What a walk of the whole asks for. */
  #optionsOf(config: SourceConfig, stream: StreamConfig, partition: Partition | undefined) {
    const { started_at: now } = this.#context;
    const incremental = stream.incremental && { ...stream.incremental, step: undefined };
    const { window } = openReading({ incremental, now, exact: false, key: [], full: true, hash: () => '' });
    const part = partition ? streamOfPartition(stream, partition, config.plugin.streamOptions) : stream;
    return fillWindow({ source: config, stream: part }, window);
  }

  #read(
    source: OpenSource,
    config: SourceConfig,
    stream: StreamConfig,
    request: ReadRequest,
    partition: Partition | undefined,
    manner: Manner,
  ): AsyncIterable<SiblingBatch> {
    const { parent } = stream;
    const parents = parent && config.streams.get(parent.stream);
    if (parent === undefined || parents === undefined) return source.read(request);
    const walks = partitionsFor(parents, partition).map((one) => this.#walk(source, config, parents, one));
    return this.#readForEach(source, config, { stream, parent, parents, walks }, request, manner);
  }

  async *#readForEach(
    source: OpenSource,
    { plugin }: SourceConfig,
    { stream, parent, parents, walks }: Walked,
    { position, ...request }: ReadRequest,
    manner: Manner,
  ): AsyncGenerator<SiblingBatch> {
    // Only a walk that was complete is one to read for: what a failed one lacks would look deleted.
    let total = 0;
    for (const walk of walks) total += await walk.count();
    const options = request.options as StreamConfig['options'];
    const records = this.#recordsOf(walks, parents);
    // Positions of such a stream are all made by these walks.
    const from = position as unknown as WalkPosition | undefined;
    const handovers = handOver(records, { stream: stream.name, parent, options }, from);
    yield* readForParents({
      source,
      request,
      handovers,
      options: ({ fill }) => fillPlaceholders(options, plugin.streamOptions, fill),
      total,
      single: parent.batch === 1,
      ...manner,
    });
  }

  /** Those that are not deleted at the source. */
  async *#recordsOf(walks: readonly SharedWalk[], stream: StreamConfig): AsyncGenerator<SourceRecord> {
    const { started_at } = this.#context;
    const { deleted_when } = stream;
    const isDeleted =
      deleted_when === undefined ? () => false : compileCondition(deleted_when, 'deleted_when');
    const scope = { run: { id: '', started_at }, now: new Date(started_at) };
    for (const walk of walks)
      for await (const { records } of walk.batches())
        for (const record of records) if (!isDeleted({ ...scope, record, item: record })) yield record;
  }
}

interface Walked {
  readonly stream: StreamConfig;
  readonly parent: NonNullable<StreamConfig['parent']>;
  readonly parents: StreamConfig;
  readonly walks: readonly SharedWalk[];
}

/** A pipeline that reads only what is new may not go on later where a walk of the whole was. */
async function* withoutPositions(walk: SharedWalk, { cursor }: ReadRequest): AsyncGenerator<SiblingBatch> {
  for await (const batch of walk.told())
    yield cursor === undefined ? batch : { ...batch, position: undefined };
}

/** The partitions of a parent that belong to one of its child: those with the same values, where both have them. */
function partitionsFor(
  { partitions }: StreamConfig,
  child: Partition = {},
): readonly (Partition | undefined)[] {
  if (partitions.length === 0) return [undefined];
  return partitions.filter((partition) =>
    Object.entries(partition).every(([name, value]) => !Object.hasOwn(child, name) || child[name] === value),
  );
}

function ancestorsOf({ source, stream }: PipelineConfig): readonly StreamConfig[] {
  const ancestors: StreamConfig[] = [];
  for (let { parent } = stream; parent !== undefined; ) {
    const next = source.streams.get(parent.stream);
    if (next) ancestors.push(next);
    parent = next?.parent;
  }
  return ancestors;
}

/** One target takes the partitions one by one, and another, which is replaced, all of them at once. */
function isReadTwice({ stream, targets }: PipelineConfig): boolean {
  return stream.partitions.length > 0 && targets.length > 1 && targets.some(({ mode }) => mode === 'replace');
}

/** The stream before a partition was filled in. */
function originalOf({ source, stream }: PipelineConfig): StreamConfig {
  return source.streams.get(stream.name) ?? stream;
}
