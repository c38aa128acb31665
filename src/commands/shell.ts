import type { Config } from '../config/config.ts';
import type { LoadOptions } from '../config/document.ts';
import { loadConfig } from '../config/open.ts';
import { printJson } from '../model/json.ts';
import type { Redact } from '../model/redact.ts';
import type { Secrets } from '../model/secrets.ts';
import type { Value } from '../model/types.ts';
import type { Look } from '../tui/look.ts';
import { inGithubActions, maskSecrets } from './github.ts';

/** What a command knows of where it was called, with the flags that every command has. */
export interface Shell {
  /** Of Syncline. */
  readonly version: string;
  readonly directory: string;
  readonly environment: { readonly [name: string]: string | undefined };
  /** Data goes out here. */
  readonly print: (text: string) => void;
  /** Everything that is not data goes here. */
  readonly tell: (text: string) => void;
  /** Takes out the secrets known by now, as `tell` does, and `print` of a table. */
  readonly redact: Redact;
  /** From now on these are secrets, and those that are added to them. */
  readonly hide: (secrets: Secrets) => void;
  /** Where a terminal watches what is told. */
  readonly interactive: boolean;
  /** For what is told. */
  readonly look: Look;
  readonly config?: string;
  readonly environmentFile?: string;
  readonly output: 'table' | 'json' | 'ndjson';
  readonly ui: 'auto' | 'tui' | 'plain' | 'json' | 'quiet';
  /** Why no screen can be shown; undefined where it can. */
  readonly screenHindrance: string | undefined;
  /** What would be asked is answered with yes. */
  readonly yes: boolean;
}

/** How a shell's config is found. */
export function configOptions(shell: Shell): LoadOptions {
  return {
    file: shell.config,
    directory: shell.directory,
    environment: shell.environment,
    environmentFile: shell.environmentFile,
  };
}

/** Loads the shell's config; what is secret in it is told by no line from then on. */
export async function openConfig(shell: Shell): Promise<Config> {
  const config = await loadConfig(configOptions(shell));
  shell.hide(config.secrets);
  if (inGithubActions(shell)) maskSecrets(config.secrets);
  return config;
}

/** Prints records of one kind: as a table, as one JSON array with an item a line, or as a JSON document a line. */
export function printList(shell: Shell, items: readonly object[], table: () => string): void {
  const lines = () => items.map((item) => printJson(item as Value));
  if (shell.output === 'json') shell.print(`[${lines().join(',\n')}]\n`);
  else if (shell.output === 'ndjson') for (const line of lines()) shell.print(`${line}\n`);
  else shell.print(table());
}

/** Prints one document: for people, or as JSON. */
export function printOne(shell: Shell, item: object, text: () => string): void {
  if (shell.output === 'table') shell.print(text());
  else shell.print(`${JSON.stringify(item, null, shell.output === 'json' ? 2 : 0)}\n`);
}

/** Lines of aligned columns; the last column is left as long as it is. */
export function columns(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** A time for a table, to the second: `2026-01-02T03:04:05Z`; `-` where there is none. */
export function moment(time: string | undefined): string {
  return time === undefined ? '-' : `${time.slice(0, 19)}Z`;
}
