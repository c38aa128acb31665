/** Names in braces in the options of a stream, which stand for what is known when it is read. */

import { Decimal } from '../model/decimal.ts';
import { printJson } from '../model/json.ts';
import type { Value } from '../model/types.ts';
import type { OptionsSchema } from './contract.ts';

interface Options {
  readonly [name: string]: unknown;
}

/** What is meant by what stands between two braces. */
export type Placeholder =
  /** `{project}` */
  | { readonly kind: 'partition'; readonly name: string }
  /** `{contacts.id}`, or `{contacts[].id}` for several records at once. */
  | { readonly kind: 'parent'; readonly stream: string; readonly path: string; readonly several: boolean }
  /** `{window.start:yyyy-MM-dd}` */
  | { readonly kind: 'window'; readonly edge: WindowEdge; readonly format?: string };

export type WindowEdge = 'start' | 'end' | 'last';

/** A value for a placeholder, or several that are joined with commas. */
export type Filling = { readonly value: Value } | { readonly joined: readonly Value[] };

/** A placeholder, and where in the options its text stands. */
export interface PlacedPlaceholder {
  readonly placeholder: Placeholder;
  readonly place: readonly (string | number)[];
}

const braces = /\{([^{}\n]+)\}/g;
const window = /^window\.(start|end|last)(?::(.*))?$/;
const partition = /^[A-Za-z_][A-Za-z0-9_]*$/;
const parent = /^((?![0-9]+[.[])[\p{L}\p{N}][\p{L}\p{N}_-]*)(\[\])?\.([^\s{}]+)$/u;

/** Undefined for braces that are no placeholder, such as those of JSON text. */
function parsePlaceholder(inside: string): Placeholder | undefined {
  const [, edge, format] = window.exec(inside) ?? [];
  if (edge !== undefined) return { kind: 'window', edge: edge as WindowEdge, format };
  if (partition.test(inside)) return { kind: 'partition', name: inside };
  const [, stream, several, path] = parent.exec(inside) ?? [];
  if (stream === undefined || path === undefined) return undefined;
  return { kind: 'parent', stream, path, several: several !== undefined };
}

/** All placeholders in a stream's options, in maps and lists too. */
export function placeholdersIn(
  options: unknown,
  place: PlacedPlaceholder['place'] = [],
): readonly PlacedPlaceholder[] {
  if (typeof options === 'string')
    return [...options.matchAll(braces)].flatMap(([, inside = '']) => {
      const placeholder = parsePlaceholder(inside);
      return placeholder === undefined ? [] : [{ placeholder, place }];
    });
  if (Array.isArray(options))
    return options.flatMap((item, index) => placeholdersIn(item, [...place, index]));
  if (!isMap(options)) return [];
  return Object.entries(options).flatMap(([name, value]) => placeholdersIn(value, [...place, name]));
}

/**
 * A stream's options with values in the place of placeholders: percent-encoded one by one where the schema says
 * `"x-encode": "uri"`, as literals where it says `"x-language": "sql"`, else as they are. A text that is one placeholder
 * and nothing else becomes the value itself, where the schema takes more than text. What `fill` leaves undefined stays.
 */
export function fillPlaceholders(
  options: Options,
  schema: OptionsSchema,
  fill: (placeholder: Placeholder) => Filling | undefined,
): Options {
  return fillIn(options, schema, fill) as Options;
}

type Fill = Parameters<typeof fillPlaceholders>[2];

function fillIn(options: unknown, schema: unknown, fill: Fill): unknown {
  if (typeof options === 'string') return fillText(options, schema, fill);
  if (Array.isArray(options)) return options.map((item) => fillIn(item, Object(schema).items, fill));
  if (!isMap(options)) return options;
  const filled = Object.entries(options).map(([name, value]) => {
    return [name, fillIn(value, memberOf(schema, name), fill)] as const;
  });
  return Object.fromEntries(filled);
}

function fillText(text: string, schema: unknown, fill: Fill): unknown {
  const write = writerOf(schema);
  const fillingOf = (inside: string) => {
    const placeholder = parsePlaceholder(inside);
    return placeholder && fill(placeholder);
  };
  const [whole, inside = ''] = /^\{([^{}\n]+)\}$/.exec(text) ?? [];
  const alone = whole === undefined ? undefined : fillingOf(inside);
  if (alone && 'value' in alone && write === plain && takes(schema, alone.value)) return alone.value;
  return text.replace(braces, (unfilled, name: string) => {
    const filling = fillingOf(name);
    if (filling === undefined) return unfilled;
    return ('value' in filling ? [filling.value] : filling.joined).map(write).join(',');
  });
}

function writerOf(schema: unknown): (value: Value) => string {
  const { 'x-language': language, 'x-encode': encode } = Object(schema) as {
    readonly [key: string]: unknown;
  };
  if (language === 'sql') return literal;
  return encode === 'uri' ? (value) => encodeURIComponent(plain(value).toWellFormed()) : plain;
}

function plain(value: Value): string {
  return typeof value === 'string' ? value : printJson(value);
}

function literal(value: Value): string {
  if (value === null) return 'NULL';
  const isText = typeof value === 'string' || (typeof value === 'object' && !(value instanceof Decimal));
  return isText ? `'${plain(value).replaceAll("'", "''")}'` : plain(value);
}

/** Whether an option takes a value that is no text as it is. */
function takes(schema: unknown, value: Value): boolean {
  const { type, anyOf, enum: listed } = Object(schema) as { readonly [key: string]: unknown };
  if (Array.isArray(anyOf)) return anyOf.some((branch) => takes(branch, value));
  if (listed !== undefined) return false;
  if (type === undefined) return true;
  const types: readonly unknown[] = [type].flat();
  return typesOf(value).some((name) => types.includes(name));
}

function typesOf(value: Value): readonly string[] {
  if (value === null) return ['null'];
  if (Array.isArray(value)) return ['array'];
  if (value instanceof Decimal) return ['number'];
  if (typeof value === 'bigint') return ['number', 'integer'];
  if (typeof value === 'number') return Number.isInteger(value) ? ['number', 'integer'] : ['number'];
  return [typeof value];
}

/** The schema of a key, whether it is named or one of many. */
function memberOf(schema: unknown, name: string): unknown {
  const { properties, additionalProperties, anyOf } = Object(schema) as { readonly [key: string]: unknown };
  if (isMap(properties) && Object.hasOwn(properties, name)) return properties[name];
  if (isMap(additionalProperties)) return additionalProperties;
  const branches = Array.isArray(anyOf) ? anyOf : [];
  return branches.map((branch) => memberOf(branch, name)).find((member) => member !== undefined);
}

function isMap(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Decimal);
}
