import type { Schema } from './core-schema.ts';

/** What an editor sees in the place of a value: text that becomes one when the file is loaded. */
const variable = { type: 'string', pattern: '^\\$\\{.*\\}$' };
/** Keywords that hold a schema, a list of schemas, and schemas by name. */
const single = ['additionalProperties', 'items', 'then', 'else', 'not'];
const lists = ['anyOf', 'allOf', 'oneOf'];
const maps = ['properties', 'patternProperties'];

/** Keywords that narrow text, so that `${…}` in its place would be refused. */
const narrowing = ['enum', 'const', 'pattern', 'format', 'minLength', 'maxLength'];

/** The schema as an editor needs it, which sees the file before `${…}` is expanded: it may stand for any scalar. */
export function forEditor(schema: Schema): Schema {
  const inner = Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [keyword, descend(keyword, value)]),
  );
  if (Array.isArray(inner.anyOf)) return { ...inner, anyOf: [...inner.anyOf, variable] };
  return takesScalars(inner) ? widen(inner) : inner;
}

/** The same entry where `null` may stand for each optional key: it removes a default. */
export function removable(schema: Schema): Schema {
  const required = Array.isArray(schema.required) ? schema.required : [];
  const entries = Object.entries((schema.properties ?? {}) as { [name: string]: Schema });
  const properties = entries.map(([name, option]) => [
    name,
    required.includes(name) ? option : orNull(option),
  ]);
  return { ...schema, properties: Object.fromEntries(properties) };
}

function descend(keyword: string, value: unknown): unknown {
  if (single.includes(keyword)) return isSchema(value) ? forEditor(value) : value;
  if (lists.includes(keyword)) return (value as Schema[]).map(keyword === 'allOf' ? forEditor : branch);
  if (!maps.includes(keyword)) return value;
  const schemas = Object.entries(value as { [name: string]: Schema });
  return Object.fromEntries(
    schemas.map(([name, schema]) => [name, isSchema(schema) ? forEditor(schema) : schema]),
  );
}

/** A branch of an `anyOf` needs no widening of its own, but what lies within it does. */
function branch(schema: Schema): Schema {
  return takesScalars(schema) ? schema : forEditor(schema);
}

function takesScalars(schema: Schema): boolean {
  const types = typesOf(schema);
  if (types.some((type) => ['integer', 'number', 'boolean'].includes(type)))
    return !types.includes('string') || narrows(schema);
  return types.includes('string') || types.length === 0 ? narrows(schema) : false;
}

function narrows(schema: Schema): boolean {
  return narrowing.some(
    (keyword) => keyword in schema && !(keyword === 'minLength' && schema[keyword] === 1),
  );
}

function widen(schema: Schema): Schema {
  const { description, default: value, examples, ...rest } = schema;
  const shown = Object.entries({ description, default: value, examples }).filter(
    ([, text]) => text !== undefined,
  );
  return { ...Object.fromEntries(shown), anyOf: [rest, variable] };
}

function orNull(schema: Schema): Schema {
  if (Array.isArray(schema.anyOf)) return { ...schema, anyOf: [...schema.anyOf, { type: 'null' }] };
  const types = typesOf(schema);
  if (types.length > 0 && !('enum' in schema)) return { ...schema, type: [...types, 'null'] };
  return 'enum' in schema ? { ...schema, enum: [...(schema.enum as unknown[]), null] } : schema;
}

function typesOf(schema: Schema): readonly string[] {
  return schema.type === undefined ? [] : ([schema.type].flat() as string[]);
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
