import { parse as parseLossless } from 'lossless-json';
import { Decimal } from './decimal.ts';
import type { Redact } from './redact.ts';
import type { Value } from './types.ts';

/** Deeper nesting than this is no data anybody meant, and would end in a stack overflow somewhere. */
export const maxDepth = 500;

/** What is JSON without quotes. */
const isJsonWord = /^(null|true|false|-?[0-9][0-9.eE+-]*)$/;

/** So many digits, with a point among them, may be more than a double holds. */
const longNumber = 16;
const largeExponent = /[0-9][eE][+-]?[0-9]{3}/;

/**
 * Parses JSON text exactly: see {@link Value} for how numbers come back. Throws a `SyntaxError` for text that is not
 * JSON, and a `RangeError` for what is nested too deep. Fast for text without long numbers, which goes through `JSON.parse`.
 */
export function parseJson(text: string): Value {
  if (!isSuspicious(text)) return JSON.parse(text) as Value;
  // JSON.parse first: it is the stricter judge of what is JSON, and its messages name the position.
  JSON.parse(text);
  try {
    return parseLossless(text, undefined, {
      parseNumber: exactNumber,
      onDuplicateKey: ({ newValue }) => newValue,
    }) as Value;
  } catch (cause) {
    if (cause instanceof RangeError) throw new RangeError('nested too deep', { cause });
    throw cause;
  }
}

/** Whether text may hold a number that `JSON.parse` would change. */
function isSuspicious(text: string): boolean {
  // Such a number has a character at one of these places: looking there alone takes a tenth of the time.
  for (let at = longNumber - 1; at < text.length; at += longNumber)
    if (isOfNumber(text, at) && isLongAt(text, at)) return true;
  return largeExponent.test(text);
}

/** Whether the digits and points around a place are as many as a long number has. */
function isLongAt(text: string, at: number): boolean {
  let first = at;
  while (isOfNumber(text, first - 1)) first -= 1;
  let end = at + 1;
  while (isOfNumber(text, end)) end += 1;
  while (text.charCodeAt(first) === point) first += 1;
  return end - first >= longNumber;
}

const point = 0x2e;

function isOfNumber(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 0x30 && code <= 0x39) || code === point;
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

/**
 * Prints a value as JSON text, every number with the digits it has. A lone surrogate is printed as an escape. What code
 * may hand over besides does not make it fail.
 */
export function printJson(value: Value): string {
  try {
    // Undefined for a function, whatever its type says.
    return (JSON.stringify(value) as string | undefined) ?? 'null';
  } catch {
    // bigint and Decimal refuse JSON.stringify, which is the fast path for everything else.
    return showJson(value);
  }
}

/**
 * Prints whatever a source handed over, as JSON text for people to look at: exact where it is data. An ellipsis stands
 * for what is nested too deep or within itself.
 */
export function showJson(value: unknown, redact: Redact = (text) => text): string {
  return show(value, redact, new Set());
}

function show(value: unknown, redact: Redact, around: Set<object>): string {
  if (typeof value !== 'object' || value === null || value instanceof Decimal) {
    const text = String(value);
    const redacted = redact(text);
    const isPlain = typeof value !== 'string' && isJsonWord.test(text);
    return isPlain && redacted === text ? text : JSON.stringify(redacted);
  }
  if (around.has(value) || around.size === maxDepth) return '"…"';
  around.add(value);
  const text = showNested(value, redact, around);
  around.delete(value);
  return text;
}

function showNested(value: object, redact: Redact, around: Set<object>): string {
  const inside = (member: unknown) => show(member, redact, around);
  if (Array.isArray(value)) return `[${value.map(inside).join(',')}]`;
  const kind = Object.prototype.toString.call(value);
  if (kind !== '[object Object]') return JSON.stringify(kind);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${inside(member)}`).join(',')}}`;
}

/** Whether a value is all data, so that it comes back from its JSON text as it was. */
export function isJson(value: unknown): boolean {
  return isWhole(value, new Set());
}

function isWhole(value: unknown, around: Set<object>): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return ['string', 'boolean', 'bigint'].includes(typeof value);
  if (value === null || value instanceof Decimal) return true;
  const prototype = Array.isArray(value) ? null : Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return false;
  if (around.has(value) || around.size === maxDepth) return false;
  around.add(value);
  const members = Object.values(value).filter((member) => member !== undefined);
  const whole = members.every((member) => isWhole(member, around));
  around.delete(value);
  return whole;
}
