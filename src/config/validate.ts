import { shortestSecret } from '../model/redact.ts';
import { isConnector } from '../plugin/connector.ts';
import type { SinkDefinition, SourceDefinition } from '../plugin/contract.ts';
import { isBuiltIn, namesOf, resolvePlugin } from '../plugin/resolve.ts';
import type { Definitions, PluginKind } from '../plugin/shape.ts';
import { pluginSchemaErrors, schemaErrors } from './ajv.ts';
import { expandConnector, parted } from './connectors.ts';
import { coreSchema, type Schema, sinkSchema, sourceSchema } from './core-schema.ts';
import { type Fields, isFields, mergeDefaults, toFields, writtenAt } from './defaults.ts';
import { type ConfigPath, type Document, toPointer } from './document.ts';
import type { Findings } from './findings.ts';
import { notificationOf } from './notify-schema.ts';
import { fillDefaults, findSecrets, typeVariables } from './options.ts';
import { toFindings } from './problems.ts';
import { sinkOf, sourceOf, streamOf } from './schema.ts';
import { didYouMean } from './suggest.ts';

/** A source or sink whose options were checked. */
interface Entry<Plugin> {
  readonly name: string;
  /** Undefined when there is none of that type, which is already reported. */
  readonly plugin?: Plugin;
  /** Its path or package; undefined for a built-in. */
  readonly own?: string;
  /** With the plugin's defaults; without `type` and `streams`. */
  readonly options: Fields;
}

export interface SourceEntry extends Entry<SourceDefinition> {
  /** In their long form, with the plugin's defaults and still with `primary_key`. */
  readonly streams: ReadonlyMap<string, Fields>;
}

export type SinkEntry = Entry<SinkDefinition>;

/** The config after `defaults`, schemas and their own defaults. What has the wrong shape is already reported, and may be in here. */
export interface Checked {
  readonly state: unknown;
  readonly logs: unknown;
  readonly history: unknown;
  readonly daemon: unknown;
  readonly journal: unknown;
  readonly notify: ReadonlyMap<string, Fields>;
  readonly sources: ReadonlyMap<string, SourceEntry>;
  readonly sinks: ReadonlyMap<string, SinkEntry>;
  readonly pipelines: ReadonlyMap<string, Fields>;
}

/** What every step of the check needs. */
interface Check {
  readonly document: Document;
  readonly directory: string;
  readonly findings: Findings;
}

/** A part of the config, and who may have written its schema. */
interface Node extends Check {
  readonly errorsOf: typeof schemaErrors;
}

/** Checks a config by its schemas, the core's and its plugins', and puts their defaults in. */
export async function validateDocument(
  document: Document,
  directory: string,
  findings: Findings,
): Promise<Checked> {
  const check = { document, directory, findings };
  const whole = { ...check, errorsOf: schemaErrors };
  const root = checkNode(whole, mergeDefaults(document.value), coreSchema, []);
  const sources = new Map<string, SourceEntry>();
  for (const [name, value] of entriesOf(root.sources))
    sources.set(name, await sourceEntry(check, name, value));
  const sinks = new Map<string, SinkEntry>();
  for (const [name, value] of entriesOf(root.sinks)) sinks.set(name, await sinkEntry(check, name, value));
  const notify = entriesOf(root.notify).map(([name, value]) => {
    return [name, checkNode(whole, value, notificationOf(value.type), ['notify', name])] as const;
  });
  const { state, logs, history, journal, daemon } = root;
  const pipelines = new Map(entriesOf(root.pipelines));
  return { state, logs, history, journal, daemon, notify: new Map(notify), sources, sinks, pipelines };
}

