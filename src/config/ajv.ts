import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { SyncError } from '../model/errors.ts';
import type { Schema } from './core-schema.ts';
import { frameOf, partsOf } from './schema-parts.ts';

const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  strict: true,
  // Ours are tested to be schemas; those of others are checked where they are compiled.
  validateSchema: false,
  allowUnionTypes: true,
  ownProperties: true,
  // A config is checked once: code that runs faster is not worth the time it takes to make.
  code: { optimize: false },
});
formats.default(ajv);
// What the schemas say to editors and to the reference, beside what is checked.
ajv.addVocabulary(['x-secret', 'x-language', 'x-encode', 'patternErrorMessage']);

const compiled = new WeakMap<Schema, ValidateFunction>();

/**
 * Every error of a value under a schema of ours, wrappers included. Compiling all that a config may hold takes longer
 * than all else that is done with it: what the value does not have is not compiled.
 */
export function schemaErrors(schema: Schema, value: unknown): readonly ErrorObject[] {
  const frame = frameOf(schema);
  const own = wholeErrors(frame, value).map((error) =>
    error.parentSchema === frame ? { ...error, parentSchema: schema } : error,
  );
  const parts = partsOf(schema, value).flatMap((part) =>
    schemaErrors(part.schema, part.value).map((error) => ({
      ...error,
      instancePath: `${part.instancePath}${error.instancePath}`,
      schemaPath: `#${part.schemaPath}${error.schemaPath.slice(1)}`,
    })),
  );
  return [...own, ...parts];
}

/**
 * The same under the schema of a plugin that is not ours, whose parts may refer to each other. Throws a `SyncError`
 * when the schema itself is wrong.
 */
export function pluginSchemaErrors(schema: Schema, value: unknown): readonly ErrorObject[] {
  try {
    if (!compiled.has(schema)) ajv.validateSchema(schema, true);
    return wholeErrors(schema, value);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SyncError('plugin/invalid', `its options are not a valid JSON Schema: ${reason}`, {
      hint: 'This is for the author of the plugin to correct: the config may be right.',
      cause,
    });
  }
}

function wholeErrors(schema: Schema, value: unknown): readonly ErrorObject[] {
  const validate = compiled.get(schema) ?? ajv.compile(schema);
  compiled.set(schema, validate);
  return validate(value) ? [] : (validate.errors ?? []);
}
