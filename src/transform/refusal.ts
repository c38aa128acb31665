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

/** A value as it is shown in a sentence: text as JSON, which can always be stored, and cut; arrays and objects only named. */
export function quote(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(cut(value));
  if (typeof value !== 'object' || value === null || value instanceof Decimal) return cut(String(value));
  return Array.isArray(value) ? 'an array' : 'an object';
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
