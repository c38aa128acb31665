/** The commands about what the state and the ledgers remember. */

import { type Command, Option } from 'commander';
import type { CancelFlags } from '../commands/cancel.ts';
import type { ClearFlags } from '../commands/history.ts';
import type { LogsFlags } from '../commands/logs.ts';
import type { RunsFlags } from '../commands/runs.ts';
import type { Shell } from '../commands/shell.ts';
import { logLevels } from '../model/log-line.ts';
import { positiveNumber } from './arguments.ts';

type Execute = (work: (shell: Shell) => Promise<unknown>) => Promise<void>;

export function addMemoryCommands(program: Command, execute: Execute): void {
  addHistoryCommands(program, execute);
  addLogsCommand(program, execute);
  addRejectsCommands(
    program.command('rejects').description('rows that were refused, with their reasons'),
    execute,
  );
  addStateCommands(
    program.command('state').description('the checkpoints of pipelines: where they read on'),
    execute,
  );
}

function addHistoryCommands(program: Command, execute: Execute): void {
  program
    .command('status')
    .description('how each pipeline stands')
    .action(() => execute(async (shell) => (await import('../commands/status.ts')).status(shell)));
  program
    .command('stats')
    .description('rows in the targets, runs, checkpoints and last errors; of all pipelines, or those named')
    .argument('[pipelines...]')
    .action((names: string[]) =>
      execute(async (shell) => (await import('../commands/stats.ts')).stats(shell, names)),
    );
  program
    .command('runs')
    .description('the runs that are remembered, the newest first')
    .option('--limit <n>', 'how many runs', positiveNumber, 20)
    .option('--pipeline <name>', 'only those of a pipeline')
    .action((flags: RunsFlags) =>
      execute(async (shell) => (await import('../commands/runs.ts')).runs(shell, flags)),
    );
  program
    .command('show')
    .description('what the pipelines of a run did; without a run, of the latest')
    .argument('[run]')
    .action((run: string | undefined) =>
      execute(async (shell) => (await import('../commands/show.ts')).show(shell, run)),
    );
  program
    .command('cancel')
    .description('end a run after the batches under way, in whatever process it is; waits for its end')
    .argument('<run>', 'its id, the beginning of it, or latest')
    .option('--no-wait', 'only ask for it')
    .action((run: string, flags: CancelFlags) =>
      execute(async (shell) => (await import('../commands/cancel.ts')).cancel(shell, run, flags)),
    );
  program
    .command('history')
    .description('what is remembered of runs')
    .command('clear')
    .description('forget runs that have ended, with their rejects; checkpoints stay')
    .option('--keep-latest', 'but for the latest of each pipeline, as without a flag')
    .option('--all', 'all of them')
    .option('--older-than <duration>', 'those that began longer ago: 30d')
    .action((flags: ClearFlags) =>
      execute(async (shell) => (await import('../commands/history.ts')).clearHistory(shell, flags)),
    );
}

function addLogsCommand(program: Command, execute: Execute): void {
  program
    .command('logs')
    .description('what was logged of a run; without a run, of the latest')
    .argument('[run]')
    .option('-f, --follow', 'show lines as they are written, of all runs or of one', false)
    .option('--errors', 'only errors and failed pipelines; without a run, of all runs', false)
    .addOption(new Option('--level <level>', 'only lines that matter at least as much').choices(logLevels))
    .option('--pipeline <name>', 'only lines about a pipeline')
    .option('--limit <n>', 'only the last lines', positiveNumber)
    .action((run: string | undefined, flags: LogsFlags) =>
      execute(async (shell) => (await import('../commands/logs.ts')).logs(shell, run, flags)),
    );
}

function addRejectsCommands(rejects: Command, execute: Execute): void {
  rejects
    .command('list')
    .description('how many rows each pipeline and run rejected')
    .argument('[run|pipeline]')
    .action((name: string | undefined) =>
      execute(async (shell) => (await import('../commands/rejects.ts')).listRejects(shell, name)),
    );
  rejects
    .command('show')
    .description('the rejected rows of a run or pipeline; without a name, of the latest run that has some')
    .argument('[run|pipeline]')
    .option('--limit <n>', 'how many rows', positiveNumber, 50)
    .action((name: string | undefined, { limit }: { limit: number }) =>
      execute(async (shell) => (await import('../commands/rejects.ts')).showRejects(shell, name, limit)),
    );
  rejects
    .command('retry')
    .description('map the rejected rows of a run or pipeline again, and commit those that fit now')
    .argument('[run|pipeline]')
    .option('--allow-rejects', 'rows that are rejected again alone do not change the exit code', false)
    .action((name: string | undefined, { allowRejects }: { allowRejects: boolean }) =>
      execute(async (shell) =>
        (await import('../commands/retry.ts')).retryRejects(shell, name, allowRejects),
      ),
    );
  rejects
    .command('drop')
    .description('forget the rejected rows of a run or pipeline')
    .argument('[run|pipeline]')
    .option('--all', 'of all runs and pipelines', false)
    .action((name: string | undefined, { all }: { all: boolean }) =>
      execute(async (shell) => (await import('../commands/rejects.ts')).dropRejects(shell, name, all)),
    );
}

function addStateCommands(state: Command, execute: Execute): void {
  state
    .command('list')
    .description('the checkpoints of all pipelines')
    .action(() => execute(async (shell) => (await import('../commands/state.ts')).listCheckpoints(shell)));
  state
    .command('get')
    .description('the checkpoint of a pipeline')
    .argument('<pipeline>')
    .action((name: string) =>
      execute(async (shell) => (await import('../commands/state.ts')).getCheckpoint(shell, name)),
    );
  state
    .command('export')
    .description('print the checkpoints of all pipelines as JSON')
    .action(() => execute(async (shell) => (await import('../commands/state.ts')).exportCheckpoints(shell)));
  const change = (
    work: (commands: typeof import('../commands/state-change.ts'), shell: Shell) => Promise<void>,
  ) => execute(async (shell) => work(await import('../commands/state-change.ts'), shell));
  state
    .command('import')
    .description('put checkpoints that were exported in the place of those there are')
    .argument('[file]', 'without one, the standard input is read')
    .action((file: string | undefined) =>
      change(({ importCheckpoints }, shell) => importCheckpoints(shell, file)),
    );
  state
    .command('set')
    .description('set where the next run of a pipeline begins: a value of its cursor field')
    .argument('<pipeline>')
    .argument('<cursor>')
    .action((name: string, cursor: string) =>
      change(({ setCursor }, shell) => setCursor(shell, name, cursor)),
    );
  state
    .command('reset')
    .description('forget the checkpoint of a pipeline: its next run reads everything')
    .argument('<pipeline>')
    .action((name: string) => change(({ resetCheckpoint }, shell) => resetCheckpoint(shell, name)));
  state
    .command('rename')
    .description('give the checkpoint of a pipeline that was renamed in the config to its new name')
    .argument('<old>')
    .argument('<new>')
    .action((old: string, name: string) =>
      change(({ renameCheckpoint }, shell) => renameCheckpoint(shell, old, name)),
    );
}
