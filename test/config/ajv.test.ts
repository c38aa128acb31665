import { Ajv, type ErrorObject } from 'ajv';
import formats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { schemaErrors } from '../../src/config/ajv.ts';
import { coreSchema, type Schema } from '../../src/config/core-schema.ts';
import { sinkOf, sourceOf, streamOf } from '../../src/config/schema.ts';
import { listPlugins } from '../../src/plugin/resolve.ts';

const plugins = await listPlugins();
const sources = plugins.flatMap(({ source }) => (source ? [sourceOf(source), streamOf(source)] : []));
const sinks = plugins.flatMap(({ sink }) => (sink ? [sinkOf(sink)] : []));
const schemas: readonly Schema[] = [coreSchema, ...sources, ...sinks];

const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, ownProperties: true });
formats.default(ajv);
ajv.addVocabulary(['x-secret', 'x-language', 'x-encode', 'patternErrorMessage']);

const told = (errors: readonly ErrorObject[]) =>
  errors
    .map(({ instancePath, schemaPath, params, parentSchema }) =>
      JSON.stringify({ instancePath, schemaPath, params, parentSchema }),
    )
    .sort();

/** Any value, with a preference for the shape a schema asks for, and what it may hold. */
function resembling(schema: Schema): fc.Arbitrary<unknown> {
  const members = Object.entries((schema.properties ?? {}) as { readonly [key: string]: Schema });
  const each = schema.additionalProperties as Schema | boolean | undefined;
  const items = schema.items as Schema | undefined;
  const anything = fc.jsonValue({ maxDepth: 1 });
  const examples = Array.isArray(schema.examples) ? schema.examples : [];
  const fitting: fc.Arbitrary<unknown>[] = examples.map((example) => fc.constant(example));
  if (members.length > 0) {
    const shapes = members.map(([key, member]) => [key, resembling(member)] as const);
    fitting.push(fc.record({ ...Object.fromEntries(shapes), 'a/b~c': anything }, { requiredKeys: [] }));
  }
  if (typeof each === 'object') {
    const names = fc.constantFrom('one', 'a/b~c', 'to', '7');
    fitting.push(fc.dictionary(names, resembling(each), { maxKeys: 2 }));
  }
  if (items) fitting.push(fc.array(resembling(items), { maxLength: 2 }));
  return fitting.length === 0
    ? anything
    : fc.oneof({ weight: 1, arbitrary: anything }, { weight: 4, arbitrary: fc.oneof(...fitting) });
}

describe('the schemas of the config', () => {
  it('are schemas', () => {
    for (const schema of schemas) expect(ajv.validateSchema(schema), JSON.stringify(ajv.errors)).toBe(true);
  });

  it('find the same by their parts as in one piece', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...schemas).chain((schema) => resembling(schema).map((value) => ({ schema, value }))),
        ({ schema, value }) => {
          const validate = ajv.compile(schema);
          validate(value);
          expect(told(schemaErrors(schema, value))).toEqual(told(validate.errors ?? []));
        },
      ),
    );
  });
});
