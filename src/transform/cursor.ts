import type { Cursor, CursorKind } from '../model/checkpoint.ts';
import { Decimal } from '../model/decimal.ts';
import { SyncError } from '../model/errors.ts';
import type { Value } from '../model/types.ts';
import { compareCells } from './cells.ts';
import { canonicalDecimal } from './number.ts';
import { quote, Refusal } from './refusal.ts';
import { createTimestampReader } from './timestamp.ts';

/** A value of the cursor field, ready to be compared. */
export interface CursorValue {
  /** As the source wrote it. */
  readonly text: string;
  readonly kind: CursorKind;
  /** Equal exactly where two values of a kind are: `10` and `10.0`, one instant in two time zones. */
  readonly order: string;
}

const zoned = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(\.\d+)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)$/i;
const numeral = /^[+-]?\d+(?:\.\d+)?$/;
const readTimestamp = createTimestampReader(undefined, undefined);

/**
 * Numbers, ISO 8601 timestamps with a zone, or any other text: dates, and timestamps without a zone, among it. Throws
 * `source/cursor_type` for what has no order.
 */
export function toCursor(value: Value, field: string): CursorValue {
  if (typeof value === 'string') return zoned.test(value) ? toInstant(value, field) : plainText(value);
  if (typeof value !== 'number' && typeof value !== 'bigint' && !(value instanceof Decimal))
    throw wrongType(field, `is ${quote(value)}, which is neither a number, a timestamp nor text`);
  const order = canonicalDecimal(String(value));
  if (order === undefined) throw wrongType(field, `is ${quote(value)}, which cannot be compared exactly`);
  return { text: String(value), kind: 'number', order };
}

/** A cursor that was kept, or is written in the config. */
export function restoreCursor({ text, kind }: Cursor, field: string): CursorValue {
  if (kind === 'text' || kind === 'token') return plainText(text);
  return kind === 'number' ? toCursor(new Decimal(text), field) : toInstant(text, field);
}

/**
 * Below 0 when `a` comes before `b`, both of one kind, 0 when neither does: numbers and instants exactly, to the last
 * digit; text by code point. Throws `source/cursor_type` for numbers written as text that do not sort as numbers:
 * "9" after "10" would pass over records.
 */
export function compareCursors(a: CursorValue, b: CursorValue, field: string): number {
  if (a.order === b.order) return 0;
  if (a.kind === 'number') return compareCells('decimal', a.order, b.order);
  // Instants are printed with a fixed width up to their fraction.
  if (a.kind === 'timestamp') return a.order < b.order ? -1 : 1;
  const byText = compareCells('string', a.order, b.order);
  if (isNumeral(a) && isNumeral(b) && byText * (Number(a.text) - Number(b.text)) < 0) {
    const problem = `has numbers written as text, and as text ${quote(a.text)} and ${quote(b.text)} are in the wrong order`;
    throw wrongType(field, problem);
  }
  return byText;
}

/** True for text that is a number, which a source would not compare as one. */
export function isNumeral({ kind, text }: Cursor): boolean {
  return kind === 'text' && numeral.test(text);
}

/** `source/cursor_type`: what is wrong with the values of a cursor field. */
export function wrongType(field: string, problem: string, hint?: string): SyncError {
  const general =
    'A cursor field holds numbers, timestamps with a zone, or text that sorts as it is, always of one kind.';
  return new SyncError('source/cursor_type', `the cursor field "${field}" ${problem}`, {
    hint: hint ?? general,
  });
}

function plainText(text: string): CursorValue {
  return { text, kind: 'text', order: text };
}

function toInstant(text: string, field: string): CursorValue {
  const fraction = zoned.exec(text)?.[1] ?? '';
  // Timestamps of columns have six fractional digits at most; a cursor may have any number.
  const read = readTimestamp(fraction === '' ? text : text.replace(fraction, ''));
  if (read instanceof Refusal) throw wrongType(field, `has a wrong timestamp: ${read.reason}`);
  const digits = fraction.replace(/\.?0*$/, '');
  return { text, kind: 'timestamp', order: `${String(read).slice(0, 19)}${digits}` };
}

export function notSorted(field: string, before: CursorValue, after: CursorValue): SyncError {
  const message = `the records are not in ascending order of "${field}": ${after.text} came after ${before.text}`;
  return new SyncError('source/not_sorted', message, {
    hint: 'Sort the source by this field, or set `order: none` in `incremental`.',
  });
}
