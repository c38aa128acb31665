import type { Schema } from './core-schema.ts';
import { isFields } from './defaults.ts';

/** A member of a value, with its schema and where both lie. */
interface Part {
  readonly schema: Schema;
  readonly value: unknown;
  readonly instancePath: string;
  readonly schemaPath: string;
}

const frames = new WeakMap<Schema, Schema>();

/** The schema without its parts: what it says of the value itself and of its plain members. */
export function frameOf(schema: Schema): Schema {
  const known = frames.get(schema);
  if (known !== undefined) return known;
  const members = Object.entries(schema).map(([keyword, value]) => {
    if (keyword === 'properties' && isFields(value)) {
      const named = Object.entries(value).map(([key, member]) => [key, isPart(member) ? true : member]);
      return [keyword, Object.fromEntries(named)];
    }
    return [keyword, value === ofEach(schema, keyword) ? true : value];
  });
  const frame: Schema = Object.fromEntries(members);
  frames.set(schema, frame);
  return frame;
}

/** The members of the value whose schema is a part of its own. */
export function partsOf(schema: Schema, value: unknown): readonly Part[] {
  if (Array.isArray(value)) {
    const each = ofEach(schema, 'items');
    return each === undefined ? [] : value.map((item, index) => partAt(each, item, index, '/items'));
  }
  if (!isFields(value)) return [];
  const named = isFields(schema.properties) ? schema.properties : {};
  const each = ofEach(schema, 'additionalProperties');
  return Object.entries(value).flatMap(([key, member]): Part[] => {
    if (!Object.hasOwn(named, key))
      return each === undefined ? [] : [partAt(each, member, key, '/additionalProperties')];
    const own = named[key];
    return isPart(own) ? [partAt(own, member, key, `/properties/${escaped(key)}`)] : [];
  });
}

function partAt(schema: Schema, value: unknown, key: string | number, schemaPath: string): Part {
  return { schema, value, instancePath: `/${escaped(String(key))}`, schemaPath };
}

/** The one schema of all members, where it is a part. */
function ofEach(schema: Schema, keyword: string): Schema | undefined {
  const each = schema[keyword];
  const isOne = keyword === 'items' || (keyword === 'additionalProperties' && !schema.patternProperties);
  return isOne && isPart(each) ? each : undefined;
}

/** True for what holds members of its own, or has a choice: the rest compiles fast enough beside its neighbours. */
function isPart(schema: unknown): schema is Schema {
  if (!isFields(schema)) return false;
  const { properties, additionalProperties, items, anyOf } = schema;
  return isFields(properties) || anyOf !== undefined || isPart(additionalProperties) || isPart(items);
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
