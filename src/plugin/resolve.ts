import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { extname, isAbsolute, resolve as resolvePath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SyncError } from '../model/errors.ts';
import { type Connector, connectorFile, isConnector, loadConnector } from './connector.ts';
import type { SourceDefinition } from './contract.ts';
import { findPackage, importModule, type Module } from './module.ts';
import { checkDefinition, type Definitions, type PluginKind } from './shape.ts';

/** A built-in plugin, and what it defines. */
export interface BuiltIn {
  readonly name: string;
  readonly source?: Definitions['source'];
  readonly sink?: Definitions['sink'];
}

const folder = new URL('../../plugins/', import.meta.url);
/** `.ts` when running from source, `.js` when built. */
const extension = extname(import.meta.url);

/**
 * The plugin that `type` names: a built-in name, a path (`./my-source.ts`, relative to `directory`), or a package
 * installed where `directory` sees it. Throws a `SyncError`: `config/enum` for a name nobody has, `plugin/missing`,
 * `plugin/load`, `plugin/kind` (a source wanted, a sink found) or `plugin/invalid`.
 */
export async function resolvePlugin<Kind extends PluginKind>(
  type: string,
  kind: Kind,
  directory: string,
): Promise<Definitions[Kind]> {
  const module = await findModule(type, kind, directory);
  const definition = Object.hasOwn(module, kind) ? module[kind] : undefined;
  if (definition === undefined) throw await wrongKind(type, kind, module);
  // A connector was checked when it was read.
  if (isConnector(definition)) return definition as Definitions[Kind];
  return checkDefinition(type, kind, definition);
}

/** True when `type` is the name of a built-in plugin, and not of one of the user's own. */
export async function isBuiltIn(type: string): Promise<boolean> {
  return (await builtInNames()).includes(type);
}

/** The built-in plugins, by name. */
export async function listPlugins(): Promise<readonly BuiltIn[]> {
  const names = await builtInNames();
  const plugins: BuiltIn[] = [];
  // One after the other: connectors ask for the module of another plugin, which must not be half loaded.
  for (const name of names) plugins.push(await loadBuiltIn(name));
  return plugins;
}

async function findModule(type: string, kind: PluginKind, directory: string): Promise<Module> {
  if (isPath(type)) {
    const path = resolvePath(directory, type);
    if (statSync(path, { throwIfNoEntry: false })?.isFile())
      return connectorFile.test(path) ? connectorModule(path) : importModule(path);
    throw new SyncError('plugin/missing', `there is no file ${path}`, {
      hint: `A path in \`type\` is relative to the config's folder, ${directory}.`,
    });
  }
  if (await isBuiltIn(type)) return builtInModule(type);
  const path = await findPackage(type, directory);
  if (path !== undefined) return importModule(path);
  const names = await namesOf(kind);
  throw new SyncError('config/enum', `${JSON.stringify(type)} is not one of: ${names.join(', ')}`, {
    hint: `A ${kind} of your own is named by its path (\`./my-${kind}.ts\`) or by the package it is installed as.`,
  });
}

function isPath(type: string): boolean {
  return isAbsolute(type) || /^\.\.?\//.test(type) || /\.[cm]?[jt]s$/.test(type);
}

/** The path of a file that a plugin can begin with. */
export function templateOf(file: string): string {
  return fileURLToPath(new URL(`_template/${file}`, folder));
}

/** The names of the built-in plugins that define such a kind. */
export async function namesOf(kind: PluginKind): Promise<readonly string[]> {
  const plugins = await listPlugins();
  return plugins.filter((plugin) => plugin[kind] !== undefined).map((plugin) => plugin.name);
}

async function wrongKind(type: string, kind: PluginKind, module: Module): Promise<SyncError> {
  const other = kind === 'source' ? 'sink' : 'source';
  const names = (await namesOf(kind)).join(', ');
  if (Object.hasOwn(module, other)) {
    return new SyncError('plugin/kind', `${JSON.stringify(type)} is a ${other}, not a ${kind}`, {
      hint: `Built-in ${kind}s are: ${names}.`,
    });
  }
  return new SyncError('plugin/invalid', `${JSON.stringify(type)} exports no \`${kind}\``, {
    hint: `A plugin exports it by name: \`export const ${kind} = define${kind === 'source' ? 'Source' : 'Sink'}({ … })\`.`,
  });
}

async function builtInNames(): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_'))
    .map((entry) => entry.name);
  return names.filter((name) => [builtInUrl(name), connectorUrl(name)].some((url) => existsSync(url))).sort();
}

function builtInUrl(name: string): URL {
  return new URL(`${name}/index${extension}`, folder);
}

function connectorUrl(name: string): URL {
  return new URL(`${name}/connector.yaml`, folder);
}

async function builtInModule(name: string): Promise<Module> {
  const connector = connectorUrl(name);
  return existsSync(connector) ? connectorModule(fileURLToPath(connector)) : import(builtInUrl(name).href);
}

/** What a connector's file would export, were it a module. */
async function connectorModule(path: string): Promise<{ readonly source: Connector }> {
  const { source }: { readonly source: SourceDefinition } = await import(builtInUrl('http').href);
  return { source: await loadConnector(path, source) };
}

async function loadBuiltIn(name: string): Promise<BuiltIn> {
  const { source, sink }: Omit<BuiltIn, 'name'> = await builtInModule(name);
  return { name, source, sink };
}
