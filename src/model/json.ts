import { parse as parseLossless } from 'lossless-json';
import { Decimal } from './decimal.ts';
import type { Value } from './types.ts';

/** Text that may hold a number `JSON.parse` would change: 16 digits (a point among them), or a large exponent. */
const suspicious = /[0-9][0-9.]{15}|[0-9][eE][+-]?[0-9]{3}/;

/**
 * Parses JSON text exactly: see {@link Value} for how numbers come back. Throws a `SyntaxError` for text that is not
 * JSON. Fast for text without long numbers, which goes through `JSON.parse`.
 */
export function parseJson(text: string): Value {
  if (!suspicious.test(text)) return JSON.parse(text) as Value;
  // JSON.parse first: it is the stricter judge of what is JSON, and its messages name the position.
  JSON.parse(text);
  return parseLossless(text, undefined, {
    parseNumber: exactNumber,
    onDuplicateKey: ({ newValue }) => newValue,
  }) as Value;
}

/** The exact value of a number's text: a number where a double holds its digits, else a bigint or a Decimal. */
export function exactNumber(text: string): number | bigint | Decimal {
  const number = Number(text);
  if (/^-?[0-9]+$/.test(text)) return Number.isSafeInteger(number) ? number : BigInt(text);
  if (!Number.isFinite(number)) return new Decimal(text);
  return sameDigits(text, number) ? number : new Decimal(text);
}

/** True when the double prints the digits the text has, whatever the zeros around them and the exponent. */
function sameDigits(text: string, number: number): boolean {
  return digits(text) === digits(String(number));
}

function digits(text: string): string {
  const mantissa = text.replace(/[eE].*$/, '').replace(/[^0-9]/g, '');
  return mantissa.replace(/^0+/, '').replace(/0+$/, '');
}

/** Prints a value as JSON text, every number with the digits it has. A lone surrogate is printed as an escape. */
export function printJson(value: Value): string {
  try {
    return JSON.stringify(value);
  } catch {
    // bigint and Decimal refuse JSON.stringify, which is the fast path for everything else.
    return printExact(value);
  }
}

function printExact(value: Value): string {
  if (typeof value === 'bigint' || value instanceof Decimal) return value.toString();
  if (Array.isArray(value)) return `[${value.map(printExact).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).flatMap(([name, member]) =>
    // As JSON.stringify does.
    member === undefined ? [] : [`${JSON.stringify(name)}:${printExact(member)}`],
  );
  return `{${members.join(',')}}`;
}
