/** THE loop: records are read, mapped to rows, and committed batch by batch. Everything flows one way. */

import { setImmediate } from 'node:timers/promises';
import type { Config, PipelineConfig, RowLimit } from '../config/config.ts';
import type { Checkpoint, LedgerEntry, LedgerKey, LedgerState } from '../model/checkpoint.ts';
import { SyncError } from '../model/errors.ts';
import type { Redact } from '../model/redact.ts';
import type { PipelineResult } from '../model/result.ts';
import type { Column, SourceRecord } from '../model/types.ts';
import type { OpenSink } from '../plugin/contract.ts';
import type { State } from '../state/state.ts';
import { createMapper } from '../transform/mapper.ts';
import type { MappedBatch, Mapper } from '../transform/mapping.ts';
import type { Reading } from '../transform/reading.ts';
import { emptyRead, isLimited, remembersSeen, type WholeRead } from './absence.ts';
import { refuseLostState } from './adopt.ts';
import { type CommitPlace, Commits } from './commits.ts';
import { deletionsOf, filledPart } from './filled.ts';
import { checkHeader } from './header.ts';
import { type PipelinePart, readsOf } from './parts.ts';
import type { RunRange } from './range.ts';
import { checkpointName, isExact, ledgerKey, partName, type ReadScope, resumeReading } from './resume.ts';
import type { Retry } from './retry.ts';
import { takeSample } from './sample.ts';
import { readAll, type StreamSource, type TakenBatch } from './stream.ts';
import type { Tally } from './tally.ts';
import { strategyOf } from './target.ts';
import { tellMissingEach, tellUnseen } from './unseen.ts';
import { tellVanished } from './vanished.ts';
import { wideningOf } from './widening.ts';

export interface PipelineRun {
  readonly config: Config;
  readonly pipeline: PipelinePart;
  readonly run: { readonly id: string; readonly started_at: string };
  readonly source: StreamSource;
  readonly sink: OpenSink;
  readonly state: State;
  /** Counts what happens, and tells it. */
  readonly tally: Tally;
  readonly scope: ReadScope;
  /** Of the lease this run holds. */
  readonly fence: number;
  /** Aborted when another run took the lease over. */
  readonly lost: AbortSignal;
  /** Read no more than this many records. */
  readonly max_records?: number;
  /** Write nothing: the target is taken to hold what is read, whose end becomes the checkpoint. */
  readonly adopt: boolean;
  /** Let columns of the target become wider where values ask for it. */
  readonly accept_schema: boolean;
  /** Let an empty read empty a target that has something. */
  readonly allow_empty: boolean;
  /** In the place of `deletes.max`: how many rows may be deleted for being absent. */
  readonly allow_delete?: RowLimit;
  /** What of its stream the run was asked for. */
  readonly range: RunRange;
  readonly signal: AbortSignal;
  readonly redact: Redact;
  /** All of a stream is read that is read by sync tokens, and its target compared with it. */
  readonly resync: boolean;
  /** Where it is not the stream that is read, but the rejects kept of it. */
  readonly retry?: Retry;
}

/** How a part ended well. */
export interface PartEnd {
  /** As committed by now. */
  cursor(): PipelineResult['cursor'];
  /** Where all of it was read, and what it did not contain may be deleted. */
  readonly whole?: WholeRead;
}

/** A part of a pipeline that is ready to run: where its reads begin, and where it commits. */
export interface Begun {
  readonly io: PipelineRun;
  readonly place: Omit<CommitPlace, 'writer' | 'request'>;
  readonly before: LedgerState;
  /** One, or one for each partition of what replaces its target. */
  readonly readings: readonly [Reading, ...Reading[]];
}

/** Finds out where a part goes on. Throws where its checkpoint and the world no longer agree. */
export async function begin(io: PipelineRun): Promise<Begun> {
  const { pipeline, sink, state, scope } = io;
  const ledger = sink.ledger ?? state.ledger(pipeline.sink.name);
  const key = ledgerKey(pipeline, scope);
  const before = await ledger.read(key);
  await refuseLostState(io, before);
  await settleRejects(io, key, before.entry);
  // A retry has no cursor of its own: what it adds to is there as long as the live read's is.
  const live = io.retry ? await ledger.read(ledgerKey(pipeline, {})) : before;
  const { run = '', batch = 0 } = before.entry ?? {};
  const committed = run === io.run.id ? batch : 0;
  const place = { ledger, key, together: sink.ledger !== undefined, fence: io.fence, committed };
  return { io, place, before, readings: readingsOf(io, live) };
}

