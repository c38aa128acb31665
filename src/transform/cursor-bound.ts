/** Places on the scale of a cursor field that no record gave: `initial`, `--from`, `lookback`, the future. */

import type { Cursor } from '../model/checkpoint.ts';
import { parseDuration } from '../model/duration.ts';
import type { SyncError } from '../model/errors.ts';
import { type CursorValue, restoreCursor, toCursor, wrongType } from './cursor.ts';
import { canonicalDecimal } from './number.ts';

const day = 86_400_000;
const firstInstant = Date.parse('0001-01-01T00:00:00Z');

/** A date, or a timestamp without a zone. */
const zoneless = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$/i;

/** What a bound is written in, and for. */
export interface BoundContext {
  readonly field: string;
  /** ISO 8601, UTC: offsets count back from here. */
  readonly now: string;
}

/** True for an offset back from now, such as `-90d`. */
export function isOffset(text: string): boolean {
  return text.startsWith('-') && parseDuration(text.slice(1)) !== undefined;
}

/**
 * A bound that a person wrote, as a value that compares with those of the field, of which `like` is one: a date is
 * midnight UTC to timestamps. Throws `source/cursor_type` where it is of another kind.
 */
export function boundLike(text: string, like: CursorValue, context: BoundContext): CursorValue {
  const { field } = context;
  const instant = isOffset(text) ? instantBefore(text, context) : undefined;
  if (like.kind === 'number') {
    if (canonicalDecimal(text) === undefined) throw misfit(text, like, field);
    return restoreCursor({ text, kind: 'number' }, field);
  }
  if (instant !== undefined) return printInstant(instant, like, field);
  const bound = toCursor(text, field);
  if (like.kind === bound.kind) return bound.kind === 'text' ? alignText(bound, like) : bound;
  if (like.kind === 'timestamp' && /^\d{4}-\d{2}-\d{2}$/.test(text))
    return toCursor(`${text}T00:00:00Z`, field);
  if (zoneless.test(like.text) || like.kind === 'timestamp') throw misfit(text, like, field);
  return { text, kind: 'text', order: text };
}

/**
 * The same before a record was seen, for the source: it may return more than was asked for. Times are told as
 * instants, since sources have many ways to write them.
 */
export function boundUnseen(text: string, context: BoundContext): Omit<CursorValue, 'order'> {
  if (isOffset(text))
    return { text: new Date(instantBefore(text, context)).toISOString(), kind: 'timestamp' };
  if (canonicalDecimal(text) !== undefined) return { text, kind: 'number' };
  const { kind } = toCursor(text, context.field);
  const instant = kind === 'text' ? instantOf(text) : undefined;
  return instant === undefined
    ? { text, kind }
    : { text: new Date(instant).toISOString(), kind: 'timestamp' };
}

/** A bound as the cursor of a checkpoint, in the place of the one there: the next read begins at it. */
export function cursorAt(text: string, known: Cursor | undefined, context: BoundContext): Cursor {
  if (known === undefined) return boundUnseen(text, context);
  const bound = boundLike(text, restoreCursor(known, context.field), context);
  return { text: bound.text, kind: bound.kind };
}

/** A value that much earlier: milliseconds of times and dates, units of numbers. */
export function lowerBy(cursor: CursorValue, lookback: number, field: string): CursorValue {
  if (lookback === 0) return cursor;
  if (cursor.kind === 'number') return minus(cursor, lookback, field);
  const isTime = cursor.kind === 'timestamp';
  const [seconds = '', fraction = ''] = cursor.order.split('.');
  const instant = isTime ? Date.parse(`${seconds}Z`) : instantOf(cursor.text);
  if (instant === undefined)
    throw wrongType(
      field,
      `holds text, and a lookback cannot be taken from "${cursor.text}"`,
      'Remove `lookback`.',
    );
  const digits = fraction.padEnd(6, '0');
  const earlier = instant + (isTime ? Number(digits.slice(0, 3)) : 0) - Math.ceil(lookback);
  return printInstant(earlier, cursor, field, isTime ? digits.slice(3, 6) : '');
}

/** Before every time a record may have, written as `like` is. */
export function firstLike(like: CursorValue, field: string): CursorValue {
  return printInstant(firstInstant, like, field);
}

/** True for times more than a day after now: nobody can say what comes before them. */
export function createFutureTest(now: string): (cursor: CursorValue) => boolean {
  const limit = new Date(Date.parse(now) + day).toISOString().slice(0, -1);
  return ({ kind, text, order }) => {
    if (kind === 'number') return false;
    if (kind === 'timestamp') return order > limit;
    return zoneless.test(text) && text.replace(/[ t]/, 'T') > limit;
  };
}

function instantBefore(text: string, { now }: BoundContext): number {
  return Math.max(Date.parse(now) - (parseDuration(text.slice(1)) ?? 0), firstInstant);
}

/** A cursor that is a time, in milliseconds, which later ones never are below; undefined for numbers and other text. */
export function instantOfCursor({
  kind,
  text,
  order,
}: Pick<CursorValue, 'kind' | 'text' | 'order'>): number | undefined {
  if (kind === 'number') return undefined;
  return kind === 'timestamp' ? Date.parse(`${order}Z`) : instantOf(text);
}

/** Of a date or a timestamp without a zone, taken as UTC; undefined for other text. */
function instantOf(text: string): number | undefined {
  if (!zoneless.test(text)) return undefined;
  const instant = Date.parse(text.length === 10 ? text : `${text.replace(/[ t]/, 'T')}Z`);
  return Number.isNaN(instant) ? undefined : instant;
}

/** An instant as a value of the field; never later than it, where the field is less precise. */
function printInstant(instant: number, like: CursorValue, field: string, micros = '000'): CursorValue {
  const iso = new Date(Math.max(instant, firstInstant)).toISOString();
  if (like.kind === 'timestamp') return toCursor(`${iso.slice(0, -1)}${micros}Z`, field);
  if (!zoneless.test(like.text)) throw misfit(iso, like, field);
  return alignText({ text: iso.slice(0, 19), kind: 'text', order: '' }, like);
}

/** Times without a zone compare as text: that needs one separator, and a lower bound no longer than the values. */
function alignText({ text }: CursorValue, like: CursorValue): CursorValue {
  const aligned =
    zoneless.test(text) && zoneless.test(like.text)
      ? text.replace(/[ t]/i, like.text[10] ?? 'T').slice(0, like.text.length)
      : text;
  return { text: aligned, kind: 'text', order: aligned };
}

function minus(cursor: CursorValue, lookback: number, field: string): CursorValue {
  const parts = [cursor.order, canonicalDecimal(String(lookback)) ?? '0'];
  const places = Math.max(...parts.map((part) => part.split('.')[1]?.length ?? 0));
  const [from = 0n, taken = 0n] = parts.map((part) => {
    const [whole = '', fraction = ''] = part.split('.');
    return BigInt(whole + fraction.padEnd(places, '0'));
  });
  const text = canonicalDecimal(`${from - taken}e-${places}`) ?? cursor.text;
  return restoreCursor({ text, kind: 'number' }, field);
}

function misfit(text: string, like: CursorValue, field: string): SyncError {
  return wrongType(
    field,
    `holds values such as ${like.text}, and ${text} cannot be compared with them`,
    'Write the bound (`initial`, `--from`, `--to`) as the source writes the field.',
  );
}
