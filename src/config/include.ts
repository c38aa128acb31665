import path from 'node:path';
import type { Diagnostic, Span } from './diagnostics.ts';
import { sayPath } from './document.ts';
import type { ConfigFile } from './file.ts';
import { globFiles } from './glob.ts';
import type { Entry, MapTree, Tree } from './tree.ts';

/** The parts of the config that are maps of names, so that files can share them. */
const sections = ['sources', 'sinks', 'pipelines'];

/** The files that `include` names: absolute, without the config itself, each once. */
export async function includedFiles(
  config: MapTree,
  file: string,
): Promise<{ readonly files: readonly string[]; readonly diagnostics: readonly Diagnostic[] }> {
  const include = config.entries.get('include')?.value;
  if (include === undefined) return { files: [], diagnostics: [] };
  const files = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  for (const [index, item] of (include.kind === 'list' ? include.items : [include]).entries()) {
    if (item.kind === 'broken') continue;
    const where = include.kind === 'list' ? `include[${index}]` : 'include';
    if (item.kind !== 'scalar' || typeof item.value !== 'string' || item.value === '') {
      const message = '`include` takes a path or a glob, or a list of them';
      diagnostics.push(say(where, item.span, message, 'For example: include: pipelines/*.yaml'));
      continue;
    }
    const found = await globFiles(item.value, path.dirname(file));
    if (found.length === 0) {
      const message = `no file matches ${JSON.stringify(item.value)}`;
      diagnostics.push(say(where, item.span, message, `It is looked for from ${path.dirname(file)}.`));
    }
    for (const each of found) if (each !== file) files.add(each);
  }
  return { files: [...files], diagnostics };
}

/** Adds the named sources, sinks and pipelines of the included files to those of the config. */
export function mergeIncluded(
  config: MapTree,
  included: readonly ConfigFile[],
): { readonly tree: MapTree; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const merged = new Map(config.entries);
  for (const { file, tree } of included) {
    for (const [name, entry] of tree?.entries ?? []) {
      if (sections.includes(name)) mergeSection(merged, name, entry, diagnostics);
      else if (!name.startsWith('x-')) diagnostics.push(notHere(name, entry, file));
    }
  }
  return { tree: { ...config, entries: merged }, diagnostics };
}

function mergeSection(
  merged: Map<string, Entry>,
  section: string,
  added: Entry,
  diagnostics: Diagnostic[],
): void {
  if (isNothing(added.value)) return;
  const existing = merged.get(section);
  if (existing === undefined || isNothing(existing.value)) {
    merged.set(section, added);
    return;
  }
  if (added.value.kind !== 'map') {
    const help = `Write \`name:\` and its options below \`${section}:\`.`;
    diagnostics.push(say(section, added.key, `${section} is a map of names`, help));
    return;
  }
  // What is no map in the config itself is refused by the schema, with its own words.
  if (existing.value.kind !== 'map') return;
  const entries = new Map(existing.value.entries);
  for (const [name, entry] of added.value.entries) {
    const first = entries.get(name);
    if (first === undefined) entries.set(name, entry);
    else diagnostics.push(twice(section, name, entry, first));
  }
  merged.set(section, { ...existing, value: { ...existing.value, entries } });
}

function isNothing(tree: Tree): boolean {
  return tree.kind === 'broken' || (tree.kind === 'scalar' && tree.value === null);
}

function twice(section: string, name: string, entry: Entry, first: Entry): Diagnostic {
  return {
    severity: 'error',
    code: 'config/duplicate_name',
    path: sayPath([section, name]),
    message: `${JSON.stringify(name)} is declared in two files`,
    help: 'Give one of them another name, or remove it.',
    span: entry.key,
    other: { message: 'it is already here', span: first.key },
  };
}

function notHere(name: string, entry: Entry, file: string): Diagnostic {
  const message = `an included file may only hold sources, sinks, pipelines and x-…, not ${JSON.stringify(name)}`;
  const help =
    name === 'include'
      ? 'Name all files in the config itself.'
      : `Move it from ${path.basename(file)} into the config itself.`;
  return say(sayPath([name]), entry.key, message, help);
}

function say(where: string, span: Span, message: string, help: string): Diagnostic {
  return { severity: 'error', code: 'config/include', path: where, message, help, span };
}
