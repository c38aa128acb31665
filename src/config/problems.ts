import type { ErrorObject } from 'ajv';
import type { Schema } from './core-schema.ts';
import { isFields } from './defaults.ts';
import type { ConfigPath } from './document.ts';
import type { Finding } from './findings.ts';
import { printShort } from './quote.ts';
import { didYouMean } from './suggest.ts';

/** What ajv found, as a person would say it: one finding per mistake. `base` is the path of the value that was checked. */
export function toFindings(errors: readonly ErrorObject[], base: ConfigPath): readonly Finding[] {
  return leaves(errors).map((error) => toFinding(error, [...base, ...steps(error.instancePath)]));
}

/** Keywords whose own error only says that one below it failed. */
const wrappers = ['if', 'propertyNames', 'allOf'];

/**
 * A failed choice (`anyOf`) comes with the errors of all its branches. Where the value is a map and so is a branch, that
 * branch was meant, and its errors are told; else the choice itself.
 */
function leaves(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const choices = errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf');
  const told = errors.filter((error) => {
    if (wrappers.includes(error.keyword)) return false;
    if (choices.includes(error) && meantBranch(error) !== undefined) return false;
    return choices.every((choice) => error === choice || !isBelow(error, choice) || isMeant(error, choice));
  });
  // A value of the wrong type fails its other keywords as well.
  return told.filter((error) => error.keyword === 'type' || !told.some((other) => other.keyword === 'type' && isSame(other, error)));
}

function isSame(left: ErrorObject, right: ErrorObject): boolean {
  return left.instancePath === right.instancePath && left.data === right.data;
}

function isBelow(error: ErrorObject, choice: ErrorObject): boolean {
  return error.schemaPath.startsWith(`${choice.schemaPath}/`) && error.instancePath.startsWith(choice.instancePath);
}

function isMeant(error: ErrorObject, choice: ErrorObject): boolean {
  const branch = meantBranch(choice);
  return branch !== undefined && error.schemaPath.startsWith(`${choice.schemaPath}/${branch}/`);
}

function meantBranch(choice: ErrorObject): number | undefined {
  if (!isFields(choice.data)) return undefined;
  const index = (choice.schema as readonly Schema[]).findIndex((branch) => branch.type === 'object');
  return index === -1 ? undefined : index;
}

function toFinding(error: ErrorObject, path: ConfigPath): Finding {
  const schema: Schema = error.parentSchema ?? {};
  const found = schema['x-secret'] === true ? 'its value' : printShort(error.data);
  const { description } = schema;
  const help = typeof description === 'string' ? description : undefined;
  switch (error.keyword) {
    case 'required':
      return missing(error.params.missingProperty, schema, path);
    case 'additionalProperties':
      return unknownKey(error.params.additionalProperty, schema, path);
    case 'enum':
    case 'const':
    case 'anyOf':
    case 'oneOf':
      return notOneOf(error, schema, path, found);
    case 'type':
      return wrongType(error, path, found, help);
    case 'pattern':
      return wrongForm(error, schema, path, found, help);
    default:
      return { path, code: 'config/value', message: limit(error, found), help };
  }
}

function missing(key: string, schema: Schema, path: ConfigPath): Finding {
  const option = optionOf(schema, key);
  const example = Array.isArray(option.examples) ? option.examples[0] : undefined;
  const line = example === undefined ? key : `${key}: ${printShort(example)}`;
  const description = typeof option.description === 'string' ? ` ${option.description}` : '';
  return { path, what: 'key', code: 'config/required', message: `"${key}" is missing`, help: `add \`${line}\`.${description}` };
}

function unknownKey(key: string, schema: Schema, path: ConfigPath): Finding {
  const known = Object.keys((schema.properties ?? {}) as Schema);
  const meant = didYouMean(key, known);
  const help = meant === undefined ? `the keys known here: ${known.join(', ')}` : `did you mean ${JSON.stringify(meant)}?`;
  return {
    path: [...path, key],
    what: 'key',
    code: 'config/unknown_key',
    message: `there is no key ${printShort(key)}`,
    help,
  };
}

function notOneOf(error: ErrorObject, schema: Schema, path: ConfigPath, found: string): Finding {
  const branches: readonly Schema[] = error.keyword.endsWith('Of') ? (error.schema as readonly Schema[]) : [schema];
  const values = branches.flatMap((branch) => (Array.isArray(branch.enum) ? branch.enum : 'const' in branch ? [branch.const] : []));
  const others = branches.flatMap((branch) => (typeof branch.description === 'string' && branch !== schema ? [branch.description] : []));
  const words = [...new Set(values.map((value) => (typeof value === 'string' ? value : printShort(value))))];
  const meant = typeof error.data === 'string' ? didYouMean(error.data, words) : undefined;
  const message = `${found} is not one of: ${[...words, ...others].join(', ')}`;
  return { path, code: 'config/enum', message, help: meant && `did you mean "${meant}"?` };
}

const typeWords: { readonly [type: string]: string } = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  null: 'null',
};

function wrongType(error: ErrorObject, path: ConfigPath, found: string, help: string | undefined): Finding {
  const wanted = [error.params.type].flat().map((type: string) => typeWords[type] ?? type);
  const message = `expected ${wanted.join(' or ')}, got ${error.data === null ? 'nothing' : found}`;
  return { path, code: 'config/type', message, help };
}

function wrongForm(
  error: ErrorObject,
  schema: Schema,
  path: ConfigPath,
  found: string,
  help: string | undefined,
): Finding {
  const words = typeof schema.patternErrorMessage === 'string' ? schema.patternErrorMessage : help;
  if (error.propertyName !== undefined) {
    const message = `${printShort(error.propertyName)} cannot be a name`;
    return { path: [...path, error.propertyName], what: 'key', code: 'config/name', message, help: words };
  }
  return { path, code: 'config/pattern', message: `${found} has not the right form`, help: words };
}

function limit({ keyword, params, message }: ErrorObject, found: string): string {
  if (keyword === 'minimum') return `${found} is too small: the least is ${params.limit}`;
  if (keyword === 'maximum') return `${found} is too large: the most is ${params.limit}`;
  if (keyword === 'minLength' && params.limit === 1) return 'the text is empty';
  if (keyword === 'minItems' && params.limit === 1) return 'the list is empty';
  if (keyword === 'minProperties' && params.limit === 1) return 'there is nothing in it';
  if (keyword === 'uniqueItems') return `${found} names the same thing twice`;
  return `${found} ${message ?? 'is not valid'}`;
}

function optionOf(schema: Schema, key: string): Schema {
  const properties = isFields(schema.properties) ? schema.properties : {};
  const option = Object.hasOwn(properties, key) ? properties[key] : undefined;
  return isFields(option) ? option : {};
}

/** A JSON pointer as a path. */
function steps(pointer: string): ConfigPath {
  return pointer.split('/').slice(1).map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
