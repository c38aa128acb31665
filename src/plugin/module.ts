import { isBuiltin } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Jiti } from 'jiti';
import { SyncError } from '../model/errors.ts';

/** What a module exports, `default` among it. */
export interface Module {
  readonly [name: string]: unknown;
}

/** The public doors. A user's module that imports one gets the running copy, wherever it lies and whatever is installed. */
const doors: { readonly [name: string]: () => Promise<unknown> } = {
  syncline: () => import('syncline'),
  'syncline/sql': () => import('syncline/sql'),
  'syncline/http': () => import('syncline/http'),
  'syncline/formats': () => import('syncline/formats'),
  'syncline/testing': () => import('syncline/testing'),
};

let loader: Promise<Jiti> | undefined;

/**
 * Loads a module of a user's, JavaScript or TypeScript, with no build step. `path` is absolute. A module is loaded
 * once per thread. Throws a `SyncError` (`plugin/load`) when it is not there, is not valid, or throws while loading.
 */
export async function importModule(path: string): Promise<Module> {
  const jiti = await openLoader();
  try {
    return await jiti.import<Module>(path);
  } catch (cause) {
    // What failed to load is forgotten, or the next import would get the half of it that ran.
    delete jiti.cache[path];
    throw new SyncError('plugin/load', `${path} could not be loaded: ${reason(cause, path)}`, {
      hint: 'Correct the module. It is loaded as it is: no build step is needed, not even for TypeScript.',
      cause,
    });
  }
}

/** The absolute path of an installed package's module, looked for from a folder upwards; undefined when there is none. */
export async function findPackage(name: string, directory: string): Promise<string | undefined> {
  const jiti = await openLoader();
  const found = jiti.esmResolve(name, { parentURL: pathToFileURL(`${directory}/package.json`), try: true });
  if (found === undefined || isBuiltin(name)) return undefined;
  return fileURLToPath(found);
}

function openLoader(): Promise<Jiti> {
  loader ??= createLoader();
  return loader;
}

async function createLoader(): Promise<Jiti> {
  const { createJiti } = await import('jiti');
  const virtualModules = Object.create(null);
  // Getters: a door is opened when a module first asks for it.
  for (const [name, open] of Object.entries(doors)) {
    Object.defineProperty(virtualModules, name, { get: open, enumerable: true });
  }
  return createJiti(import.meta.url, { virtualModules, fsCache: false, interopDefault: false });
}

/** What went wrong, on one line: the loader adds a list of who required whom, and repeats the path. */
function reason(cause: unknown, path: string): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text
    .replace(/^ParseError: /, '')
    .replace(/\s*\nRequire stack:.*$/s, '')
    .replace(/\s+/g, ' ')
    .replace(`${path}:`, 'at ')
    .trim();
}
