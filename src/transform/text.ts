import { Decimal } from '../model/decimal.ts';
import { maxDepth, printJson } from '../model/json.ts';
import type { Cell, Value } from '../model/types.ts';
import { isNested, quote, Refusal, refuse } from './refusal.ts';

/** Text as it is; numbers and booleans as their text, so that a mixture of them has a column too. */
export function toText(value: Value): Cell | Refusal {
  if (typeof value === 'string') return isStorable(value) ? value : refuseText(value);
  if (typeof value === 'number')
    return Number.isFinite(value) ? String(value === 0 ? 0 : value) : refuse(value, 'is not a finite number');
  if (typeof value === 'bigint' || typeof value === 'boolean' || value instanceof Decimal)
    return String(value);
  return refuse(value, 'is not text');
}

/** JSON text with exact numbers. */
export function toJsonText(value: Value): Cell | Refusal {
  return inspect(value, 0) ?? printJson(value);
}

/** Why no column takes what code handed over as a value. */
export function refuseForeign(value: Value): Refusal {
  if (typeof value === 'number') return refuse(value, 'is not a finite number');
  if (value instanceof Decimal) return refuse(value, 'is out of the range of numbers: use type decimal');
  return refuse(value, 'is not data, which is text, numbers, booleans, null, arrays and plain objects');
}

/** True when databases keep a text as it is: no NUL, no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

export function refuseText(text: string): Refusal {
  const found = text.includes('\0') ? 'a NUL character' : 'half of a surrogate pair';
  return new Refusal('row/text', `${quote(text)} holds ${found}`);
}

/** Why a value has no JSON text of its own; undefined when it has. */
function inspect(value: Value, depth: number): Refusal | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : refuseText(value);
  if (typeof value === 'number')
    return Number.isFinite(value) ? undefined : refuse(value, 'is not a finite number');
  if (typeof value === 'boolean' || typeof value === 'bigint' || value === null || value instanceof Decimal)
    return undefined;
  if (typeof value !== 'object' || !isNested(value)) return refuseForeign(value);
  if (depth === maxDepth)
    return new Refusal('row/depth', `${maxDepth} levels of arrays and objects are exceeded`);
  return Array.isArray(value) ? inspectAll(value, depth) : inspectFields(value, depth);
}

function inspectAll(values: readonly Value[], depth: number): Refusal | undefined {
  for (const value of values) {
    const refusal = inspect(value, depth + 1);
    if (refusal) return refusal;
  }
  return undefined;
}

function inspectFields(object: object, depth: number): Refusal | undefined {
  for (const [name, value] of Object.entries(object)) {
    // As good as missing.
    if (value === undefined) continue;
    const refusal = isStorable(name) ? inspect(value as Value, depth + 1) : refuseText(name);
    if (refusal) return refusal;
  }
  return undefined;
}
