import type { ErrorObject } from 'ajv';
import type { Schema } from './core-schema.ts';
import { isFields } from './defaults.ts';
import type { ConfigPath } from './document.ts';
import type { Finding } from './findings.ts';
import { printShort, printYaml } from './quote.ts';
import { didYouMean } from './suggest.ts';

/** One error of a schema in the words of a person: what was found, what is expected, and what to do. */
export function toFinding(error: ErrorObject, path: ConfigPath): Finding {
  const schema: Schema = error.parentSchema ?? {};
  const found = schema['x-secret'] === true ? 'its value' : printShort(error.data);
  const { description } = schema;
  const help = typeof description === 'string' ? description : undefined;
  switch (error.keyword) {
    case 'required':
      return missing(error.params.missingProperty, schema, path);
    case 'additionalProperties':
      return unknownKey(error, schema, path);
    case 'enum':
    case 'const':
    case 'anyOf':
    case 'oneOf':
      return notOneOf(error, schema, path, found, help);
    case 'type':
      return wrongType(error, schema, path, found, help);
    case 'pattern':
      return wrongForm(error, schema, path, found, help);
    default:
      return { path, code: 'config/limit', message: limit(error, found), help };
  }
}

function missing(key: string, schema: Schema, path: ConfigPath): Finding {
  const option = optionOf(schema, key);
  const example = Array.isArray(option.examples) ? option.examples[0] : undefined;
  const line = example === undefined ? key : `${key}: ${printYaml(example)}`;
  const description = typeof option.description === 'string' ? ` ${option.description}` : '';
  return {
    path,
    what: 'key',
    code: 'config/required',
    message: `"${key}" is missing`,
    help: `Add \`${line}\`.${description}`,
  };
}

function unknownKey(error: ErrorObject, schema: Schema, path: ConfigPath): Finding {
  const key: string = error.params.additionalProperty;
  const known = Object.keys((schema.properties ?? {}) as Schema);
  const meant = meantKey(error);
  const help = meant === undefined ? `The keys known here: ${known.join(', ')}.` : `did you mean "${meant}"?`;
  return {
    path: [...path, key],
    what: 'key',
    code: 'config/unknown_key',
    message: `there is no key ${printShort(key)}`,
    help,
  };
}

/** The key that was meant by an unknown one: `batch_size` by `batch`, and `dir` by `directory` too. */
export function meantKey({ params, parentSchema }: ErrorObject): string | undefined {
  const key: string = params.additionalProperty;
  const known = Object.keys(parentSchema?.properties ?? {});
  const akin = known.filter(
    (other) => (other.startsWith(key) && key.length > 2) || (key.startsWith(other) && other.length > 2),
  );
  return akin.length === 1 ? akin[0] : didYouMean(key, known);
}

function notOneOf(
  error: ErrorObject,
  schema: Schema,
  path: ConfigPath,
  found: string,
  help: string | undefined,
): Finding {
  const branches: readonly Schema[] = error.keyword.endsWith('Of')
    ? (error.schema as readonly Schema[])
    : [schema];
  const values = branches.flatMap((branch) =>
    Array.isArray(branch.enum) ? branch.enum : 'const' in branch ? [branch.const] : [],
  );
  const others = branches.flatMap((branch) =>
    typeof branch.description === 'string' && branch !== schema ? [branch.description] : [],
  );
  const words = [...new Set(values.map((value) => (typeof value === 'string' ? value : printShort(value))))];
  const meant = typeof error.data === 'string' ? didYouMean(error.data, words) : undefined;
  const all = [...words, ...others.map((other) => `or ${other}`)].join(', ');
  const only = values.length === 1 && others.length === 0;
  const message = only ? `expected ${all}, got ${found}` : `${found} is not one of: ${all}`;
  return {
    path,
    code: 'config/enum',
    message,
    help: meant === undefined ? help : `did you mean "${meant}"?`,
  };
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

function wrongType(
  { data, params }: ErrorObject,
  schema: Schema,
  path: ConfigPath,
  found: string,
  help: string | undefined,
): Finding {
  const types: readonly string[] = [params.type].flat();
  const wanted = types.map((type) => typeWords[type] ?? type).join(' or ');
  const message = `expected ${wanted}, got ${data === null ? 'nothing' : found}`;
  const example = Array.isArray(schema.examples) ? ` Such as: ${printYaml(schema.examples[0])}` : '';
  return { path, code: 'config/type', message, help: quoting(data, types) ?? (help && `${help}${example}`) };
}

/** Text where a number belongs, or the other way round: the quotes are what is wrong. */
function quoting(data: unknown, types: readonly string[]): string | undefined {
  const takesText = types.includes('string');
  if (takesText && ['number', 'bigint', 'boolean'].includes(typeof data))
    return `put it in quotes: "${data}"`;
  if (types.includes('boolean') && typeof data === 'string' && /^(yes|no|on|off)$/i.test(data)) {
    return `write ${/^(yes|on)$/i.test(data)}`;
  }
  const reads = typeof data === 'string' && /^(-?[0-9]+(\.[0-9]+)?|true|false)$/.test(data);
  return reads && !takesText ? `write it without quotes: ${data}` : undefined;
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
  return { path, code: 'config/pattern', message: `${found} does not have the right form`, help: words };
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
