import type { Schema } from './core-schema.ts';
import { isFields, toFields } from './defaults.ts';
import type { ConfigPath } from './document.ts';

/**
 * The value with the text of environment variables turned into what the schema asks for: `"8"` into 8, `"true"` into
 * true. `isVariable` tells which scalars came whole from one `${…}`. Text that does not fit stays text, for the schema
 * to refuse.
 */
export function typeVariables(
  value: unknown,
  schema: Schema,
  path: ConfigPath,
  isVariable: (path: ConfigPath) => boolean,
): unknown {
  if (typeof value === 'string') return isVariable(path) ? typeText(value, schema) : value;
  if (Array.isArray(value)) {
    const items = isFields(schema.items) ? schema.items : {};
    return value.map((item, index) => typeVariables(item, items, [...path, index], isVariable));
  }
  if (!isFields(value)) return value;
  const typed = Object.entries(value).map(
    ([key, member]) =>
      [key, typeVariables(member, memberOf(schema, key), [...path, key], isVariable)] as const,
  );
  return toFields(typed);
}

/** The value with the schema's defaults in the place of what is missing. */
export function fillDefaults(value: unknown, schema: Schema): unknown {
  if (!isFields(value)) return value;
  const missing = Object.entries(propertiesOf(schema))
    .filter(([key, option]) => !Object.hasOwn(value, key) && option.default !== undefined)
    .map(([key, option]) => [key, plain(option.default)] as const);
  const present = Object.entries(value).filter(([, member]) => member !== undefined);
  const filled = [...present, ...missing].map(
    ([key, member]) => [key, fillDefaults(member, memberOf(schema, key))] as const,
  );
  return toFields(filled);
}

/** A text where the schema marks a secret. `variables`: only what comes from variables in it is one. */
interface FoundSecret {
  readonly path: ConfigPath;
  readonly text: string;
  readonly of: 'whole' | 'variables';
}

/** What stands where the schema marks a secret, or below it. */
export function findSecrets(
  value: unknown,
  schema: Schema,
  path: ConfigPath,
  above?: FoundSecret['of'],
): readonly FoundSecret[] {
  const secret = isSecret(schema) ? 'whole' : schema['x-secret'] === 'variables' ? 'variables' : above;
  if (Array.isArray(value)) {
    const items = isFields(schema.items) ? schema.items : {};
    return value.flatMap((item, index) => findSecrets(item, items, [...path, index], secret));
  }
  if (isFields(value)) {
    return Object.entries(value).flatMap(([key, member]) =>
      findSecrets(member, memberOf(schema, key), [...path, key], secret),
    );
  }
  const tells = value !== '' && value !== null && value !== undefined && typeof value !== 'boolean';
  if (schema['x-secret'] === 'password')
    return passwordsIn(value).map((text) => ({ path, text, of: 'whole' }));
  return secret !== undefined && tells ? [{ path, text: String(value), of: secret }] : [];
}

/** The password in a URL, as it is spelled there and as it is meant. */
function passwordsIn(value: unknown): readonly string[] {
  const [, spelled] = inUrl.exec(String(value)) ?? [];
  if (!spelled) return [];
  try {
    return [...new Set([spelled, decodeURIComponent(spelled)])];
  } catch {
    return [spelled];
  }
}

const inUrl = /^[a-z][a-z0-9+.-]*:\/\/[^/?#:@]*:(.*)@/i;

function isSecret(schema: Schema): boolean {
  const branches: readonly Schema[] = Array.isArray(schema.anyOf) ? schema.anyOf : [];
  return schema['x-secret'] === true || branches.some(isSecret);
}

/** The value without what its schema marks secret. */
export function withoutSecrets(value: unknown, schema: Schema): unknown {
  if (isSecret(schema)) return undefined;
  if (schema['x-secret'] === 'password')
    return String(value).replace(inUrl, (url) => url.replace(/:[^/].*@/, '@'));
  if (Array.isArray(value)) {
    const items = isFields(schema.items) ? schema.items : {};
    return value.map((item) => withoutSecrets(item, items));
  }
  if (!isFields(value)) return value;
  const members = Object.entries(value).map(
    ([key, member]) => [key, withoutSecrets(member, memberOf(schema, key))] as const,
  );
  return toFields(members.filter(([, member]) => member !== undefined));
}

/** The schema of a key, whether it is named or one of many. */
function memberOf(schema: Schema, key: string): Schema {
  const properties = propertiesOf(schema);
  const named = Object.hasOwn(properties, key) ? properties[key] : undefined;
  if (named !== undefined) return named;
  if (isFields(schema.additionalProperties)) return schema.additionalProperties;
  const branches = Array.isArray(schema.anyOf) ? schema.anyOf : [];
  return (
    branches.map((branch) => memberOf(branch, key)).find((member) => Object.keys(member).length > 0) ?? {}
  );
}

function propertiesOf(schema: Schema): { readonly [key: string]: Schema } {
  return isFields(schema.properties) ? (schema.properties as { [key: string]: Schema }) : {};
}

function typeText(text: string, schema: Schema): unknown {
  const types = acceptedTypes(schema);
  if (types.has('string')) return text;
  if (types.has('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if (types.has('integer') && /^[+-]?[0-9]+$/.test(text)) return Number(text);
  if (types.has('number') && /^[+-]?[0-9]*\.?[0-9]+(e[+-]?[0-9]+)?$/i.test(text)) return Number(text);
  return text;
}

/** The types a schema lets through, by their names in JSON Schema. */
export function acceptedTypes(schema: Schema): ReadonlySet<string> {
  const branches: readonly Schema[] = Array.isArray(schema.anyOf) ? schema.anyOf : [];
  const values: readonly unknown[] = Array.isArray(schema.enum) ? schema.enum : [];
  const types: readonly string[] = schema.type === undefined ? [] : ([schema.type].flat() as string[]);
  return new Set([
    ...types,
    ...values.map((value) => (typeof value === 'number' ? 'number' : typeof value)),
    ...branches.flatMap((branch) => [...acceptedTypes(branch)]),
  ]);
}

/** A schema's default as a value of the config. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  return isFields(value)
    ? toFields(Object.entries(value).map(([key, member]) => [key, plain(member)] as const))
    : value;
}
