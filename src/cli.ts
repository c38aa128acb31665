#!/usr/bin/env node

/** From argv to a command, to its exit code. */

import { Console } from 'node:console';
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { setFlagsFromString } from 'node:v8';
import { Command, CommanderError, Option } from 'commander';
import { positiveNumber, rowLimit, wholeNumber } from './cli/arguments.ts';
import { addLookupCommands } from './cli/lookup.ts';
import { addMemoryCommands } from './cli/memory.ts';
import { addPlanCommand, addUndoCommands } from './cli/plan.ts';
import { addScheduleCommands } from './cli/schedules.ts';
import type { AuthFlags } from './commands/auth.ts';
import { endWith } from './commands/ending.ts';
import { inGithubActions } from './commands/github.ts';
import type { RunFlags } from './commands/run.ts';
import type { Shell } from './commands/shell.ts';
import type { Redact } from './model/redact.ts';
import { screenHindrance } from './tui/ability.ts';
import { lookOf } from './tui/look.ts';

interface GlobalFlags {
  readonly config?: string;
  readonly envFile?: string;
  readonly output: Shell['output'];
  readonly json?: boolean;
  readonly ui: Shell['ui'];
  readonly quiet?: boolean;
  readonly color: 'auto' | 'always' | 'never';
  readonly yes?: boolean;
}

const packageFile = new URL(
  import.meta.url.endsWith('.ts') ? '../package.json' : '../../package.json',
  import.meta.url,
);

async function main(argv: readonly string[]): Promise<number> {
  let code = 0;
  const execute = async (work: Work) => {
    const result = await work(shell());
    code = typeof result === 'number' ? result : 0;
  };
  addCommands(program, execute);
  try {
    const { operands, unknown } = program.parseOptions(argv.slice(2));
    if (operands.length + unknown.length === 0) addDashboard(program, execute);
    await program.parseAsync(argv);
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { printError } = await import('./commands/error.ts');
    return printError(shell(), error);
  }
}

