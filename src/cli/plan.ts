/** The commands that look before a run, and take one back after it. */

import type { Command } from 'commander';
import type { PlanFlags } from '../commands/plan.ts';
import type { Shell } from '../commands/shell.ts';
import type { UndoFlags } from '../commands/undo.ts';
import { wholeNumber } from './arguments.ts';

type Execute = (work: (shell: Shell) => Promise<unknown>) => Promise<void>;

/** `plan` takes all that `run` takes, and `run --dry-run` is a plan. */
export function addPlanCommand(program: Command, running: Command, execute: Execute): void {
  const plan = program
    .command('plan')
    .description('what a run would change, row by row; writes nothing')
    .argument('[pipelines...]');
  for (const option of running.options) plan.addOption(option);
  plan
    .option('--diff', 'every change, with the values of new rows', false)
    .option('--limit <n>', 'how many changes of each pipeline are shown', wholeNumber)
    .option('--out <file>', 'save it, for syncline run --plan')
    .option('--exit-code', 'exit with 4 when something would change', false)
    .action((names: string[], flags: PlanFlags) =>
      execute(async (shell) => (await import('../commands/plan.ts')).plan(shell, names, flags)),
    );
  running.option(
    '--plan <file>',
    'do what was planned and saved, if all is still as it was; reads no source',
  );
  running.option('--dry-run', 'only plan it: the same as syncline plan', false);
}

export function addUndoCommands(program: Command, execute: Execute): void {
  program
    .command('diff')
    .description('the rows and fields that a run changed')
    .argument('<run>')
    .action((run: string) =>
      execute(async (shell) => (await import('../commands/diff.ts')).diff(shell, run)),
    );
  program
    .command('undo')
    .description('take a run back: its rows and its checkpoints; the newest run first')
    .argument('<run>')
    .option('--dry-run', 'only tell what would be taken back', false)
    .option('--force', 'take back rows that were changed since, too', false)
    .action((run: string, flags: UndoFlags) =>
      execute(async (shell) => (await import('../commands/undo.ts')).undo(shell, run, flags)),
    );
  program
    .command('why')
    .description('which run, source and strategy gave a row its values, and what they were before')
    .argument('<pipeline>')
    .argument('<key>', 'the primary key; of several fields, with commas between them')
    .argument('[field]')
    .action((pipeline: string, key: string, field: string | undefined) =>
      execute(async (shell) => (await import('../commands/why.ts')).why(shell, pipeline, key, field)),
    );
}
