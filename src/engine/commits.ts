import type { Checkpoint, LedgerKey } from '../model/checkpoint.ts';
import type { Column, RowBatch, Target } from '../model/types.ts';
import type { Ledger, Writer } from '../plugin/contract.ts';
import type { MappedBatch } from '../transform/mapping.ts';
import { RejectGuard } from './reject-limit.ts';
import { basis, isExact } from './resume.ts';
import type { PipelineRun } from './run.ts';
import { targetMaker } from './target.ts';

/** What commits need besides the pipeline's run. */
export interface CommitPlace {
  readonly writer: Writer;
  readonly key: LedgerKey;
  /** Where the checkpoint is kept. */
  readonly ledger: Ledger;
  /** True when the sink writes it with the rows; else it is written after them. */
  readonly together: boolean;
  readonly fence: number;
}

/**
 * Commits batches one after the other, each while the next is read and mapped. Rejects are in the state before the
 * batch they came with is committed, so no crash can lose them; the checkpoint is never saved before its rows.
 */
export class Commits {
  /** Rows handed to the sink so far. */
  rows = 0;
  /** What was committed last. */
  checkpoint: Checkpoint;
  readonly #io: PipelineRun;
  readonly #place: CommitPlace;
  readonly #target: (columns: readonly Column[]) => Target;
  readonly #basis: string;
  readonly #guard: RejectGuard;
  #columns: readonly Column[] | undefined;
  #latest: Target | undefined;
  #number = 0;
  #pending: Promise<void> = Promise.resolve();

  constructor(io: PipelineRun, place: CommitPlace, checkpoint: Checkpoint) {
    this.#io = io;
    this.#place = place;
    this.checkpoint = checkpoint;
    this.#basis = basis(io.pipeline);
    this.#guard = new RejectGuard(io.pipeline);
    this.#target = targetMaker(io.config, io.pipeline, place.key.pipeline, io.run);
  }

  /** Waits for the commit before, then starts this one. */
  async push(mapped: MappedBatch, columns: readonly Column[], checkpoint: Checkpoint): Promise<void> {
    const target = this.#targetFor(columns);
    await this.settle();
    this.#io.tally.add({
      rejected: mapped.rejects.length,
      skipped: mapped.skipped,
      defaulted: mapped.defaulted,
    });
    this.#pending = this.#commit(mapped, target, checkpoint);
    this.#pending.catch(() => undefined);
  }

  /** Resolves when nothing is under way; rejects when the last commit failed. */
  settle(): Promise<void> {
    return this.#pending;
  }

  /**
   * Commits the checkpoint a complete read ends with; what was written aside becomes visible. Without one the read was
   * not complete, and goes on another time.
   */
  async finish(columns: readonly Column[], last?: Checkpoint): Promise<void> {
    await this.settle();
    const checkpoint = last ?? this.checkpoint;
    this.#guard.judgeWhole(this.#io.tally.counts, this.rows);
    const { writer, together } = this.#place;
    const target = this.#targetFor(columns);
    if (together || this.#io.pipeline.mode === 'replace')
      await this.#write({ target, number: this.#number + 1, rows: [], ledger: this.#entry(checkpoint) });
    await writer.complete?.();
    if (!together) await this.#save(checkpoint);
    this.checkpoint = checkpoint;
  }

  async #commit(mapped: MappedBatch, target: Target, checkpoint: Checkpoint): Promise<void> {
    const { state, run, pipeline, tally, redact } = this.#io;
    if (mapped.rejects.length > 0)
      await state.addRejects(run.id, pipeline.name, this.#number + 1, mapped.rejects, redact);
    tally.tellRejects(mapped.rejects);
    this.#guard.judge(tally.counts, this.rows + mapped.rows.length);
    // Rows that may not be doubled are committed with the checkpoint that is past them, all of them.
    const parts = isExact(pipeline) ? [mapped] : [...splitRows(mapped, pipeline.batch_size)];
    for (const [index, { rows, scopes }] of parts.entries()) {
      const reached = index === parts.length - 1 ? checkpoint : this.checkpoint;
      this.#number += 1;
      await this.#write({ target, number: this.#number, rows, scopes, ledger: this.#entry(reached) });
      this.rows += rows.length;
    }
    this.checkpoint = checkpoint;
    if (!this.#place.together && this.#place.writer.complete === undefined) await this.#save(checkpoint);
  }

  async #write(batch: RowBatch): Promise<void> {
    this.#io.lost.throwIfAborted();
    this.#io.tally.commit(await this.#place.writer.commit(batch));
  }

  #entry(checkpoint: Checkpoint): RowBatch['ledger'] {
    return { fence: this.#place.fence, basis: this.#basis, checkpoint };
  }

  #save(checkpoint: Checkpoint): Promise<void> {
    const { fence, ledger, key } = this.#place;
    return ledger.write(key, {
      checkpoint,
      fence,
      run: this.#io.run.id,
      batch: this.#number,
      basis: this.#basis,
      wrote: this.rows > 0,
    });
  }

  #targetFor(columns: readonly Column[]): Target {
    if (this.#latest === undefined || this.#columns !== columns) this.#latest = this.#target(columns);
    this.#columns = columns;
    return this.#latest;
  }
}

/** `each` may make many rows of one record: they are cut to size, but a parent's rows stay together. */
function* splitRows(mapped: MappedBatch, size: number): Generator<Pick<RowBatch, 'rows' | 'scopes'>> {
  if (mapped.scopes || mapped.rows.length <= size) return yield mapped;
  for (let from = 0; from < mapped.rows.length; from += size)
    yield { rows: mapped.rows.slice(from, from + size) };
}
