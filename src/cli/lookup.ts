/** The commands that tell what there is: plugins, the config, the schema, error codes, and the machine. */

import type { Command } from 'commander';
import type { Shell } from '../commands/shell.ts';

type Execute = (work: (shell: Shell) => Promise<unknown>) => Promise<void>;

export function addLookupCommands(program: Command, execute: Execute): void {
  program
    .command('doctor')
    .description('what Syncline rests on: versions, files, state, leases, clock, terminal; changes nothing')
    .action(() => execute(async (shell) => (await import('../commands/doctor.ts')).doctor(shell)));
  const plugins = program.command('plugins').description('sources and sinks');
  plugins
    .command('list')
    .description('the built-in plugins')
    .action(() => execute(async (shell) => (await import('../commands/plugins.ts')).listPlugins(shell)));
  plugins
    .command('show')
    .description("a plugin's options")
    .argument('<name>')
    .action((name: string) =>
      execute(async (shell) => (await import('../commands/plugins.ts')).showPlugin(shell, name)),
    );
  plugins
    .command('new')
    .description('begin a source of your own')
    .argument('<name>')
    .option('--yaml', 'a connector in YAML, for an HTTP API', false)
    .action((name: string, flags: { yaml: boolean }) =>
      execute(async (shell) => (await import('../commands/plugin-new.ts')).newPlugin(shell, name, flags)),
    );
  program
    .command('config')
    .description('the config as it is understood')
    .command('show')
    .description('the config with its defaults, without secrets')
    .option('--origin', 'where each value comes from', false)
    .action(({ origin }: { origin: boolean }) =>
      execute(async (shell) => (await import('../commands/config-show.ts')).configShow(shell, origin)),
    );
  program
    .command('schema')
    .description('the JSON Schema of the config, for editors')
    .option('--write [file]', 'write it to a file')
    .action(({ write }: { write?: string | true }) =>
      execute(async (shell) =>
        (await import('../commands/schema.ts')).schema(
          shell,
          write === true ? '.syncline/schema.json' : write,
        ),
      ),
    );
  program
    .command('explain')
    .description('what an error code means; without one, all of them')
    .argument('[code]')
    .action((code: string | undefined) =>
      execute(async (shell) => (await import('../commands/explain.ts')).explain(shell, code)),
    );
}
