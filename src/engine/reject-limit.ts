import type { PipelineConfig, RowLimit } from '../config/config.ts';
import { SyncError } from '../model/errors.ts';
import { plural } from '../model/plural.ts';
import type { Counts } from '../model/result.ts';

/** A share is judged each time so many more rows were judged, and at the end. */
const judgedEvery = 1000;
/** Fewer rejects than this are too few for a share to say anything, unless nothing was accepted. */
const tooFew = 10;

/** Watches how many rows a pipeline rejects. */
export class RejectGuard {
  readonly #pipeline: PipelineConfig;
  #judged = 0;

  constructor(pipeline: PipelineConfig) {
    this.#pipeline = pipeline;
  }

  /** After a batch was mapped: `accepted` rows so far. Throws `reject/too_many`. */
  judge(counts: Counts, accepted: number): void {
    const { max } = this.#pipeline.rejects;
    if ('rows' in max && counts.rejected > max.rows) throw this.#tooMany(counts, accepted, max);
    if (accepted + counts.rejected < this.#judged + judgedEvery) return;
    this.#judged = accepted + counts.rejected;
    if ('percent' in max) this.#judgeShare(counts, accepted, max.percent);
  }

  /** When the read is complete. */
  judgeWhole(counts: Counts, accepted: number): void {
    const { max } = this.#pipeline.rejects;
    if ('percent' in max) this.#judgeShare(counts, accepted, max.percent);
  }

  #judgeShare(counts: Counts, accepted: number, percent: number): void {
    const { rejected } = counts;
    if (rejected === 0 || (rejected < tooFew && accepted > 0)) return;
    if (accepted > 0 && (rejected / (accepted + rejected)) * 100 <= percent) return;
    throw this.#tooMany(counts, accepted, { percent });
  }

  #tooMany({ rejected }: Counts, accepted: number, max: RowLimit): SyncError {
    const { name } = this.#pipeline;
    const allowed = 'rows' in max ? plural(max.rows, 'row') : `${max.percent} %`;
    return new SyncError(
      'reject/too_many',
      `${rejected} of ${accepted + rejected} rows were rejected; pipeline "${name}" allows ${allowed}`,
      {
        hint: `Look at them: syncline rejects show ${name}. If so many are to be expected, raise \`rejects.max\`.`,
      },
    );
  }
}
