import type { Checkpoint, LedgerKey } from '../model/checkpoint.ts';
import { SyncError } from '../model/errors.ts';
import type { Column, Reject, RowBatch, Target } from '../model/types.ts';
import type { CompleteRead } from '../plugin/absence-contract.ts';
import type { Ledger, TargetRequest, Writer } from '../plugin/contract.ts';
import type { MappedBatch } from '../transform/mapping.ts';
import { remembersSeen } from './absence.ts';
import type { PipelinePart } from './parts.ts';
import { type Piece, refusalOf, seenIn, tombstonesOf, toPieces } from './piece.ts';
import { RejectGuard } from './reject-limit.ts';
import { type BatchToCommit, RejectList } from './reject-list.ts';
import { basis, isExact } from './resume.ts';
import type { PipelineRun } from './run.ts';
import { targetMaker } from './target.ts';
import { wideningOf } from './widening.ts';

/** What commits need besides the pipeline's run. */
export interface CommitPlace {
  readonly writer: Writer;
  readonly key: LedgerKey;
  /** Where the checkpoint is kept. */
  readonly ledger: Ledger;
  /** True when the sink writes it with the rows; else it is written after them. */
  readonly together: boolean;
  readonly fence: number;
  /** What the writer was begun with. */
  readonly request: TargetRequest;
  /** The number of the last batch that this run has committed there. */
  readonly committed: number;
}

/** A batch that is under way, with what of it is still to be written. */
interface Pieces extends BatchToCommit {
  readonly pieces: Piece[];
  readonly rejects: Reject[];
  readonly refused: Set<number>;
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
  readonly #journal: boolean;
  readonly #guard: RejectGuard;
  readonly #rejects: RejectList;
  /** Rows that may not be doubled are committed with the checkpoint that is past them, all of a batch at once. */
  readonly #divisible: boolean;
  #columns: readonly Column[] | undefined;
  #latest: Target | undefined;
  #number: number;
  /** Rows handed to the sink before the batch that is under way. */
  #before = 0;
  #pending: Promise<void> = Promise.resolve();

  /** `part` is the pipeline's, with the columns that are filled. */
  constructor(io: PipelineRun, part: PipelinePart, place: CommitPlace, checkpoint: Checkpoint) {
    this.#io = io;
    this.#place = place;
    this.checkpoint = checkpoint;
    this.#number = place.committed;
    this.#basis = basis(io.pipeline);
    this.#divisible = !isExact(io.pipeline);
    this.#journal = io.config.journal.keep > 0;
    this.#guard = new RejectGuard(io.pipeline);
    this.#rejects = new RejectList(io, place.key);
    this.#target = targetMaker(io.config, part, place.key.pipeline, io.run);
  }

  /** Before the first commit of a read that begins at its beginning: what others showed does not count for it. */
  async forgetSeen(columns: readonly Column[], cursor: Checkpoint['cursor']): Promise<void> {
    const read = this.#read(this.#targetFor(columns), 0, cursor === undefined ? {} : { cursor });
    await this.#io.sink.absence?.forget(read);
  }

  /** The whole read, once it is finished. */
  completeRead(columns: readonly Column[]): CompleteRead {
    return this.#read(this.#targetFor(columns), this.#number + 2, this.checkpoint);
  }

