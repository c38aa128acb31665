import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { coreSchema, type Schema } from '../../src/config/core-schema.ts';
import { composeSchema, printSchema } from '../../src/config/schema.ts';
import { around } from './load-text.ts';

let schema: Schema;
let errors: (text: string) => readonly ErrorObject[];

beforeAll(async () => {
  schema = await composeSchema();
  const ajv = new Ajv({ allErrors: true, strict: false });
  const validate = ajv.compile(schema);
  errors = (text) => (validate(parse(text, { merge: true })) ? [] : (validate.errors ?? []));
});

const good = around(
  'map: { id: id, sent: { from: stats.sent, type: integer, default: 0 } }\nmerge: { sent: max }',
);

describe('the schema for editors', () => {
  it('is the one that is committed', () => {
    const file = new URL('../../schemas/sync.config.schema.json', import.meta.url);
    expect(readFileSync(file, 'utf8')).toBe(printSchema(schema));
  });

  it('accepts what is right', () => {
    expect(errors(good)).toEqual([]);
  });

  it('accepts a variable in the place of any scalar, and null to remove a default', () => {
    expect(
      errors(around('batch_size: ${SIZE}\nenabled: ${ON}\nmode: ${MODE}\nmerge: null\nreplace_within: ${X}')),
    ).toEqual([]);
    expect(errors(around('batch_size: many'))).not.toEqual([]);
  });

  it('accepts plugins of the user with free options', () => {
    expect(errors(around('', '{ type: ./my-sink.ts, anything: 1 }'))).toEqual([]);
    expect(errors(around('', '{ type: "@acme/sink", anything: 1 }'))).toEqual([]);
  });

  it.each([
    ['an unknown option of a sink', around('', '{ type: file, dir: out, urll: x }')],
    ['an unknown option of a source', good.replace('type: file', 'type: file, x: 1')],
    ['an unknown option of a stream', good.replace('primary_key: id }', 'primary_key: id, x: 1 }')],
    ['an unknown key of a pipeline', around('modus: append')],
    ['a plugin nobody has', good.replace('type: file', 'type: fiel')],
  ])('refuses %s, at one place', (_name, text) => {
    const leaves = errors(text).filter(({ keyword }) => keyword !== 'if');
    expect(new Set(leaves.map(({ instancePath }) => instancePath)).size).toBe(1);
  });

  it('describes every property', () => {
    expect(undescribed(schema, '')).toEqual([]);
    expect(undescribed(coreSchema, '')).toEqual([]);
  });
});

/** Where a property has no description, for hover help and the reference. */
function undescribed(node: unknown, path: string): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([keyword, value]) => {
    if (['default', 'examples', 'enum', 'if'].includes(keyword)) return [];
    const properties = keyword === 'properties' ? Object.entries(value as { [name: string]: Schema }) : [];
    const bare = properties
      .filter(([, property]) => property.description === undefined)
      .map(([name]) => `${path}/${name}`);
    return [...bare, ...undescribed(value, `${path}/${keyword}`)];
  });
}