function globalFlags(program: Command): Command {
  const option = (flags: string, description: string, variable: string) =>
    new Option(flags, description).env(variable);
  return program
    .description('One YAML file says what to keep in sync; Syncline keeps it in sync.')
    .version((JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version, '-V, --version')
    .addOption(
      option('-c, --config <file>', 'the config; without it, searched from here upwards', 'SYNCLINE_CONFIG'),
    )
    .addOption(
      option(
        '--env, --env-file <file>',
        'variables; without it, .env beside the config',
        'SYNCLINE_ENV_FILE',
      ),
    )
    .addOption(
      option('-o, --output <format>', 'how data is printed', 'SYNCLINE_OUTPUT')
        .choices(['table', 'json', 'ndjson'])
        .default('table'),
    )
    .addOption(new Option('--json', 'the same as --output json'))
    .addOption(
      option('--ui <how>', 'how a run is shown', 'SYNCLINE_UI')
        .choices(['auto', 'tui', 'plain', 'json', 'quiet'])
        .default('auto'),
    )
    .addOption(option('-q, --quiet', 'the same as --ui quiet', 'SYNCLINE_QUIET'))
    .addOption(
      option('--color <when>', 'colours', 'SYNCLINE_COLOR')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .addOption(option('-y, --yes', 'answer yes to what would be asked', 'SYNCLINE_YES'))
    .showSuggestionAfterError()
    .exitOverride();
}

/** Resolves with an exit code, or with nothing when all is well. */
type Work = (shell: Shell) => Promise<unknown>;

/** Without a command there is the dashboard; where there is no screen, help is shown. */
function addDashboard(program: Command, execute: (work: Work) => Promise<void>): void {
  program.action(() =>
    execute(async (shell) => {
      const code = await (await import('./commands/dashboard.ts')).dashboard(shell);
      return code ?? program.help({ error: true });
    }),
  );
}

function addCommands(program: Command, execute: (work: Work) => Promise<void>): void {
  const running = program
    .command('run')
    .description('run pipelines; without names, all that are enabled')
    .argument('[pipelines...]')
    .option(
      '--select <expr...>',
      'names, globs, tag:NAME',
      (expr: string, all: string[]) => [...all, ...expr.split(',')],
      [],
    )
    .option('--all', 'read everything, ignoring cursors')
    .option('--from <value>', 'read from here, leaving the cursor alone: a date, a timestamp, a number, -7d')
    .option('--to <value>', 'read up to here, exclusive')
    .option('--last <duration>', 'the same as --from that long ago: 24h 7d 2w 3mo')
    .option('--rollback <value>', 'move the cursor back to here and read on from there')
    .option(
      '--partition <name=value>',
      'only the partitions with this value',
      (pair: string, all: string[]) => [...all, pair],
      [],
    )
    .option('--max-records <n>', 'read no more than this many records per pipeline', wholeNumber)
    .option('--concurrency <n>', 'how many pipelines run at once', positiveNumber)
    .option('--allow-rejects', 'rejected rows alone do not change the exit code', false)
    .option('--accept-schema', 'let columns take a wider type where values ask for it', false)
    .option('--adopt', 'take the target to hold what the source has, where the state was lost', false)
    .option('--allow-empty', 'let an empty read empty what mode replace or mirror writes', false)
    .option(
      '--allow-delete <n>',
      'let so many rows go, or such a share (30%), that are not in the source any more',
      rowLimit,
    )
    .action((names: string[], flags: RunFlags) =>
      execute(async (shell) => (await import('./commands/run.ts')).run(shell, names, flags)),
    );
  addPlanCommand(program, running, execute);
  addUndoCommands(program, execute);
  program
    .command('validate')
    .description('check the config and open nothing')
    .argument('[files...]')
    .addOption(new Option('--format <format>').choices(['text', 'json', 'github']))
    .action((files: string[], flags: { format?: 'text' | 'json' | 'github' }) =>
      execute(async (shell) => {
        const forPeople = inGithubActions(shell) ? 'github' : 'text';
        const format = flags.format ?? (shell.output === 'table' ? forPeople : 'json');
        return (await import('./commands/validate.ts')).validate(shell, files, format);
      }),
    );
  program
    .command('check')
    .description('connect to sources and sinks, all or those named; writes nothing')
    .argument('[names...]')
    .action((names: string[]) =>
      execute(async (shell) => (await import('./commands/check.ts')).check(shell, names)),
    );
  program
    .command('preview')
    .description('the first records of a pipeline beside the rows they become; writes nothing')
    .argument('<pipeline>')
    .option('--limit <n>', 'how many records', positiveNumber, 5)
    .action((name: string, { limit }: { limit: number }) =>
      execute(async (shell) => (await import('./commands/preview.ts')).preview(shell, name, limit)),
    );
  program
    .command('auth')
    .description('log in with a browser for a source or sink, and keep its tokens')
    .argument('<source>')
    .option('--forget', 'forget the tokens that are kept for it', false)
    .option('--no-input', 'fail where a person would have to log in')
    .action((name: string, flags: AuthFlags) =>
      execute(async (shell) => (await import('./commands/auth.ts')).auth(shell, name, flags)),
    );
  addScheduleCommands(program, execute);
  addMemoryCommands(program, execute);
  addLookupCommands(program, execute);
}

function shellOf(flags: GlobalFlags): Shell {
  const terminal = process.stderr.isTTY === true;
  const output = flags.json ? 'json' : flags.output;
  return {
    version: program.version() ?? '',
    directory: process.cwd(),
    environment: process.env,
    // Where the output is JSON, what makes it redacts: a number that became text here would break it.
    print: (text) => process.stdout.write(output === 'table' ? redact(text) : text),
    tell: (text) => process.stderr.write(redact(text)),
    redact: (text) => redact(text),
    hide: (secrets) => {
      redact = secrets.redact;
    },
    interactive: terminal && (flags.ui === 'auto' || flags.ui === 'tui'),
    screenHindrance: screenHindrance({
      environment: process.env,
      terminals: { input: isatty(0), output: isatty(1), error: terminal },
    }),
    look: lookOf(flags.color, { environment: process.env, terminal, platform: process.platform }),
    config: flags.config,
    environmentFile: flags.envFile,
    output,
    ui: flags.quiet ? 'quiet' : flags.ui,
    yes: flags.yes ?? false,
  };
}

let redact: Redact = (text) => text;
const program = globalFlags(new Command('syncline'));
const shell = () => shellOf(program.opts<GlobalFlags>());

// Rows are short-lived: a larger young generation only holds more of them before they are let go.
setFlagsFromString('--max-semi-space-size=4');
// The standard output is for data: what a plugin says on the console is not.
globalThis.console = new Console(process.stderr);
endWith(
  () => main(process.argv),
  async (error) => (await import('./commands/error.ts')).printCrash(shell(), error),
);