/**
 * Runs one part of a pipeline to its end, reading from `source`. Throws what ended it early; what was committed before
 * stays, and the next run goes on from there.
 */
export async function runPart(
  { io, place, before, readings }: Begun,
  source: StreamSource,
): Promise<PartEnd> {
  try {
    return await transfer(io, { place, before, readings }, source);
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'source/position_lost') throw error;
    if (io.pipeline.stream.tokens && !io.resync && before.entry?.checkpoint.cursor === undefined) throw error;
    if (isExact(io.pipeline)) throw withChoice(error, io.pipeline);
    io.tally.notice('warn', `${error.message}: it is read again from the start`);
    const again = { place, before, readings: readingsOf(io, withoutPosition(before)) };
    return transfer(io, again, io.source);
  }
}

function readingsOf(io: PipelineRun, state: LedgerState): Begun['readings'] {
  const { pipeline, scope, run, resync, tally } = io;
  const readings = readsOf(pipeline).map(() =>
    resumeReading({ pipeline, scope, state, resync, now: run.started_at, tally }),
  );
  return readings as [Reading, ...Reading[]];
}

/** Rejects of batches that were not committed come again; retried ones that were committed do not. */
async function settleRejects(io: PipelineRun, key: LedgerKey, entry: LedgerEntry | undefined): Promise<void> {
  const { pipeline, state, retry, tally } = io;
  const { run = '', batch = 0 } = entry ?? {};
  const checkpoint = checkpointName(pipeline, key);
  const part = partName(pipeline);
  await state.dropUncommitted({ pipeline: pipeline.name, part, checkpoint, run, batch }, 'later_runs');
  await retry?.begin(entry?.checkpoint, tally);
}

/** One read, or one after the other, from where the readings begin to their end. */
async function transfer(
  io: PipelineRun,
  { place, before, readings }: Omit<Begun, 'io'>,
  source: StreamSource,
): Promise<PartEnd> {
  const { sink, run } = io;
  const pipeline = filledPart(io.pipeline, run.started_at);
  const [reading] = readings;
  const read = readAll(source, readsOf(io.pipeline), readings, io);
  const { sample, siblings, header, batches, close } = await takeSample(counted(read.batches, io));
  try {
    const partition = pipeline.partition ?? pipeline.stream.partitions[0];
    const strategy = (column: string) => strategyOf(pipeline, column);
    const retried = io.retry && ((record: SourceRecord) => io.retry?.element(record));
    const deletions = deletionsOf(pipeline);
    const widening = wideningOf(io);
    const mapper = createMapper({ ...pipeline, ...deletions, partition, strategy, run, retried, widening });
    const existing = await sink.discover(pipeline.target);
    // Files have no types to get wrong: all their columns are there from the start.
    const columns = pipeline.sink.plugin.modes.includes('upsert') ? undefined : header;
    mapper.learn(sample, existing?.length === 0 ? undefined : existing, columns, siblings);
    const remembers = pipeline.sink.plugin.capabilities.includes('memory');
    const memory = remembers ? io.state.editMemory(pipeline.sink.name) : undefined;
    const request = { name: pipeline.target, mode: pipeline.mode, run, memory };
    const writer = await sink.begin(request);
    const commits = new Commits(io, pipeline, { ...place, writer, request }, reading.start);
    try {
      if (remembersSeen(io) && reading.start.position === undefined)
        await commits.forgetSeen(mapper.columns, before.entry?.checkpoint.cursor);
      await commitAll(io, batches, mapper, commits);
      const last = read.isCut() ? undefined : completed(reading, io.tally);
      await commits.finish(mapper.columns, last && (isCompared(io) ? held(reading) : last));
      if (!read.isCut() && !io.retry) {
        tellUnseen(io, mapper);
        await tellVanished(io, mapper.columns);
      }
      return {
        cursor: () => cursorOf(pipeline, reading, commits),
        whole: wholeRead(io, commits, keyed(mapper.columns, existing, pipeline), last),
      };
    } finally {
      await commits.settle().catch(() => undefined);
      await writer.close();
    }
  } finally {
    await close();
  }
}

