import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseDocument } from 'yaml';
import { SyncError } from '../model/errors.ts';
import type { OptionsSchema, SourceDefinition } from './contract.ts';

/**
 * A source written in YAML: options of its own, and the body of an `http` source in which `{options.NAME}` stands for
 * what a config says. It brings its streams along.
 */
export interface Connector extends Omit<SourceDefinition, 'kind' | 'open'> {
  readonly kind: 'connector';
  /** What it is read with. */
  readonly source: SourceDefinition;
  /** The names of its streams. */
  readonly streams: readonly string[];
  /** Its body as the options of `source`, for options that were checked and hold their defaults. */
  expand(options: Fields): Expanded;
}

interface Expanded {
  readonly options: Fields;
  /** By name: options of streams, with the keys that every stream has. */
  readonly streams: { readonly [name: string]: Fields };
}

interface Fields {
  readonly [name: string]: unknown;
}

/** How a file is named that holds a connector. */
export const connectorFile = /\.connector\.ya?ml$/;

const known = ['name', 'summary', 'options', 'required', 'http'];

/** Reads a connector; `source` is the one it is written for. Throws a `SyncError` (`plugin/load`, `plugin/invalid`). */
export async function loadConnector(path: string, source: SourceDefinition): Promise<Connector> {
  const body = await readBody(path);
  const invalid = (problem: string, hint = 'A connector has `name`, `summary`, `options` and `http`.') =>
    new SyncError('plugin/invalid', `the connector ${path} ${problem}`, { hint });
  const { name, summary, options, required = [], http } = body;
  const unknown = Object.keys(body).find((key) => !known.includes(key));
  if (unknown !== undefined) throw invalid(`has a key \`${unknown}\`, which no connector has`);
  if (typeof name !== 'string' || typeof summary !== 'string') throw invalid('has no `name` or no `summary`');
  if (!isFields(options) || !Object.values(options).every(isFields))
    throw invalid('has no `options`: a map of the names of options to their JSON Schemas');
  if (!isNames(required)) throw invalid('has a `required` that is no list of names');
  if (!isFields(http) || !isFields(http.streams)) throw invalid('has no `http`, or no `streams` in it');
  const asked = [...placeholdersIn(http), ...required];
  const missing = asked.find((option) => !Object.hasOwn(options, option));
  if (missing !== undefined)
    throw invalid(
      `asks for the option "${missing}", which it does not declare`,
      `It declares: ${Object.keys(options).join(', ')}.`,
    );
  const { streams, ...others } = http;
  const properties = options as OptionsSchema['properties'];
  const { kind: _kind, open: _open, ...shape } = source;
  return {
    ...shape,
    kind: 'connector',
    name,
    summary,
    options: { type: 'object', additionalProperties: false, required, properties },
    source,
    streams: Object.keys(streams as Fields),
    expand: (values) => ({
      options: fill(others, values) as Fields,
      streams: mapValues(streams as Fields, (stream) => fillStream(stream, values, source)),
    }),
  };
}

async function readBody(path: string): Promise<Fields> {
  const document = parseDocument(await readFile(path, 'utf8'), { merge: true });
  const [error] = document.errors;
  if (error) {
    const place = error.linePos ? `:${error.linePos[0].line}:${error.linePos[0].col}` : '';
    const reason = error.message.split('\n')[0]?.replace(/ at line .*$/, '') ?? '';
    const message = `${path}${place} is not YAML: ${reason}`;
    throw new SyncError('plugin/load', message, { hint: `Correct ${basename(path)} there.` });
  }
  const body: unknown = document.toJS();
  if (isFields(body)) return body;
  throw new SyncError('plugin/invalid', `the connector ${path} is not a map`, {
    hint: 'A connector has `name`, `summary`, `options` and `http`.',
  });
}

const placeholder = /\{options\.([A-Za-z_][A-Za-z0-9_]*)\}/g;

function placeholdersIn(value: unknown): string[] {
  if (typeof value === 'string') return [...value.matchAll(placeholder)].map(([, name = '']) => name);
  if (Array.isArray(value)) return value.flatMap(placeholdersIn);
  return isFields(value) ? Object.values(value).flatMap(placeholdersIn) : [];
}

/** A stream in its short form too. What stands in a path is encoded, as everything that a request fills in there. */
function fillStream(stream: unknown, values: Fields, { shortForm, streamOptions }: SourceDefinition): Fields {
  const long = isFields(stream) ? stream : { [shortForm]: stream };
  const { properties } = streamOptions;
  return mapValues(long, (value, name) => {
    const encodes = Object.hasOwn(properties, name) && Object(properties[name])['x-encode'] === 'uri';
    return fill(value, values, encodes ? encodeURIComponent : undefined);
  });
}

const onePlaceholder = /^\{options\.([A-Za-z_][A-Za-z0-9_]*)\}$/;

/** Text that is one placeholder takes the type of the option, and with it what it stands at is left out. */
function fill(value: unknown, values: Fields, encode?: (text: string) => string): unknown {
  if (typeof value === 'string') {
    const [, only] = onePlaceholder.exec(value) ?? [];
    if (only !== undefined && encode === undefined) return values[only];
    const write = encode ?? String;
    return value.replace(placeholder, (_, name: string) => write(String(values[name] ?? '')));
  }
  if (Array.isArray(value))
    return value.map((one) => fill(one, values, encode)).filter((one) => one !== undefined);
  return isFields(value) ? mapValues(value, (one) => fill(one, values, encode)) : value;
}

function mapValues<Result>(
  fields: Fields,
  map: (value: unknown, name: string) => Result,
): { readonly [name: string]: Result } {
  const entries = Object.entries(fields).map(([name, value]) => [name, map(value, name)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Whether a definition is that of a connector. */
export function isConnector(definition: unknown): definition is Connector {
  return isFields(definition) && definition.kind === 'connector';
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}
