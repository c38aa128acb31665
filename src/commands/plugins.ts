import { SyncError } from '../model/errors.ts';
import type { OptionsSchema } from '../plugin/contract.ts';
import { type BuiltIn, listPlugins as builtIns } from '../plugin/resolve.ts';
import { columns, printList, type Shell } from './shell.ts';

/** Lists the built-in plugins. */
export async function listPlugins(shell: Shell): Promise<void> {
  const plugins = await builtIns();
  const items = plugins.map(({ name, source, sink }) => ({
    name,
    kinds: kindsOf({ name, source, sink }),
    summary: source?.summary ?? sink?.summary ?? '',
  }));
  printList(shell, items, () =>
    columns([
      ['NAME', 'KIND', 'SUMMARY'],
      ...items.map(({ name, kinds, summary }) => [name, kinds.join(', '), summary]),
    ]),
  );
}

/** Shows what a built-in plugin can do and its options. */
export async function showPlugin(shell: Shell, name: string): Promise<void> {
  const plugins = await builtIns();
  const plugin = plugins.find((one) => one.name === name);
  if (plugin === undefined)
    throw new SyncError('usage/unknown_plugin', `there is no built-in plugin "${name}"`, {
      hint: `The built-in plugins are: ${plugins.map((one) => one.name).join(', ')}.`,
    });
  if (shell.output !== 'table')
    return shell.print(`${JSON.stringify(plugin, null, shell.output === 'json' ? 2 : 0)}\n`);
  shell.print(text(plugin));
}

function kindsOf({ source, sink }: BuiltIn): string[] {
  return [...(source ? ['source'] : []), ...(sink ? ['sink'] : [])];
}

function text({ name, source, sink }: BuiltIn): string {
  const parts: string[] = [];
  if (source) {
    parts.push(`${name} as a source\n${source.summary}\n`);
    parts.push(section('options', source.options));
    parts.push(section(`stream options (a bare value is its ${source.shortForm})`, source.streamOptions));
  }
  if (sink) {
    parts.push(
      `${name} as a sink\n${sink.summary}\nmodes: ${sink.modes.join(', ')} (${sink.modes[0]} unless said otherwise)\n`,
    );
    parts.push(section('options', sink.options));
  }
  return parts.filter(Boolean).join('\n');
}

function section(title: string, { properties, required = [] }: OptionsSchema): string {
  const lines = Object.entries(properties).map(([option, schema]) => {
    const { description = '', default: value } = typeof schema === 'object' ? schema : {};
    const remark = required.includes(option)
      ? 'required'
      : value === undefined
        ? ''
        : `default ${JSON.stringify(value)}`;
    return [`  ${option}`, remark, description];
  });
  return lines.length === 0 ? '' : `${title}\n${columns(lines)}`;
}
