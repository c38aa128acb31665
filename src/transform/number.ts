import { Decimal } from '../model/decimal.ts';
import type { Cell, Value } from '../model/types.ts';
import { type Refusal, refuse } from './refusal.ts';

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;

/** More digits than any sink can hold; `1e999999999` must not become a gigabyte of zeros. */
const maxDigits = 1000;

/** Whole numbers within int64; in text only digits with an optional sign, and `group` between thousands. */
export function toInteger(value: Value, group: string | undefined): Cell | Refusal {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
    return Number.isInteger(value) ? fitInt64(value, BigInt(value)) : refuse(value, 'is not an integer');
  }
  if (typeof value === 'bigint') return fitInt64(value, value);
  if (typeof value === 'string') {
    const digits = withoutGroups(value, group);
    if (!/^[+-]?[0-9]+$/.test(digits)) return refuse(value, 'is not an integer');
    if (digits.length <= 15) return Number(digits) || 0;
    return digits.length > maxDigits ? outsideInt64(value) : fitInt64(value, BigInt(digits.replace('+', '')));
  }
  if (!(value instanceof Decimal)) return refuse(value, 'is not an integer');
  const digits = canonicalDecimal(value.text);
  if (digits === undefined || digits.includes('.')) return refuse(value, 'is not an integer');
  return fitInt64(value, BigInt(digits));
}

/** Finite numbers whose digits survive text → double → text. */
export function toNumber(value: Value, group: string | undefined): Cell | Refusal {
  if (typeof value === 'number') {
    if (value === 0) return 0;
    return Number.isFinite(value) ? value : refuse(value, 'is not a finite number');
  }
  const text = numberText(value, group);
  if (text === undefined || !plain.test(text)) return refuse(value, 'is not a number');
  const number = Number(text);
  if (!survives(text, number)) return refuse(value, 'has more digits than a number holds: use type decimal');
  return number === 0 ? 0 : number;
}

/** Every digit kept, in canonical form. */
export function toDecimal(value: Value, group: string | undefined): Cell | Refusal {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return String(value === 0 ? 0 : value);
    if (!Number.isFinite(value)) return refuse(value, 'is not a finite number');
    return canonicalDecimal(String(value)) ?? refuse(value, 'is not a decimal');
  }
  const text = numberText(value, group);
  if (text === undefined) return refuse(value, 'is not a decimal');
  const digits = canonicalDecimal(text);
  if (digits !== undefined) return digits;
  return refuse(value, plain.test(text) ? `has more than ${maxDigits} digits` : 'is not a decimal');
}

/** True when a double has exactly the digits of an integer. */
export function isDouble(integer: bigint): boolean {
  return survives(String(integer), Number(integer));
}

/**
 * True for a number whose exponent no double has: `1e400` is an infinity that was printed, far more often than a number
 * of 400 digits that somebody meant. (One that was written with all its digits was meant.)
 */
export function isBeyondNumbers({ text }: Decimal): boolean {
  if (!/[eE]/.test(text)) return false;
  const number = Number(text);
  return !Number.isFinite(number) || (number === 0 && /[1-9].*e/i.test(text));
}

/** True when an integer can be kept in 64 bits. */
export function isInt64(integer: bigint): boolean {
  return integer >= int64Min && integer <= int64Max;
}

const plain = /^([+-]?)(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,10}))?$/;

/** What needs no change to be canonical: nearly every decimal there is. */
const canonical = /^(?!-0$)-?(?:0|[1-9][0-9]{0,99})(?:\.[0-9]{0,99}[1-9])?$/;

/** No exponent, no plus, no needless zeros: `-12.5`, `0`, `100`. Undefined for text that is no number, or too long. */
export function canonicalDecimal(text: string): string | undefined {
  if (canonical.test(text)) return text;
  const match = text.length > 3 * maxDigits ? null : plain.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const all = whole + fraction;
  const digits = trimZeros(all);
  if (digits === '') return '0';
  const leading = all.length - all.replace(/^0+/, '').length;
  const point = whole.length + Number(exponent) - leading;
  if (point > maxDigits || digits.length - point > maxDigits) return undefined;
  const minus = sign === '-' ? '-' : '';
  if (point <= 0) return `${minus}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return minus + digits + '0'.repeat(point - digits.length);
  return `${minus}${digits.slice(0, point)}.${digits.slice(point)}`;
}

function trimZeros(digits: string): string {
  return digits.replace(/^0+/, '').replace(/0+$/, '');
}

function survives(text: string, number: number): boolean {
  // A double holds any fifteen digits.
  if (text.length <= 15 && !/[eE]/.test(text)) return true;
  if (!Number.isFinite(number)) return false;
  const digits = canonicalDecimal(text);
  return digits !== undefined && digits === canonicalDecimal(String(number));
}

/** The text of what may be a number; undefined for what cannot be one. */
function numberText(value: Value, group: string | undefined): string | undefined {
  if (typeof value === 'string') return withoutGroups(value, group);
  return typeof value === 'bigint' || value instanceof Decimal ? value.toString() : undefined;
}

/** Separators count only between thousands: under `group: ","` the text `1,5` stays as it is, and is no number. */
function withoutGroups(text: string, group: string | undefined): string {
  if (group === undefined || group === '' || !text.includes(group)) return text;
  const [first = '', ...others] = text.split(group);
  const whole =
    /^[+-]?[0-9]{1,3}$/.test(first) && others.slice(0, -1).every((part) => /^[0-9]{3}$/.test(part));
  const grouped = whole && /^[0-9]{3}(?![0-9])/.test(others.at(-1) ?? '');
  return grouped ? first + others.join('') : text;
}

function fitInt64(value: Value, integer: bigint): Cell | Refusal {
  if (!isInt64(integer)) return outsideInt64(value);
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}

function outsideInt64(value: Value): Refusal {
  return refuse(value, 'is outside the range of 64-bit integers: use type decimal');
}
