/** THE loop: records are read, mapped to rows, and committed batch by batch. Everything flows one way. */

import type { Config, PipelineConfig } from '../config/config.ts';
import { SyncError } from '../model/errors.ts';
import type { Column, RowBatch, Target } from '../model/types.ts';
import type { Committed, OpenSink, OpenSource, Writer } from '../plugin/contract.ts';
import type { State } from '../state/state.ts';
import { createMapper } from '../transform/mapper.ts';
import type { MappedBatch } from '../transform/mapping.ts';
import { checkHeader } from './header.ts';
import { limitRecords, takeSample } from './sample.ts';
import type { Tally } from './tally.ts';
import { strategyOf, targetMaker } from './target.ts';

/** No batch is larger than this, whatever `batch_size` says, unless it is a single record. */
const batchBytes = 4 * 1024 * 1024;

export interface PipelineRun {
  readonly config: Config;
  readonly pipeline: PipelineConfig;
  readonly run: { readonly id: string; readonly started_at: string };
  readonly source: OpenSource;
  readonly sink: OpenSink;
  readonly state: State;
  /** Counts what happens, and tells it. */
  readonly tally: Tally;
  /** Read no more than this many records. */
  readonly max_records?: number;
  /** Let an empty read empty a target that has something. */
  readonly allow_empty: boolean;
  readonly signal: AbortSignal;
}

/**
 * Runs one pipeline to its end. Throws what ended it early; what was committed before stays, and the signal's reason
 * when it was aborted.
 */
export async function runPipeline(io: PipelineRun): Promise<void> {
  const { pipeline, sink, run, tally } = io;
  const mapper = createMapper({ ...pipeline, strategy: (column) => strategyOf(pipeline, column), run });
  const { sample, batches } = await takeSample(readStream(io));
  const existing = await sink.discover(pipeline.target);
  mapper.learn(sample, existing?.length === 0 ? undefined : existing);
  const writer = await sink.begin({ name: pipeline.target, mode: pipeline.mode, run });
  const commits = new Commits(io, writer);
  try {
    for await (const batch of batches) {
      io.signal.throwIfAborted();
      checkHeader(pipeline, batch.header);
      tally.add({ read: batch.records.length });
      await commits.push(mapper.map(batch.records), mapper.columns);
    }
    await commits.finish(mapper.columns);
    await writer.complete?.();
  } finally {
    await commits.settle().catch(() => undefined);
    await writer.close();
  }
}

function readStream({ source, pipeline, max_records, signal }: PipelineRun) {
  const batches = source.read({
    stream: pipeline.stream.name,
    options: pipeline.stream.options,
    batch: { rows: pipeline.batch_size, bytes: batchBytes },
    signal,
  });
  return max_records === undefined ? batches : limitRecords(batches, max_records);
}

/** A read without rows is more often a fault than a wish: it does not replace what is there. */
async function refuseEmptyReplace({ pipeline, sink, allow_empty }: PipelineRun): Promise<void> {
  if (allow_empty) return;
  if ((await sink.discover(pipeline.target)) === undefined) return;
  throw new SyncError(
    'sink/empty_replace',
    `${pipeline.sink.name}.${pipeline.target} was left as it is: no row was read to replace it with`,
    {
      hint: `If it is to be emptied: syncline run ${pipeline.name} --allow-empty`,
    },
  );
}

/**
 * Commits batches one after the other, each while the next is read and mapped. Rejects are in the state before the
 * batch they came with is committed, so no crash can lose them.
 */
class Commits {
  /** Rows handed to the sink so far. */
  #rows = 0;
  readonly #io: PipelineRun;
  readonly #writer: Writer;
  readonly #target: (columns: readonly Column[]) => Target;
  #columns: readonly Column[] | undefined;
  #latest: Target | undefined;
  #number = 0;
  #pending: Promise<void> = Promise.resolve();

  constructor(io: PipelineRun, writer: Writer) {
    this.#io = io;
    this.#writer = writer;
    this.#target = targetMaker(io.config, io.pipeline, io.run);
  }

  /** Waits for the commit before, then starts this one. */
  async push(mapped: MappedBatch, columns: readonly Column[]): Promise<void> {
    const { tally } = this.#io;
    const target = this.#targetFor(columns);
    await this.settle();
    tally.add({ rejected: mapped.rejects.length, skipped: mapped.skipped, defaulted: mapped.defaulted });
    this.#pending = this.#commit(mapped, target);
    this.#pending.catch(() => undefined);
  }

  /** After the last batch of a complete read: what replaces a target with nothing is a batch too. */
  async finish(columns: readonly Column[]): Promise<void> {
    await this.settle();
    if (this.#io.pipeline.mode !== 'replace' || this.#rows > 0) return;
    await refuseEmptyReplace(this.#io);
    const target = this.#targetFor(columns);
    this.#io.tally.commit(await this.#writer.commit({ target, number: this.#number + 1, rows: [] }));
  }

  /** Resolves when nothing is under way; rejects when the last commit failed. */
  settle(): Promise<void> {
    return this.#pending;
  }

  async #commit(mapped: MappedBatch, target: Target): Promise<void> {
    const { state, run, pipeline, tally } = this.#io;
    const batches = [...splitRows(mapped, target, pipeline.batch_size, this.#number + 1)];
    if (mapped.rejects.length > 0)
      await state.addRejects(run.id, pipeline.name, this.#number + 1, mapped.rejects);
    tally.tellRejects(mapped.rejects);
    this.#number += Math.max(batches.length, 1);
    for (const batch of batches) {
      const committed: Committed = await this.#writer.commit(batch);
      this.#rows += batch.rows.length;
      tally.commit(committed);
    }
  }

  #targetFor(columns: readonly Column[]): Target {
    if (this.#latest === undefined || this.#columns !== columns) this.#latest = this.#target(columns);
    this.#columns = columns;
    return this.#latest;
  }
}

/** `each` may make many rows of one record: they are cut to size, but a parent's rows stay together. */
function* splitRows(mapped: MappedBatch, target: Target, size: number, first: number): Generator<RowBatch> {
  if (mapped.scopes) {
    if (mapped.scopes.length > 0) yield { target, number: first, rows: mapped.rows, scopes: mapped.scopes };
    return;
  }
  for (let from = 0; from < mapped.rows.length; from += size)
    yield { target, number: first++, rows: mapped.rows.slice(from, from + size) };
}