/** The walk of every row: read, mapped, committed. */
async function commitAll(
  io: PipelineRun,
  batches: AsyncIterable<TakenBatch>,
  mapper: Mapper,
  commits: Commits,
): Promise<void> {
  let taken = 0;
  let missing = 0;
  for await (const batch of batches) {
    io.signal.throwIfAborted();
    checkHeader(io.pipeline, batch.header);
    const records = io.adopt ? [] : batch.records;
    const siblings = batch.siblings && (io.adopt ? [] : batch.siblings);
    const mapped = await mapInSteps(mapper.steps(records, batch.partition, siblings));
    taken += batch.records.length;
    missing += mapped.missing_each;
    await commits.push(mapped, mapper.columns, batch.checkpoint);
  }
  await commits.settle();
  if (taken > 0 && missing === taken) tellMissingEach(io, taken);
  if (commits.rows === 0) await refuseEmptyReplace(io);
}

/** Told as soon as it is read: a source may take long until there are enough records to begin with. */
async function* counted(batches: AsyncIterable<TakenBatch>, { tally }: PipelineRun) {
  for await (const batch of batches) {
    tally.add({ read: batch.read, skipped: batch.read - batch.records.length });
    tally.reach(batch);
    yield batch;
  }
}

/** In steps: the commit before, which is under way, is not to wait for the mapping of a whole batch. */
async function mapInSteps(steps: Generator<undefined, MappedBatch>): Promise<MappedBatch> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await setImmediate();
  }
}

/** A read without rows knows no columns but those of `map`: the target has the key by which its rows are found. */
function keyed(
  columns: readonly Column[],
  existing: readonly Column[] = [],
  { primary_key }: PipelinePart,
): readonly Column[] {
  const missing = primary_key.filter((key) => !columns.some(({ name }) => name === key));
  return [...columns, ...existing.filter(({ name }) => missing.includes(name))];
}

function cursorOf(
  { stream }: PipelinePart,
  { start, range }: Reading,
  { checkpoint }: Commits,
): PipelineResult['cursor'] {
  const keeps = range !== undefined || stream.tokens;
  return keeps ? { from: start.cursor?.text, to: checkpoint.cursor?.text } : undefined;
}

/** Undefined where nothing is to be deleted for being absent. `last` is the checkpoint that the read ends with. */
function wholeRead(
  io: PipelineRun,
  commits: Commits,
  columns: readonly Column[],
  last: Checkpoint | undefined,
): WholeRead | undefined {
  if (!remembersSeen(io) || last === undefined) return undefined;
  if (isLimited(io)) {
    if (isCompared(io))
      io.tally.notice('warn', 'only a part was read: nothing was deleted, and the sync token stays');
    return undefined;
  }
  const read = commits.completeRead(columns);
  return { read, conclude: isCompared(io) ? () => commits.conclude(read, last) : undefined };
}

/** The sync token that is held stays until what the read did not contain is gone. */
function isCompared(io: PipelineRun): boolean {
  return io.resync && remembersSeen(io);
}

function held({ start: { cursor } }: Reading): Checkpoint {
  return cursor === undefined ? {} : { cursor };
}

function completed(reading: Reading, tally: Tally) {
  const { checkpoint, warnings } = reading.complete();
  for (const warning of warnings) tally.notice('warn', warning);
  return checkpoint;
}

/** Where the sink cannot count what would go. */
async function refuseEmptyReplace({ pipeline, sink, allow_empty }: PipelineRun): Promise<void> {
  if (pipeline.mode !== 'replace' || sink.absence !== undefined || allow_empty) return;
  if ((await sink.discover(pipeline.target)) !== undefined) throw emptyRead(pipeline);
}

function withoutPosition(state: LedgerState): LedgerState {
  if (state.entry === undefined) return state;
  const { cursor } = state.entry.checkpoint;
  return { ...state, entry: { ...state.entry, checkpoint: { cursor } } };
}

/** What was read before is in the target already, and reading from the start would add it again. */
function withChoice(error: SyncError, { name }: PipelineConfig): SyncError {
  return new SyncError(error.code, error.message, {
    hint: `An interrupted read had added rows. To add everything again: syncline run ${name} --all. To begin a new read at the cursor: syncline state reset ${name}.`,
    cause: error,
  });
}
