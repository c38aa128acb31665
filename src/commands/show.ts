import { SyncError } from '../model/errors.ts';
import type { PipelineResult } from '../model/result.ts';
import type { KeptRun } from '../state/state.ts';
import { count, duration } from '../tui/numbers.ts';
import { printable } from '../tui/printable.ts';
import { callsText } from '../tui/summary.ts';
import { withState } from './open-state.ts';
import { columns, moment, printOne, type Shell } from './shell.ts';

/** Shows one run with what its pipelines did; without an id, the latest. */
export async function show(shell: Shell, id: string | undefined): Promise<void> {
  await withState(shell, async (state) => {
    await state.markInterrupted();
    const run = id === undefined ? (await state.runs({ limit: 1 }))[0] : await state.run(id);
    if (run === undefined)
      throw new SyncError(
        'usage/unknown_run',
        id === undefined ? 'no runs are remembered' : `there is no run "${id}"`,
        {
          hint: 'Those that are remembered: syncline runs',
        },
      );
    printOne(shell, run, () => runText(run));
  });
}

/** What the pipelines of a run did, for people. */
export function runText(run: KeptRun): string {
  const { runId, status, exitCode, startedAt, finishedAt } = run;
  const facts = [`run ${runId}`, status, `started ${moment(startedAt)}`];
  if (finishedAt !== undefined) facts.push(`ended ${moment(finishedAt)}`);
  if (exitCode !== undefined) facts.push(`exit ${exitCode}`);
  const pipelines = Object.entries(run.pipelines);
  const lines = columns([
    ['PIPELINE', 'STATUS', 'READ', 'INSERTED', 'UPDATED', 'UNCHANGED', 'DELETED', 'REJECTED', 'TOOK'],
    ...pipelines.map(([name, result]) => [name, ...cells(result)]),
  ]);
  return `${facts.join('  ')}\n\n${lines}${pipelines.map(([name, result]) => asked(name, result) + failure(name, result)).join('')}`;
}

function cells(result: PipelineResult | null): string[] {
  if (result === null) return ['not ended'];
  const { status, read, inserted, updated, unchanged, deleted, rejected, durationMs } = result;
  // What a run had done when its process died, it could not tell any more.
  if (status === 'interrupted') return [status];
  return [
    status,
    ...[read, inserted, updated, unchanged, deleted, rejected].map(count),
    duration(durationMs),
  ];
}

function asked(name: string, result: PipelineResult | null): string {
  if (result?.calls === undefined) return '';
  return `\n${name}: ${printable(callsText(result.calls, result.stopped))}\n`;
}

function failure(name: string, result: PipelineResult | null): string {
  if (!result?.error) return '';
  const { code, message, hint } = result.error;
  const again = result.resumeAt === undefined ? '' : `  Run it again after ${result.resumeAt}.\n`;
  return `\n${name}: ${printable(message)}  [${code}]\n${hint === undefined ? '' : `  ${printable(hint)}\n`}${again}`;
}
