import { createHash } from 'node:crypto';
import { basisOf, mappingOf } from '../config/basis.ts';
import type { PipelineConfig } from '../config/config.ts';
import type { Checkpoint, LedgerEntry, LedgerKey, LedgerState } from '../model/checkpoint.ts';
import { SyncError } from '../model/errors.ts';
import { printJson } from '../model/json.ts';
import { readsWhole } from '../model/modes.ts';
import type { SourceRecord } from '../model/types.ts';
import type { RejectFilter } from '../state/state.ts';
import { openReading, type Reading } from '../transform/reading.ts';
import { type PipelinePart, partitionLabel } from './parts.ts';
import type { Tally } from './tally.ts';

/** Which part of a stream a run reads, when it is not simply what is new. */
export interface ReadScope {
  /** Ignore the cursor and read everything. */
  readonly full: boolean;
  /** Only this range of the cursor field, with a checkpoint of its own. */
  readonly window?: { readonly from?: string; readonly to?: string };
  /** Not the stream, but the rejects that were kept of it. */
  readonly rejects?: RejectFilter;
}

/**
 * Where a ledger keeps the checkpoint of such a read: a window, or a retry of rejects, leaves the live one alone. A
 * pipeline's name has no space: what follows one is the partition, and what is read of it.
 */
export function ledgerKey(
  { name, target, partition }: PipelinePart,
  { window, rejects }: Pick<ReadScope, 'window' | 'rejects'>,
): LedgerKey {
  const part = partition === undefined ? '' : ` ${partitionLabel(partition)}`;
  const range = window === undefined ? '' : ` ${window.from ?? ''}..${window.to ?? ''}`;
  return { pipeline: `${name}${part}${rejects === undefined ? range : ' rejects'}`, target };
}

/**
 * What a checkpoint rests on: under another source, filter or cursor field it means nothing. The second part is what
 * a position rests on as well: the rows before it were mapped that way. The third is the key that rows were merged by.
 */
export function basis(pipeline: PipelineConfig): string {
  const key = JSON.stringify(pipeline.primary_key);
  return `${hash(basisOf(pipeline))}:${hash(mappingOf(pipeline))}:${key}`;
}

/** The key that rows were merged by under a basis; undefined where it does not tell. */
export function keyOfBasis(known: string): readonly string[] | undefined {
  const [key] = /\[.*\]$/s.exec(known) ?? [];
  return key === undefined ? undefined : (JSON.parse(key) as string[]);
}

/** Rows that come again change the target: they must come exactly once. */
export function isExact(pipeline: PipelineConfig): boolean {
  const { fields, others } = pipeline.merge;
  const sums = [...fields.values(), others].some(({ type }) => type === 'sum');
  return pipeline.mode === 'append' || sums;
}

export interface Resume {
  readonly pipeline: PipelineConfig;
  readonly scope: ReadScope;
  readonly state: LedgerState;
  /** All of a stream that has sync tokens is read, and compared: see `resynced` in `sync-token.ts`. */
  readonly resync: boolean;
  /** When the run began: ISO 8601, UTC. */
  readonly now: string;
  readonly tally: Tally;
}

/** By what the state knows which part of a pipeline a reject belongs to. */
export function partName(part: PipelinePart): string {
  return checkpointName(part, ledgerKey(part, {}));
}

/** By what the state knows of which commits a reject came with. */
export function checkpointName({ sink }: Pick<PipelinePart, 'sink'>, key: LedgerKey): string {
  return `${key.pipeline} in ${sink.name}.${key.target}`;
}

/** A reading that goes on where the last one stopped. Throws where the checkpoint and the world no longer agree. */
export function resumeReading({ pipeline, scope, state, resync, now, tally }: Resume): Reading {
  // What reads all of its stream anyway leaves no hole.
  if (!readsWhole(pipeline.mode)) refuseGoneTarget(pipeline, scope, state);
  // Rejects that are done leave the list, so what is there is to be read from its beginning.
  if (scope.rejects) return openReading({ now, exact: false, key: [], full: true, hash: () => '' });
  const whole = readsWhole(pipeline.mode);
  const checkpoint = whole
    ? undefined
    : scope.full
      ? state.entry?.checkpoint
      : usableCheckpoint(pipeline, state.entry, tally);
  return openReading({
    incremental: pipeline.stream.incremental,
    tokens: pipeline.stream.tokens,
    resync,
    checkpoint,
    now,
    exact: isExact(pipeline),
    key: pipeline.stream.primary_key,
    seen_by: pipeline.mode === 'append' ? 'key' : 'hash',
    window: scope.window,
    full: scope.full || whole || (resync && checkpoint?.position?.full !== true),
    hash: (record: SourceRecord) => hash(printJson(record)),
  });
}

/** The ledger counted rows into a target that has none any more: reading on would leave a hole. */
function refuseGoneTarget(pipeline: PipelineConfig, scope: ReadScope, { entry, target }: LedgerState): void {
  if (scope.full || target === 'rows' || !entry?.wrote || isFresh(entry.checkpoint)) return;
  const name = `${pipeline.sink.name}.${pipeline.target}`;
  throw new SyncError(
    'sink/target_gone',
    `${name} is ${target}, but rows were written there and the cursor is past them`,
    {
      hint: `To read everything again: syncline run ${pipeline.name} --all. To go on from the cursor all the same: syncline state reset ${pipeline.name}, then syncline state set.`,
    },
  );
}

function usableCheckpoint(
  pipeline: PipelineConfig,
  entry: LedgerEntry | undefined,
  tally: Tally,
): Checkpoint | undefined {
  if (entry === undefined || isFresh(entry.checkpoint)) return entry?.checkpoint;
  const [rests, maps] = basis(pipeline).split(':');
  const [rested, mapped] = entry.basis.split(':');
  const { cursor, position } = entry.checkpoint;
  if (position?.source === null) throw halfRead(pipeline);
  if (rests !== rested && cursor !== undefined)
    throw changedBasis(pipeline, 'source, filter or cursor field');
  if (position === undefined || (rests === rested && maps === mapped)) return entry.checkpoint;
  if (isExact(pipeline)) throw changedBasis(pipeline, 'mapping');
  const changed = 'the config was changed while a read was under way';
  // What its first read has written so far must be compared with what there is by now.
  if (pipeline.stream.tokens && cursor === undefined) throw new SyncError('source/position_lost', changed);
  tally.notice('info', `${changed}: it begins anew`);
  return { cursor };
}

function halfRead({ name, source, stream }: PipelineConfig): SyncError {
  const from = `${source.name}.${stream.name}`;
  return new SyncError(
    'source/position_lost',
    `a read of ${from} was interrupted after rows had been added, and ${from} cannot go on in its middle`,
    {
      hint: `To add everything again: syncline run ${name} --all --yes. To begin a new read as if it had been complete: syncline state reset ${name}. An \`incremental\` stream in ascending order, or a \`primary_key\` with mode upsert, goes on by itself.`,
    },
  );
}

function changedBasis({ name }: PipelineConfig, what: string): SyncError {
  return new SyncError(
    'state/changed',
    `the ${what} of pipeline "${name}" was changed since its last run, so its checkpoint may no longer fit`,
    {
      hint: `Read everything again: syncline run ${name} --all. Or forget the checkpoint: syncline state reset ${name}.`,
    },
  );
}

function isFresh({ cursor, position }: Checkpoint): boolean {
  return cursor === undefined && position === undefined;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
