import type { Checkpoint, LedgerKey } from '../model/checkpoint.ts';
import type { Reject, Target } from '../model/types.ts';
import type { RejectedBatch } from '../state/state.ts';
import type { MappedBatch } from '../transform/mapping.ts';
import { checkpointName, isExact, partName } from './resume.ts';
import type { PipelineRun } from './run.ts';
import { supersededBy, writtenBy } from './superseding.ts';

/** A batch as it is about to be committed, with all its rejects. */
export interface BatchToCommit {
  readonly mapped: MappedBatch;
  readonly target: Target;
  readonly rejects: readonly Reject[];
  /** The places of rows that the target refused. */
  readonly refused: ReadonlySet<number>;
  readonly checkpoint: Checkpoint;
}

/** Keeps in the state what comes with each batch, before it is committed: rejects, and which older ones it supersedes. */
export class RejectList {
  readonly #io: PipelineRun;
  readonly #checkpoint: string;
  readonly #supersedes: boolean;
  /** Whether there are rejects that a row could supersede: without any, its batches are not looked through. */
  #older: boolean | undefined;

  constructor(io: PipelineRun, key: LedgerKey) {
    this.#io = io;
    this.#checkpoint = checkpointName(io.pipeline, key);
    // What is appended or summed is added whenever it comes: no later row stands in its place.
    const { mode } = io.pipeline;
    this.#supersedes = (mode === 'upsert' || mode === 'mirror') && !isExact(io.pipeline);
  }

  /** Durable when it resolves; known as committed once a batch of this number is. */
  async keep(batch: BatchToCommit, number: number): Promise<void> {
    const { state, pipeline, retry, redact } = this.#io;
    const { mapped, target, rejects, refused, checkpoint } = batch;
    this.#older ??=
      this.#supersedes && (await state.hasRejects({ pipeline: pipeline.name, part: partName(pipeline) }));
    if (rejects.length === 0 && !this.#older) return;
    const written = this.#supersedes ? writtenBy(mapped, target, refused) : [];
    const isSuperseded = supersededBy(written);
    const kept = rejects.map((reject) => {
      return { ...(retry?.again(reject) ?? reject), superseded: isSuperseded(reject) };
    });
    const keys = this.#older ? written.map(({ key }) => key) : [];
    const before = retry?.first(checkpoint);
    await state.addRejects(this.#batch(number), kept, redact, { keys, before });
    this.#older ||= this.#supersedes && kept.some(({ key }) => key !== undefined);
  }

  /** Takes back what was kept of batches after this one. */
  undo(number: number): Promise<void> {
    return this.#io.state.dropUncommitted(this.#batch(number), 'run');
  }

  #batch(batch: number): RejectedBatch {
    const { run, pipeline } = this.#io;
    const part = partName(pipeline);
    return { run: run.id, pipeline: pipeline.name, part, checkpoint: this.#checkpoint, batch };
  }
}
