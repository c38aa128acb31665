import { Decimal } from '../model/decimal.ts';
import { SyncError } from '../model/errors.ts';
import { parseJson } from '../model/json.ts';
import type { SourceRecord, Value } from '../model/types.ts';

/** Parses the text of one record, which begins in this line of the file. */
export function recordFrom(text: string, file: string, line: number, hint: string): SourceRecord {
  let value: Value;
  try {
    value = parseJson(text);
  } catch (cause) {
    if (cause instanceof RangeError) throw malformed(file, line, `is ${cause.message}`, hint, cause);
    const wrong = line + lineEnds(text.slice(0, positionOf(cause) ?? blankBefore(text)));
    throw malformed(file, wrong, `is not JSON: ${sentence(cause)}`, hint, cause);
  }
  if (!isObject(value)) {
    const wrong = line + lineEnds(text.slice(0, blankBefore(text)));
    throw malformed(file, wrong, `holds ${kindOf(value)} where a record should be`, hint);
  }
  return value;
}

/** True for an object of JSON: a record, or a group of fields. */
export function isObject(value: Value | undefined): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Decimal);
}

/** What a value is, for people. */
export function kindOf(value: Value): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'boolean') return 'a boolean';
  return isObject(value) ? 'an object' : 'a number';
}

export function malformed(
  file: string,
  line: number,
  what: string,
  hint: string,
  cause?: unknown,
): SyncError {
  return new SyncError('source/malformed', `line ${line} of ${file} ${what}`, {
    hint,
    cause,
  });
}

/** The message of a parse error on one line: it may quote the text it is about. */
export function sentence(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, ' ');
}

/** Where in its text `JSON.parse` stopped; undefined where its message does not say. */
function positionOf(cause: unknown): number | undefined {
  const position = / at position (\d+)/.exec(sentence(cause))?.[1];
  return position === undefined ? undefined : Number(position);
}

function blankBefore(text: string): number {
  return text.length - text.trimStart().length;
}

export function lineEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
