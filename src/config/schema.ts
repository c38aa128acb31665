import type { OptionsSchema, SinkDefinition } from '../plugin/contract.ts';
import { listPlugins } from '../plugin/resolve.ts';
import type { Definitions } from '../plugin/shape.ts';
import { coreSchema, type Schema, sinkSchema, sourceSchema, streamSchema } from './core-schema.ts';
import { forEditor, removable } from './editor-schema.ts';
import { notificationForEditor } from './notify-schema.ts';
import { acceptedTypes } from './options.ts';

/** What the schema of a source follows from. */
type SourceShape = Definitions['source'];

/** The schema of a whole source of this plugin, closed; its streams are checked one by one with {@link streamOf}. */
export const sourceOf = oncePerPlugin((plugin: SourceShape): Schema => {
  // A connector brings its streams along.
  const required = plugin.kind === 'connector' ? ['type'] : sourceSchema.required;
  const schema = join({ ...sourceSchema, required }, plugin.options);
  const streams = { ...sourceSchema.properties.streams, additionalProperties: { type: streamTypes(plugin) } };
  return { ...schema, properties: { ...(schema.properties as Schema), streams } };
});

/** What a stream may be: a map, or the short form, a scalar that the option it stands for accepts. */
function streamTypes({ shortForm, streamOptions }: SourceShape): readonly string[] {
  const accepted = acceptedTypes((streamOptions.properties[shortForm] ?? {}) as Schema);
  const scalars = ['string', 'number', 'integer', 'boolean'];
  return [...scalars.filter((type) => accepted.size === 0 || accepted.has(type)), 'object'];
}

/** The schema of a stream of this plugin, in its long form. */
export const streamOf = oncePerPlugin((plugin: SourceShape): Schema => {
  const properties = { ...streamSchema, incremental: incrementalOf(plugin) };
  return join({ type: 'object', properties }, plugin.streamOptions);
});

/** The common keys of `incremental`, and those of this source. */
function incrementalOf({ cursorOptions }: SourceShape): Schema {
  const { incremental } = streamSchema;
  if (cursorOptions === undefined) return incremental;
  return {
    ...incremental,
    required: [...incremental.required, ...(cursorOptions.required ?? [])],
    properties: { ...incremental.properties, ...cursorOptions.properties },
  };
}

/** The schema of a whole sink of this plugin, closed. */
export const sinkOf = oncePerPlugin((plugin: SinkDefinition): Schema => join(sinkSchema, plugin.options));

/** Schemas are compiled once, so that there must be one of each. */
function oncePerPlugin<Plugin extends object>(schemaOf: (plugin: Plugin) => Schema): typeof schemaOf {
  const known = new WeakMap<Plugin, Schema>();
  return (plugin) => {
    const schema = known.get(plugin) ?? schemaOf(plugin);
    known.set(plugin, schema);
    return schema;
  };
}

/** The plugin's schema, closed, with the keys that the config puts beside its options. */
function join(own: Schema & { readonly required?: readonly string[] }, options: OptionsSchema): Schema {
  return {
    ...(options as Schema),
    required: [...(own.required ?? []), ...(options.required ?? [])],
    properties: { ...(own.properties as Schema), ...options.properties },
    additionalProperties: false,
  };
}

/**
 * The schema of the whole config with the options of all built-in plugins, for editors: completion, hover help and
 * checks while typing. Plugins of the user's own are accepted with free options.
 */
export async function composeSchema(): Promise<Schema> {
  const plugins = await listPlugins();
  const sources = plugins.flatMap(({ source }) => (source ? [source] : []));
  const sinks = plugins.flatMap(({ sink }) => (sink ? [sink] : []));
  const { sources: sourceMap, sinks: sinkMap, pipelines, notify, ...others } = coreSchema.properties;
  const composed = {
    ...coreSchema,
    // What an included file holds is missing from the main one, and the other way round.
    required: [],
    properties: {
      ...others,
      notify: { ...notify, additionalProperties: notificationForEditor },
      sources: { ...sourceMap, additionalProperties: entry(sourceSchema, sources, editorSource) },
      sinks: { ...sinkMap, additionalProperties: entry(sinkSchema, sinks, sinkOf) },
      pipelines: { ...pipelines, additionalProperties: removable(pipelines.additionalProperties) },
    },
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Syncline config',
    ...forEditor(composed),
  };
}

/** The schema as the text of its file. */
export function printSchema(schema: Schema): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** Spelt apart from their use: an object with a key `then` written out looks like a promise. */
const keyword = { condition: 'if', consequence: 'then' } as const;

/** A flat `type`, then one closed branch for each plugin: that gives one error per mistake, and completion by type. */
function entry<Plugin extends { readonly name: string; readonly summary: string }>(
  own: Schema & { readonly properties: { readonly type: Schema } },
  plugins: readonly Plugin[],
  schemaOf: (plugin: Plugin) => Schema,
): Schema {
  const names = plugins.map((plugin) => plugin.name);
  const type = {
    ...own.properties.type,
    anyOf: [
      { enum: names, enumDescriptions: plugins.map((plugin) => plugin.summary) },
      { type: 'string', pattern: '[./@-]', description: 'a path or a package' },
    ],
  };
  const branches = plugins.map((plugin) => ({
    [keyword.condition]: { required: ['type'], properties: { type: { const: plugin.name } } },
    [keyword.consequence]: removable(schemaOf(plugin)),
  }));
  return { ...own, properties: { ...own.properties, type }, allOf: branches };
}

/** Streams too: the short form, or the closed options of the plugin. */
function editorSource(plugin: SourceShape): Schema {
  const schema = sourceOf(plugin);
  const stream = {
    ...streamOf(plugin),
    type: streamTypes(plugin),
    description: `Short form: \`${plugin.shortForm}\`.`,
  };
  const streams = { ...sourceSchema.properties.streams, additionalProperties: stream };
  return { ...schema, properties: { ...(schema.properties as Schema), streams } };
}
