import type { Config } from '../config/config.ts';
import { openJournals } from '../engine/journals.ts';
import { pipelineNamed } from '../engine/select.ts';
import { SyncError } from '../model/errors.ts';
import type { KeptRun } from '../state/state.ts';
import { count, duration } from '../tui/numbers.ts';
import { printable } from '../tui/printable.ts';
import { withState } from './open-state.ts';
import { columns, moment, printList, type Shell } from './shell.ts';

export interface RunsFlags {
  readonly limit: number;
  readonly pipeline?: string;
}

/** Lists runs, the newest first. */
export async function runs(shell: Shell, flags: RunsFlags): Promise<void> {
  await withState(shell, async (state, config) => {
    if (flags.pipeline !== undefined) pipelineNamed(config, flags.pipeline);
    await state.markInterrupted();
    const undoable = await undoableRuns(shell, config);
    const found = (await state.runs(flags)).map((run) => ({ ...run, undoable: undoable.has(run.runId) }));
    printList(shell, found, () => (found.length === 0 ? 'no runs are remembered\n' : table(found)));
  });
}

type ListedRun = KeptRun & { readonly undoable: boolean };

/** The runs that the journals hold. */
async function undoableRuns(shell: Shell, config: Config): Promise<ReadonlySet<string>> {
  const journals = openJournals(config);
  try {
    const runs = await Promise.all((await journals.all()).map(({ journal }) => journal.runs()));
    return new Set(runs.flat().map(({ run }) => run));
  } catch (error) {
    // The state remembers runs also where a sink cannot be read any more.
    if (!(error instanceof SyncError)) throw error;
    shell.tell(`warning: which runs can be undone is not known: ${printable(error.message)}\n`);
    return new Set();
  } finally {
    await journals.close();
  }
}

function table(found: readonly ListedRun[]): string {
  return columns([
    ['RUN', 'STATUS', 'STARTED', 'TOOK', 'READ', 'CHANGED', 'REJECTED', 'UNDO', 'PIPELINES'],
    ...found.map((run) => {
      const results = Object.values(run.pipelines).filter((result) => result !== null);
      const sum = (counted: (result: (typeof results)[number]) => number) =>
        count(results.reduce((all, result) => all + counted(result), 0));
      return [
        run.runId,
        run.status,
        moment(run.startedAt),
        run.finishedAt === undefined ? '-' : duration(Date.parse(run.finishedAt) - Date.parse(run.startedAt)),
        sum((result) => result.read),
        sum(({ inserted, updated, deleted }) => inserted + updated + deleted),
        sum((result) => result.rejected),
        run.undoable ? 'yes' : run.undone ? 'undone' : '-',
        namesOf(run),
      ];
    }),
  ]);
}

/** The first few pipelines of a run, and how many more there are. */
function namesOf({ pipelines }: KeptRun): string {
  const names = Object.keys(pipelines);
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
