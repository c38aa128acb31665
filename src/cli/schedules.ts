/** The commands that run pipelines by their schedules, here or elsewhere. */

import { Argument, type Command, Option } from 'commander';
import type { DaemonFlags } from '../commands/daemon.ts';
import type { ExportTarget } from '../commands/export.ts';
import type { Shell } from '../commands/shell.ts';
import type { TopFlags } from '../commands/top.ts';

type Execute = (work: (shell: Shell) => Promise<unknown>) => Promise<void>;

export function addScheduleCommands(program: Command, execute: Execute): void {
  program
    .command('daemon')
    .description('run pipelines by their schedules, until it is stopped; with an HTTP API')
    .option('--print-unit', 'print a unit of systemd that runs it, and do no more', false)
    .option('--user', 'the unit is for your own service manager (systemctl --user)', false)
    .action((flags: DaemonFlags) =>
      execute(async (shell) =>
        (await import('../commands/daemon.ts')).daemon(shell, flags, program.version() ?? ''),
      ),
    );
  program
    .command('top')
    .description('how a daemon stands and what it does, here or elsewhere, by its HTTP API')
    .addOption(
      new Option('--url <url>', 'its address; without it, that of the config here').env('SYNCLINE_URL'),
    )
    .option('--token-file <file>', 'its token; without it, SYNCLINE_TOKEN, or that of the config here')
    .option('--insecure', 'send the token over http to another machine', false)
    .action((flags: TopFlags) =>
      execute(async (shell) => (await import('../commands/top.ts')).top(shell, flags)),
    );
  program
    .command('export')
    .description('files that run the schedules of the config without a daemon')
    .addArgument(new Argument('<for>').choices(['cron', 'systemd', 'github-actions']))
    .option('--out <dir>', 'write them into this folder; without it, they are printed')
    .action((target: ExportTarget, { out }: { out?: string }) =>
      execute(async (shell) => (await import('../commands/export.ts')).exportSchedules(shell, target, out)),
    );
}
