import type { PipelineConfig, StreamConfig } from '../config/config.ts';
import { streamOfPartition } from '../config/partitions.ts';
import { SyncError } from '../model/errors.ts';
import type { Partition } from '../model/types.ts';

/**
 * What of a pipeline has a checkpoint of its own: one of its targets, fed by one partition of its stream. What replaces
 * its target is fed by all of them, one after the other.
 */
export interface PipelinePart extends PipelineConfig {
  /** Undefined where the stream has none, and where all are read. */
  readonly partition?: Partition;
}

/** One partition of a run: all of a stream whose partitions are told apart by these values. */
export type PartitionFilter = Partition;

/** The parts of a pipeline in the order they run; those of one group read the same, and run side by side. */
export function partsOf(
  pipeline: PipelineConfig,
  chosen?: PartitionFilter,
): readonly (readonly PipelinePart[])[] {
  const targets = pipeline.targets.map((target): PipelinePart => ({ ...pipeline, ...target }));
  const { partitions } = pipeline.stream;
  if (partitions.length === 0) return [targets];
  const whole = targets.filter(({ mode }) => mode === 'replace');
  const parted = targets.filter(({ mode }) => mode !== 'replace');
  const groups = partitions
    .filter((partition) => chosen === undefined || isChosen(partition, chosen))
    .map((partition) => parted.map((part) => partOf(part, partition)));
  return [...groups, whole].filter((group) => group.length > 0);
}

/** The reads that feed a part: one, or one per partition. */
export function readsOf(part: PipelinePart): readonly PipelinePart[] {
  const { partitions } = part.stream;
  if (part.partition !== undefined || partitions.length === 0) return [part];
  return partitions.map((partition) => partOf(part, partition));
}

/** Whether each run reads all of a stream, and not only what is new. */
export function readsAll({ incremental, tokens }: StreamConfig): boolean {
  return incremental === undefined && !tokens;
}

/** What tells a partition apart, for people and as part of a checkpoint's name: `project=alpha`. */
export function partitionLabel(partition: Partition): string {
  return Object.entries(partition)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

/** What a part writes to: `sink.target`. */
export function toOf({ sink, target }: Pick<PipelinePart, 'sink' | 'target'>): string {
  return `${sink.name}.${target}`;
}

/** Refuses a partition that a pipeline does not have, and a part of what is replaced whole. */
export function checkPartition(
  pipelines: readonly PipelineConfig[],
  chosen: PartitionFilter | undefined,
): void {
  if (chosen === undefined) return;
  for (const { name, stream, targets } of pipelines) {
    const label = partitionLabel(chosen);
    if (!stream.partitions.some((partition) => isChosen(partition, chosen))) {
      const known = stream.partitions.slice(0, 20).map(partitionLabel).join(', ');
      throw new SyncError('usage/unknown_partition', `pipeline "${name}" has no partition ${label}`, {
        hint: known === '' ? 'Its stream has no `partitions`.' : `It has: ${known}.`,
      });
    }
    if (targets.some(({ mode }) => mode === 'replace'))
      throw new SyncError(
        'usage/limited_replace',
        `pipeline "${name}" replaces its target, so it cannot run with --partition: a part would replace the whole`,
        { hint: `To read all of it again: syncline run ${name}` },
      );
  }
}

function isChosen(partition: Partition, chosen: PartitionFilter): boolean {
  return Object.entries(chosen).every(
    ([name, value]) => Object.hasOwn(partition, name) && String(partition[name]) === String(value),
  );
}

function partOf(part: PipelinePart, partition: Partition): PipelinePart {
  const stream = streamOfPartition(part.stream, partition, part.source.plugin.streamOptions);
  return { ...part, partition, stream };
}