  /** Commits where the next run begins, after all else: the writer of the read may be closed by then. */
  async conclude({ target, number }: CompleteRead, checkpoint: Checkpoint): Promise<void> {
    const { together, request } = this.#place;
    if (together) {
      const writer = await this.#io.sink.begin(request);
      const batch = { target, number: number + 1, rows: [], ledger: this.#entry(checkpoint) };
      await this.#write(batch, writer).finally(() => writer.close());
    } else await this.#save(checkpoint);
    this.checkpoint = checkpoint;
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
    const { retry, tally } = this.#io;
    if (!retry) this.#guard.judgeWhole(tally.counts, this.rows);
    const { writer, together } = this.#place;
    const target = this.#targetFor(columns);
    if (together || this.#io.pipeline.mode === 'replace')
      await this.#write({ target, number: this.#number + 1, rows: [], ledger: this.#entry(checkpoint) });
    await writer.complete?.();
    await retry?.committed(checkpoint, true);
    if (!together) await this.#save(checkpoint);
    this.checkpoint = checkpoint;
  }

  async #commit(mapped: MappedBatch, target: Target, checkpoint: Checkpoint): Promise<void> {
    const { together, writer } = this.#place;
    this.#before = this.rows;
    const pieces = toPieces(mapped, this.#divisible ? this.#io.pipeline.batch_size : mapped.rows.length);
    const batch = {
      mapped,
      target,
      checkpoint,
      pieces,
      rejects: [...mapped.rejects],
      refused: new Set<number>(),
    };
    await this.#keep(batch);
    this.#judge(mapped.rejects, mapped.rows.length);
    for (let piece = pieces[0]; piece; piece = pieces[0]) {
      try {
        await this.#writePiece(piece, batch, pieces.length === 1 ? checkpoint : this.checkpoint);
        pieces.shift();
      } catch (error) {
        await this.#takeOut(error, piece, batch);
      }
    }
    this.checkpoint = checkpoint;
    if (!together && writer.complete === undefined) await this.#save(checkpoint);
    await this.#io.retry?.committed(checkpoint, writer.complete === undefined);
  }

  /** The rejects of a batch are known as committed with its last piece. */
  #keep(batch: Pieces): Promise<void> {
    return this.#rejects.keep(batch, this.#number + batch.pieces.length);
  }

  /** Makes rejects of the rows that the target refused, so that the rest can be written; throws what it cannot mend. */
  async #takeOut(error: unknown, piece: Piece, batch: Pieces): Promise<void> {
    const { mapped, target, pieces, rejects, refused } = batch;
    const refusal = refusalOf(error, piece, mapped, target, this.#divisible);
    // Whoever took over reads these records again, and comes to its own rejects.
    const isLost = error instanceof SyncError && error.code === 'lease/lost';
    if (refusal || isLost) await this.#rejects.undo(this.#number);
    if (!refusal) throw error;
    for (const place of refusal.refused) refused.add(place);
    rejects.push(...refusal.rejects);
    pieces.splice(0, 1, ...refusal.rest);
    await this.#keep(batch);
    this.#io.tally.add({ rejected: refusal.rejects.length });
    this.#judge(refusal.rejects, mapped.rows.length - refused.size);
  }

  #judge(rejects: readonly Reject[], rows: number): void {
    const { tally, retry } = this.#io;
    tally.tellRejects(rejects);
    // What is retried was rejected before: that some of it still is says nothing of the source.
    if (!retry) this.#guard.judge(tally.counts, this.#before + rows);
  }

  async #writePiece(piece: Piece, { mapped, target, rejects }: Pieces, reached: Checkpoint): Promise<void> {
    const { rows, scopes } = piece;
    const number = this.#number + 1;
    const tombstones = tombstonesOf(piece, mapped);
    const seen = remembersSeen(this.#io) && target.mode !== 'replace' ? seenIn(rejects, scopes) : undefined;
    const ledger = this.#entry(reached);
    await this.#write({ target, number, rows, scopes, tombstones, seen, ledger });
    this.#number = number;
    this.rows += rows.length;
  }

  #read(target: Target, number: number, checkpoint: Checkpoint): CompleteRead {
    const ledger = this.#entry(checkpoint);
    return {
      target,
      number,
      ledger,
      journal: this.#journal,
      parts: [target.pipeline],
      signal: this.#io.signal,
    };
  }

  async #write(batch: RowBatch, writer = this.#place.writer): Promise<void> {
    this.#io.lost.throwIfAborted();
    this.#io.tally.commit(await writer.commit({ ...batch, journal: this.#journal }));
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
    if (this.#latest === undefined || this.#columns !== columns)
      this.#latest = { ...this.#target(columns), accept_schema: wideningOf(this.#io) === 'accept' };
    this.#columns = columns;
    return this.#latest;
  }
}
