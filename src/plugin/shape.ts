import { SyncError } from '../model/errors.ts';
import { modes } from '../model/types.ts';
import type { Connector } from './connector.ts';
import { capabilities, type SinkDefinition, type SourceDefinition } from './contract.ts';

/** What a plugin's module may export, by the name it exports it under. */
export interface Definitions {
  readonly source: SourceDefinition | Connector;
  readonly sink: SinkDefinition;
}

export type PluginKind = keyof Definitions;

type Fields = { readonly [name: string]: unknown };

/**
 * The definition a plugin exports, once its shape is sure; plugins come without a type check of their own.
 * Throws a `SyncError` (`plugin/invalid`) that says what is missing.
 */
export function checkDefinition<Kind extends PluginKind>(
  type: string,
  kind: Kind,
  definition: unknown,
): Definitions[Kind] {
  const problem = isFields(definition) ? shapeProblem(kind, definition) : 'is not an object';
  if (problem === undefined) return definition as Definitions[Kind];
  throw new SyncError('plugin/invalid', `the \`${kind}\` that ${JSON.stringify(type)} exports ${problem}`, {
    hint: `Make it with \`define${kind === 'source' ? 'Source' : 'Sink'}\` from "syncline"; its type says what belongs in it.`,
  });
}

function shapeProblem(kind: PluginKind, definition: Fields): string | undefined {
  if (definition.kind !== kind) return `has the kind ${JSON.stringify(definition.kind)}, not "${kind}"`;
  for (const name of ['name', 'summary']) {
    if (typeof definition[name] !== 'string') return `has no \`${name}\``;
  }
  if (typeof definition.open !== 'function') return 'has no function `open`';
  const options = schemaProblem('options', definition.options, ['type', 'streams']);
  return options ?? (kind === 'source' ? streamProblem(definition) : sinkProblem(definition));
}

/** `reserved` are the keys that the config itself puts beside a plugin's options. */
function schemaProblem(name: string, schema: unknown, reserved: readonly string[]): string | undefined {
  const properties = isFields(schema) && schema.type === 'object' ? schema.properties : undefined;
  if (!isFields(properties))
    return `has no \`${name}\`: a JSON Schema with \`type: 'object'\` and \`properties\``;
  const taken = reserved.find((key) => Object.hasOwn(properties, key));
  return taken === undefined
    ? undefined
    : `declares "${taken}" in \`${name}\`, a key the config keeps for itself`;
}

/** The keys of `incremental` that every source has. */
const cursorKeys = ['cursor_field', 'initial', 'lookback', 'order', 'on_missing', 'step'];

function streamProblem(source: Fields): string | undefined {
  const { cursorOptions } = source;
  const problem =
    schemaProblem('streamOptions', source.streamOptions, ['primary_key']) ??
    (cursorOptions === undefined ? undefined : schemaProblem('cursorOptions', cursorOptions, cursorKeys));
  if (problem !== undefined) return problem;
  const names = Object.keys((source.streamOptions as { properties: Fields }).properties);
  if (names.some((name) => name === source.shortForm)) return undefined;
  return `has the shortForm ${JSON.stringify(source.shortForm)}, which is not one of its streamOptions: ${names.join(', ')}`;
}

function sinkProblem(sink: Fields): string | undefined {
  const written = Array.isArray(sink.modes) ? sink.modes : [];
  const known = written.length > 0 && written.every((mode) => modes.includes(mode));
  if (!known) return `has no \`modes\`: one or more of ${modes.join(', ')}, its default first`;
  const own = Array.isArray(sink.capabilities) ? sink.capabilities : [undefined];
  const names: readonly unknown[] = capabilities;
  if (own.every((capability) => names.includes(capability))) return undefined;
  return `has no \`capabilities\`: a list that may hold ${capabilities.join(', ')}`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