async function sourceEntry(check: Check, name: string, value: Fields): Promise<SourceEntry> {
  const path = ['sources', name];
  const found = await findPlugin(check, value.type, 'source', path);
  const own = await ownPlugin(value.type);
  // Of a connector too: what it declares was not tried before.
  const node = { ...check, errorsOf: own === undefined ? schemaErrors : pluginSchemaErrors };
  const written = checkNode(node, value, found ? sourceOf(found) : sourceSchema, path);
  const plugin = isConnector(found) ? found.source : found;
  const { streams, options } = isConnector(found)
    ? expandConnector(found, written, path, check.findings)
    : parted(written);
  const schema = plugin ? streamOf(plugin) : {};
  const placeOf = (stream: string) => [...path, 'streams', stream];
  // A short form of the wrong type is already reported.
  const entries = entriesOf(streams, plugin?.shortForm ?? 'stream').filter(
    ([stream]) => isFields(Object(streams)[stream]) || !check.findings.touches(placeOf(stream)),
  );
  const checkedStreams = entries.map(([stream, options]) => {
    return [stream, checkNode(node, options, schema, placeOf(stream))] as const;
  });
  const ran = isConnector(found) ? undefined : own;
  return {
    name,
    plugin,
    own: ran,
    options: toFields(Object.entries(options)),
    streams: new Map(checkedStreams),
  };
}

async function sinkEntry(check: Check, name: string, value: Fields): Promise<SinkEntry> {
  const path = ['sinks', name];
  const plugin = await findPlugin(check, value.type, 'sink', path);
  const own = await ownPlugin(value.type);
  const node = { ...check, errorsOf: own === undefined ? schemaErrors : pluginSchemaErrors };
  const { type, ...options } = checkNode(node, value, plugin ? sinkOf(plugin) : sinkSchema, path);
  return { name, plugin, own, options: toFields(Object.entries(options)) };
}

async function ownPlugin(type: unknown): Promise<string | undefined> {
  return typeof type === 'string' && !(await isBuiltIn(type)) ? type : undefined;
}

async function findPlugin<Kind extends PluginKind>(
  { directory, findings }: Check,
  type: unknown,
  kind: Kind,
  path: ConfigPath,
): Promise<Definitions[Kind] | undefined> {
  if (typeof type !== 'string' || type === '') return undefined;
  try {
    return await resolvePlugin(type, kind, directory);
  } catch (error) {
    const meant = didYouMean(type, await namesOf(kind));
    findings.thrown([...path, 'type'], error, meant && `did you mean "${meant}"?`);
    return undefined;
  }
}

/** The value with its variables typed and the schema's defaults in; what the schema refuses is told. */
function checkNode(node: Node, value: unknown, schema: Schema, path: ConfigPath): Fields {
  const { document, findings, errorsOf } = node;
  const isVariable = (at: ConfigPath) =>
    document.fromEnvironment.has(toPointer(writtenAt(document.value, at)));
  const typed = typeVariables(value, schema, path, isVariable);
  for (const { text, path: place, of } of findSecrets(typed, schema, path)) {
    const isWritten = !comesFromOutside(document, place);
    if (of === 'variables' && isWritten) continue;
    if (of === 'whole') findings.secrets.add(text);
    // A variable may be only a part of it, and be told of alone.
    for (const part of document.variableValues) {
      if (part.length >= shortestSecret && text.includes(part)) findings.secrets.add(part);
    }
    if (isWritten) findings.warning(literalSecret(place));
  }
  try {
    // Redacted before they are quoted: a long value is cut there, and the start of a secret would be left.
    const errors = errorsOf(schema, typed).map((error) => ({
      ...error,
      data: findings.redact(error.data),
    }));
    for (const finding of toFindings(errors, typed, path)) findings.error(finding);
  } catch (error) {
    findings.thrown([...path, 'type'], error);
  }
  const filled = fillDefaults(typed, schema);
  return isFields(filled) ? filled : toFields([]);
}

function comesFromOutside(document: Document, path: ConfigPath): boolean {
  const span = document.span(writtenAt(document.value, path));
  return span === undefined || /(^|[^$])\$\{/.test(span.text.slice(span.start, span.end));
}

function literalSecret(path: ConfigPath) {
  return {
    path,
    code: 'config/secret',
    message: 'a secret is written out in the config, where everyone who reads the file sees it',
    help: 'Put it into the environment or into .env, and write ${NAME} here.',
  } as const;
}

/** The members of a map that are maps themselves; a bare value is `{ [shortForm]: value }`. */
function entriesOf(value: unknown, shortForm?: string): readonly (readonly [string, Fields])[] {
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([name, member]): (readonly [string, Fields])[] => {
    if (isFields(member)) return [[name, member]];
    const isScalar = ['string', 'number', 'boolean'].includes(typeof member);
    return isScalar && shortForm !== undefined ? [[name, toFields([[shortForm, member]])]] : [];
  });
}
