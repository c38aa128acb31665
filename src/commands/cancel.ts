import { setTimeout } from 'node:timers/promises';
import { openRunner } from '../engine/runner.ts';
import { SyncError } from '../model/errors.ts';
import type { KeptRun, State } from '../state/state.ts';
import { openConfig, printOne, type Shell } from './shell.ts';
import { runText } from './show.ts';
import { stopSignal } from './stop.ts';

export interface CancelFlags {
  readonly wait: boolean;
}

/** So often it is looked whether the run has ended, in milliseconds. */
const pace = 250;

/** Asks for the end of a run, waits for it, and tells what the run did: exit code 1 when it did not end cancelled. */
export async function cancel(shell: Shell, name: string, { wait }: CancelFlags): Promise<number> {
  const config = await openConfig(shell);
  const stop = stopSignal();
  const runner = await openRunner(config);
  const { state } = runner;
  try {
    const { runId } = await runNamed(state, name);
    const died = (await state.markInterrupted()).includes(runId);
    if (!died) await runner.cancel(runId);
    if (!died && !wait) {
      shell.tell(`run ${runId} was asked to end\n`);
      return 0;
    }
    const run = await endOf(state, runId, stop.signal);
    stop.reached();
    printOne(shell, run, () => runText(run));
    if (isCancelled(run)) return 0;
    shell.tell(died ? `its process had died\n` : `it ended ${run.status} before it could be cancelled\n`);
    return 1;
  } catch (error) {
    if (stop.code === undefined || !stop.signal.aborted || error instanceof SyncError) throw error;
    shell.tell('the run was asked to end; that it has is not waited for any more\n');
    return stop.code;
  } finally {
    await runner.close();
    stop.forget();
  }
}

/** A run by its id or the beginning of it; `latest` is the newest that is under way. Throws `usage/unknown_run`. */
async function runNamed(state: State, name: string): Promise<KeptRun> {
  const hint = 'Those that are remembered: syncline runs';
  if (name === 'latest') {
    const [latest] = await state.runs({ limit: 1, status: 'running' });
    if (latest) return latest;
    throw new SyncError('usage/unknown_run', 'no run is under way', { hint });
  }
  const [found, other] = await state.runs({ limit: 2, prefix: name.toUpperCase() });
  if (found === undefined) throw new SyncError('usage/unknown_run', `there is no run "${name}"`, { hint });
  if (other === undefined) return found;
  throw new SyncError('usage/unknown_run', `the ids of several runs begin with "${name}"`, { hint });
}

async function endOf(state: State, id: string, signal: AbortSignal): Promise<KeptRun> {
  for (;;) {
    await state.markInterrupted();
    const run = await state.run(id);
    if (run === undefined)
      throw new SyncError('usage/unknown_run', `run ${id} has ended, and is not remembered any more`);
    if (run.status !== 'running') return run;
    await setTimeout(pace, undefined, { signal });
  }
}

/** Some of its pipelines may have ended before. */
function isCancelled({ pipelines }: KeptRun): boolean {
  return Object.values(pipelines).some((result) => result?.status === 'cancelled');
}
