import { type Undone, type UndonePipeline, undoRun } from '../engine/undo.ts';
import { plural } from '../model/plural.ts';
import { count } from '../tui/numbers.ts';
import { printable } from '../tui/printable.ts';
import { withState } from './open-state.ts';
import { printOne, type Shell } from './shell.ts';
import { stopSignal } from './stop.ts';

export interface UndoFlags {
  readonly dryRun: boolean;
  readonly force: boolean;
}

/** So often it is told how far an undo is, in milliseconds. */
const pace = 2000;

/** Takes a run back, or tells what that would do; the exit code. Stopped, it says how to go on. */
export async function undo(shell: Shell, run: string, { dryRun, force }: UndoFlags): Promise<number> {
  const stop = stopSignal();
  let last = performance.now();
  let taken = 0;
  const progress = (rows: number) => {
    taken = rows;
    if (shell.ui === 'quiet' || performance.now() - last < pace) return;
    last = performance.now();
    shell.tell(`${plural(rows, 'row')} taken back\n`);
  };
  try {
    await withState(shell, async (state, config) => {
      await state.markInterrupted();
      const options = { dry_run: dryRun, force, signal: stop.signal, progress };
      const undone = await undoRun(config, state, run, options);
      printOne(shell, { undid: run, ...undone }, () => undoneText(run, undone, force));
    });
    return 0;
  } catch (error) {
    if (error !== stop.signal.reason || stop.code === undefined) throw error;
    shell.tell(`stopped after ${plural(taken, 'row')}; to go on: syncline undo ${run}\n`);
    return stop.code;
  } finally {
    stop.forget();
  }
}

/** What undoing a run did, or would do, for people. */
export function undoneText(run: string, { runId, pipelines }: Undone, force: boolean): string {
  const lines = pipelines.map(line);
  const edited = pipelines.flatMap((one) =>
    one.edited.map((row) => `  changed since: ${one.pipeline} ${row}`),
  );
  const last =
    runId !== undefined
      ? `Run ${run} was undone, as run ${runId}.`
      : edited.length > 0 && !force
        ? `Run ${run} would not be undone without --force: ${plural(edited.length, 'row')} changed since. Nothing was written.`
        : `Run ${run} would be undone. Nothing was written.`;
  return [...lines, ...edited, last].map((each) => `${printable(each)}\n`).join('');
}

function line({ pipeline, inserted, updated, deleted }: UndonePipeline): string {
  return `${pipeline}: ${plural(deleted, 'row')} removed again, ${count(updated)} restored, ${count(inserted)} brought back`;
}
