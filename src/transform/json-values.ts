import { Decimal } from '../model/decimal.ts';
import { parseJson } from '../model/json.ts';
import type { Value } from '../model/types.ts';

export type JsonObject = { readonly [name: string]: Value };

/** The value of a json cell. What a person typed over it may be no JSON: then it stands for itself, as text. */
export function parseJsonCell(text: string): Value {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

export function isJsonObject(value: Value): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Decimal);
}

/** Equal as JSON: numbers by value, objects whatever the order of their keys. */
export function equalValues(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && equalArrays(a, b);
  if (isJsonObject(a)) return isJsonObject(b) && equalObjects(a, b);
  return isNumeric(a) && isNumeric(b) && canonicalNumber(a) === canonicalNumber(b);
}

function equalArrays(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((element, place) => equalValues(element, b[place] as Value));
}

function equalObjects(a: JsonObject, b: JsonObject): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => Object.hasOwn(b, name) && equalValues(a[name] as Value, b[name] as Value));
}

/** A text that two values share exactly when they are equal: to find one among many. */
export function canonicalText(value: Value): string {
  if (isNumeric(value)) return canonicalNumber(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalText(value[name] as Value)}`);
  return `{${members.join(',')}}`;
}

function isNumeric(value: Value): value is number | bigint | Decimal {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Decimal;
}

/**
 * A number stands for the digits it prints. Those of a fraction or a safe integer that a double holds are never met
 * again as a bigint or Decimal (see `parseJson`), so they are left alone; the others are brought to `digits e exponent`.
 */
function canonicalNumber(value: number | bigint | Decimal): string {
  const text = String(value);
  if (typeof value === 'number' && (Number.isSafeInteger(value) || !Number.isInteger(value))) return text;
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]\+?(-?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${sign}${significant}e${power}`;
}
