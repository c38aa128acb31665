import type { ErrorObject } from 'ajv';
import type { Schema } from './core-schema.ts';
import { isFields } from './defaults.ts';
import type { ConfigPath } from './document.ts';
import type { Finding } from './findings.ts';
import { meantKey, toFinding } from './schema-message.ts';

/** What ajv found in a value, as a person would say it: one finding per mistake. `base` is the path of the value. */
export function toFindings(
  errors: readonly ErrorObject[],
  value: unknown,
  base: ConfigPath,
): readonly Finding[] {
  const told = leaves(errors);
  return told
    .filter((error) => !isMisspelt(error, told))
    .map((error) => toFinding(error, [...base, ...steps(error.instancePath, value)]));
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
  return told.filter(
    (error) =>
      error.keyword === 'type' || !told.some((other) => other.keyword === 'type' && isSame(other, error)),
  );
}

/** True for a missing key that stands there misspelt: the unknown key is told, with the right spelling. */
function isMisspelt({ keyword, params, instancePath }: ErrorObject, others: readonly ErrorObject[]): boolean {
  if (keyword !== 'required') return false;
  const unknown = others.filter(
    (other) => other.keyword === 'additionalProperties' && other.instancePath === instancePath,
  );
  return unknown.some((other) => meantKey(other) === params.missingProperty);
}

function isSame(left: ErrorObject, right: ErrorObject): boolean {
  return left.instancePath === right.instancePath && left.data === right.data;
}

function isBelow(error: ErrorObject, choice: ErrorObject): boolean {
  return (
    error.schemaPath.startsWith(`${choice.schemaPath}/`) && error.instancePath.startsWith(choice.instancePath)
  );
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

/** A JSON pointer into a value as a path: the steps into lists are numbers. */
function steps(pointer: string, value: unknown): ConfigPath {
  let at = value;
  return pointer
    .split('/')
    .slice(1)
    .map((text) => {
      const name = text.replaceAll('~1', '/').replaceAll('~0', '~');
      const step = Array.isArray(at) ? Number(name) : name;
      at = (at as { readonly [step: string | number]: unknown } | undefined)?.[step];
      return step;
    });
}
