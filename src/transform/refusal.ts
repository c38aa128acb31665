import type { ErrorCode } from '../model/codes.ts';
import { Decimal } from '../model/decimal.ts';
import type { Value } from '../model/types.ts';

/** Why a value cannot become a cell. It is data, not an exception: bad values are an everyday thing. */
export class Refusal {
  readonly code: ErrorCode;
  /** One sentence without a final stop. */
  readonly reason: string;

  constructor(code: ErrorCode, reason: string) {
    this.code = code;
    this.reason = reason;
  }
}

/** `"n/a" is not an integer`: the value, shortened, and what is wrong with it. */
export function refuse(value: Value, problem: string): Refusal {
  return new Refusal('row/type', `${quote(value)} ${problem}`);
}

/**
 * A value as it is shown in a sentence: text as JSON, which can always be stored, and cut; arrays and objects only
 * named. A source of one's own may hand over what is no value at all.
 */
export function quote(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(cut(value));
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null || value instanceof Decimal) return cut(String(value));
  if (Array.isArray(value)) return 'an array';
  const name = isNested(value) ? undefined : Object.getPrototypeOf(value).constructor?.name;
  return name ? `an object of class ${cut(String(name))}` : 'an object';
}

/** An array or an object as JSON has them: code may also make a Date, a Map or an instance of a class. */
export function isNested(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
