import { Decimal } from '../model/decimal.ts';
import type { Cell, Value } from '../model/types.ts';
import type { Field } from './mapping.ts';
import { canonicalDecimal } from './number.ts';
import { type Refusal, refuse } from './refusal.ts';
import { createZone, type Zone } from './zone.ts';

/** How many decimal places an epoch in this unit is away from seconds. */
const epochPlaces = { epoch_s: 0, epoch_ms: 3, epoch_us: 6 } as const;

/** The first second of the year 1, and the first of the year 10000. */
const firstSecond = -62_135_596_800;
const endSecond = 253_402_300_800;

const expected = 'is not a timestamp: expected ISO 8601, such as 2024-05-01T10:00:00Z';
const daysInMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Reads timestamps written in one way. Throws a SyncError `config/value` for a zone nobody knows. */
export function createTimestampReader(
  format: Field['format'],
  timezone: string | undefined,
): (value: Value) => Cell | Refusal {
  if (format !== undefined && format !== 'iso8601') return (value) => fromEpoch(value, epochPlaces[format]);
  const zone = timezone === undefined ? undefined : createZone(timezone);
  return (value) => (typeof value === 'string' ? fromIso(value, zone) : refuseOther(value));
}

/** `YYYY-MM-DD` of a day there is, from year 1 on. */
export function toDate(value: Value): Cell | Refusal {
  if (typeof value === 'string' && value.length === 10 && isDay(value)) return value;
  return refuse(value, 'is not a date: expected YYYY-MM-DD');
}

function fromIso(text: string, zone: Zone | undefined): Cell | Refusal {
  const separator = text.charCodeAt(10);
  const colon = text.charCodeAt(13);
  // Between the day and the hour: T, t or a space.
  if ((separator !== 84 && separator !== 116 && separator !== 32) || colon !== 58)
    return refuse(text, expected);
  const seconds = text.charCodeAt(16) === 58;
  const clock = isBelow(text, 11, 24) && isBelow(text, 14, 60) && (!seconds || isBelow(text, 17, 60));
  if (!clock || !isDay(text)) return refuse(text, `${expected} (no such day or time)`);
  let end = seconds ? 19 : 16;
  let fraction = '';
  if (seconds && text.charCodeAt(19) === 46) {
    while (isDigit(text.charCodeAt(++end)));
    fraction = text.slice(20, end);
    if (fraction === '') return refuse(text, expected);
    if (fraction.length > 6) return refuse(text, 'has more than six fractional digits');
  }
  const utc = end === text.length - 1 && (text.charCodeAt(end) | 32) === 122;
  if (utc && text.length === 27 && separator === 84 && text.charCodeAt(26) === 90) return text;
  const local = `${text.slice(0, 10)}T${text.slice(11, 16)}:${seconds ? text.slice(17, 19) : '00'}`;
  if (utc) return print(local, fraction);
  return atOffset(text, local, fraction, text.slice(end), zone);
}

function atOffset(text: string, local: string, fraction: string, offset: string, zone: Zone | undefined) {
  const second = Date.parse(`${local}Z`) / 1000;
  if (offset !== '') {
    const match = /^([+-])([0-9]{2})(?::?([0-5][0-9]))?$/.exec(offset);
    const minutes = Number(match?.[2]) * 60 + Number(match?.[3] ?? 0);
    if (match === null || minutes > 14 * 60) return refuse(text, `${expected} (no such offset)`);
    return printSecond(text, second - (match[1] === '-' ? -minutes : minutes) * 60, fraction);
  }
  if (zone === undefined)
    return refuse(text, 'is a timestamp without a zone: set timezone, or write it with Z or an offset');
  return printSecond(text, zone.toUtc(second), fraction);
}

function fromEpoch(value: Value, places: number): Cell | Refusal {
  const number = typeof value === 'number' || typeof value === 'bigint' || value instanceof Decimal;
  const digits = typeof value === 'string' && /^-?[0-9]+(\.[0-9]+)?$/.test(value);
  const canonical = number || digits ? canonicalDecimal(String(value)) : undefined;
  if (canonical === undefined)
    return refuse(value, 'is not an epoch: expected a number, or its digits as text');
  const seconds = places === 0 ? canonical : (canonicalDecimal(`${canonical}e-${places}`) ?? canonical);
  const [whole = '', fraction = ''] = seconds.split('.');
  if (fraction.length > 6) return refuse(value, 'has more than six fractional digits of a second');
  const negative = whole.startsWith('-') && fraction !== '';
  // A timestamp before 1970 counts its fraction forward from the second below.
  const micros = negative ? String(1_000_000 - Number(fraction.padEnd(6, '0'))).padStart(6, '0') : fraction;
  return printSecond(value, Number(whole) - (negative ? 1 : 0), micros);
}

function printSecond(value: Value, second: number, fraction: string): Cell | Refusal {
  if (!(second >= firstSecond && second < endSecond))
    return refuse(value, 'is outside the years 0001 to 9999 in UTC');
  return print(new Date(second * 1000).toISOString().slice(0, 19), fraction);
}

function print(second: string, fraction: string): string {
  return `${second}.${fraction.padEnd(6, '0')}Z`;
}

function refuseOther(value: Value): Refusal {
  const number = typeof value === 'number' || typeof value === 'bigint';
  return refuse(value, number ? 'is not a timestamp: set format to epoch_s, epoch_ms or epoch_us' : expected);
}

/** True when the text begins with `YYYY-MM-DD`, a day there is. */
function isDay(text: string): boolean {
  const century = twoDigits(text, 0);
  const year = century * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  if (century < 0 || year < 1 || month < 1 || month > 12 || day < 1) return false;
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45 || day > (daysInMonth[month - 1] ?? 0))
    return false;
  return month !== 2 || day < 29 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
}

function isBelow(text: string, at: number, end: number): boolean {
  const number = twoDigits(text, at);
  return number >= 0 && number < end;
}

/** The number two digits make; far below zero when they are not digits, so that no sum with them is a number. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at);
  const ones = text.charCodeAt(at + 1);
  return isDigit(tens) && isDigit(ones) ? tens * 10 + ones - 528 : -10_000;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
