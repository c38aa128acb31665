/** What a complete read did not contain: judged by the delete guard, then deleted. */

import type { RowLimit } from '../config/config.ts';
import { SyncError } from '../model/errors.ts';
import { count, plural } from '../model/plural.ts';
import type { AbsenceCounts, CompleteRead } from '../plugin/absence-contract.ts';
import { type PipelinePart, readsAll, toOf } from './parts.ts';
import type { PipelineRun } from './run.ts';

/** Fewer rows may always go: of a small table a few are soon a large share. */
const tooFew = 5;

/** Whether the sink is to remember what a read shows, since what it does not show may be deleted in the end. */
export function remembersSeen({ pipeline, sink, scope, retry, resync }: PipelineRun): boolean {
  const { mode, deletes, stream } = pipeline;
  if (sink.absence === undefined || retry || scope.window) return false;
  if (resync) return deletes?.mode !== 'ignore';
  const whole = readsAll(stream) || scope.full;
  return mode === 'replace' || (mode === 'mirror' && deletes?.mode !== 'ignore' && whole);
}

/** Whether the run was asked for a part of the stream only: what it does not read is not absent. */
export function isLimited({ max_records, range }: PipelineRun): boolean {
  return max_records !== undefined || range.partition !== undefined;
}

/** A complete read, and what is left to do once what it did not contain is gone. */
export interface WholeRead {
  readonly read: CompleteRead;
  conclude?(): Promise<void>;
}

/** The complete reads of one pipeline: those of a target are judged together, once there is one of each of its parts. */
export class CompleteReads {
  /** Of each target, how many are still to come. */
  readonly #missing = new Map<string, number>();
  readonly #reads = new Map<string, readonly WholeRead[]>();

  constructor(parts: readonly PipelinePart[]) {
    for (const part of parts) this.#missing.set(toOf(part), (this.#missing.get(toOf(part)) ?? 0) + 1);
  }

  /** Takes the read of a part that was complete. After the last one of its target deletes what none of them contained. */
  async add(io: PipelineRun, whole: WholeRead): Promise<void> {
    const name = toOf(io.pipeline);
    const reads = [...(this.#reads.get(name) ?? []), whole];
    this.#reads.set(name, reads);
    if (reads.length !== this.#missing.get(name)) return;
    const parts = reads.map(({ read }) => read.target.pipeline);
    if (await deleteAbsent(io, { ...whole.read, parts })) for (const read of reads) await read.conclude?.();
  }
}

/** False where nothing may be deleted. */
async function deleteAbsent(io: PipelineRun, read: CompleteRead): Promise<boolean> {
  const { sink, tally, lost } = io;
  const counts = await sink.absence?.count(read);
  if (sink.absence === undefined || counts === undefined) return false;
  if (counts.withheld) {
    tally.notice('warn', 'nothing was deleted: a row was rejected whose key is not known, so it may be any');
    return false;
  }
  judge(io, counts);
  lost.throwIfAborted();
  tally.commit(await sink.absence.apply(read, counts));
  return true;
}

/** Throws `guard/empty` or `guard/deletes`. */
function judge({ pipeline, allow_empty, allow_delete }: PipelineRun, counts: AbsenceCounts): void {
  const { rows, absent, empty } = counts;
  if (empty) {
    if (rows > 0 && !allow_empty) throw emptyRead(pipeline, rows);
    return;
  }
  const max = allow_delete ?? pipeline.deletes?.max;
  if (max === undefined || absent <= tooFew || !exceeds(absent, rows, max)) return;
  const allowed = 'rows' in max ? plural(max.rows, 'row') : `${max.percent} %`;
  throw new SyncError(
    'guard/deletes',
    `${count(absent)} of ${plural(rows, 'row')} in ${toOf(pipeline)} would be deleted, as they are not in the source any more; pipeline "${pipeline.name}" deletes ${allowed} at most, so none was`,
    {
      hint: `Make sure that the source is whole. If they are to go: syncline run ${pipeline.name} --allow-delete ${absent}`,
    },
  );
}

function exceeds(absent: number, rows: number, max: RowLimit): boolean {
  return 'rows' in max ? absent > max.rows : absent * 100 > rows * max.percent;
}

/** A read without rows is more often a fault than a wish. `rows` is how many would go, where that is known. */
export function emptyRead(pipeline: PipelinePart, rows?: number): SyncError {
  const all = rows === undefined ? 'all that is there' : `all ${plural(rows, 'row')}`;
  return new SyncError(
    'guard/empty',
    `${toOf(pipeline)} was left as it is: nothing was read, so ${all} would go`,
    { hint: `If it is to be emptied: syncline run ${pipeline.name} --allow-empty` },
  );
}
