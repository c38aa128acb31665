import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { SyncError } from '../model/errors.ts';
import type { Schema } from './core-schema.ts';

const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  strict: true,
  allowUnionTypes: true,
  ownProperties: true,
});
formats.default(ajv);
// What the schemas say to editors and to the reference, beside what is checked.
ajv.addVocabulary(['x-encode', 'x-secret', 'x-language', 'patternErrorMessage']);

const compiled = new WeakMap<Schema, ValidateFunction>();

/** Every error of a value under a schema, wrappers included. Throws a `SyncError` when the schema itself is wrong. */
export function schemaErrors(schema: Schema, value: unknown): readonly ErrorObject[] {
  const validate = compiled.get(schema) ?? compile(schema);
  return validate(value) ? [] : (validate.errors ?? []);
}

function compile(schema: Schema): ValidateFunction {
  try {
    const validate = ajv.compile(schema);
    compiled.set(schema, validate);
    return validate;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SyncError('plugin/invalid', `its options are not a valid JSON Schema: ${reason}`, {
      hint: 'This is for the author of the plugin to correct: the config may be right.',
      cause,
    });
  }
}
