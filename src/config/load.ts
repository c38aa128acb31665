import { createRequire } from 'node:module';
import path from 'node:path';
import type { Options, PublicExplorer } from 'cosmiconfig';
import type { ErrorCode } from '../model/codes.ts';
import { ConfigError, type Diagnostic } from './diagnostics.ts';
import type { Document, LoadOptions } from './document.ts';
import { Expander, readVariables } from './environment.ts';
import { readConfigFile } from './file.ts';
import { includedFiles, mergeIncluded } from './include.ts';
import { placeAt } from './place.ts';
import { type MapTree, spanAt, toValue } from './tree.ts';

/**
 * The search itself, from within cosmiconfig: its front door first looks for settings of its own in the working
 * directory, and runs a `.config/config.js` there, whosoever it is.
 */
const { Explorer } = createRequire(import.meta.url)('cosmiconfig/dist/Explorer.js') as {
  readonly Explorer: new (
    options: Partial<Options> & { readonly moduleName: string; readonly metaConfigFilePath: null },
  ) => PublicExplorer;
};

const searchPlaces = ['sync.config.yaml', 'sync.config.yml', 'sync.config.json', '.config/sync.config.yaml'];

const smallestConfig = `version: 1
sources:
  export: { type: file, streams: { campaigns: data/campaigns.json } }
sinks:
  db: { type: libsql, url: "file:data/sync.db" }
pipelines:
  campaigns: { from: export.campaigns, to: db.campaigns, primary_key: id }`;

/**
 * Finds and reads the config with all it includes. Throws a `ConfigError` with everything that is wrong so far: what
 * the config means is not judged here.
 */
export async function loadDocument(options: LoadOptions): Promise<Document> {
  const file =
    options.file === undefined
      ? await findConfig(options.directory)
      : path.resolve(options.directory, options.file);
  const variables = readVariables(options, file);
  const key = variables.SYNCLINE_KEY || undefined;
  const expander = new Expander(variables, path.dirname(file));
  if (key !== undefined) {
    expander.secretValues.add(key);
    expander.variables.add('SYNCLINE_KEY');
  }
  const config = readConfigFile(file, expander);
  if (config.tree === undefined) {
    throw new ConfigError(config.diagnostics.length > 0 ? config.diagnostics : [empty(file)]);
  }

  const include = await includedFiles(config.tree, file);
  const included = include.files.map((each) => readConfigFile(each, expander));
  const merged = mergeIncluded(config.tree, included);
  const diagnostics = [config, include, ...included, merged].flatMap((part) => part.diagnostics);
  if (diagnostics.some(({ severity }) => severity === 'error')) throw new ConfigError(diagnostics);
  return { ...toDocument([file, ...include.files], merged.tree, expander, diagnostics), key };
}

function toDocument(
  files: readonly [string, ...string[]],
  tree: MapTree,
  {
    secretValues,
    variableValues,
    variables,
  }: Pick<Document, 'secretValues' | 'variableValues' | 'variables'>,
  warnings: readonly Diagnostic[],
): Document {
  const fromEnvironment = new Set<string>();
  const value = toValue(tree, fromEnvironment);
  return {
    file: files[0],
    files,
    value,
    fromEnvironment,
    secretValues,
    variableValues,
    variables,
    warnings,
    span: (path, what = 'value') => spanAt(tree, path, what),
    origin(path) {
      const span = spanAt(tree, path, 'value');
      return placeAt(span, span.start);
    },
  };
}

/** The config nearest to a folder: in it, or in one above it. */
async function findConfig(directory: string): Promise<string> {
  const found = await search(directory).catch((cause: unknown) => {
    const message = `the search for a config failed: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new ConfigError([say('config/unreadable', message, 'Name the config: --config FILE')]);
  });
  // Beyond the folders asked for, cosmiconfig also looks at one of its own in the home folder.
  const isOurs = searchPlaces.some((place) => found?.endsWith(path.sep + path.normalize(place)));
  if (found === undefined || !isOurs) throw new ConfigError([notFound(directory)]);
  return found;
}

async function search(directory: string): Promise<string | undefined> {
  // cosmiconfig only finds the file: none is run as JavaScript, and we parse it ourselves to keep positions.
  const findOnly = () => ({});
  const extensions = ['.yaml', '.yml', '.json', '.js', '.cjs', '.mjs', '.ts', 'noExt'];
  const explorer = new Explorer({
    moduleName: 'syncline',
    searchPlaces,
    searchStrategy: 'global',
    stopDir: path.parse(directory).root,
    loaders: Object.fromEntries(extensions.map((extension) => [extension, findOnly])),
    ignoreEmptySearchPlaces: false,
    cache: false,
    transform: (result) => result,
    metaConfigFilePath: null,
  });
  return (await explorer.search(directory))?.filepath;
}

function notFound(directory: string): Diagnostic {
  const message = `there is no config in ${directory} or a folder above it`;
  const help = `Looked for ${searchPlaces.join(', ')}. The smallest sync.config.yaml:\n${smallestConfig}`;
  return say('config/not_found', message, help);
}

function empty(file: string): Diagnostic {
  const help = `The smallest config:\n${smallestConfig}`;
  const span = { file, text: '', start: 0, end: 0 };
  return { ...say('config/empty', 'the config is empty, or holds only comments', help), span };
}

function say(code: ErrorCode, message: string, help: string): Diagnostic {
  return { severity: 'error', code, path: '', message, help };
}
