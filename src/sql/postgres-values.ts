import { SyncError } from '../model/errors.ts';
import type { Cell, ColumnType } from '../model/types.ts';
import { canonicalDecimal } from '../transform/number.ts';
import { isStorable } from '../transform/text.ts';
import type { SqlValue } from './libsql.ts';
import { baseOf, limitsOf } from './postgres-types.ts';

/** A value as text, as every parameter is sent: what PostgreSQL makes of it, the type of its place decides. */
export function toParameter(value: unknown): string | null {
  switch (typeof value) {
    case 'string':
      if (!isStorable(value)) throw refused('a text with a NUL or half a surrogate pair');
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw refused(`the number ${value}`);
      return String(value);
    case 'bigint':
      return String(value);
    case 'boolean':
      return value ? 't' : 'f';
    default:
      if (value === null || value === undefined) return null;
      throw refused(`a value of type ${typeof value}`);
  }
}

/** Values as the text of an array. Those that the declared type would round, cut or rewrite are refused. */
export function toArray(values: readonly unknown[], declared: string): string {
  const write = toWritable(declared);
  const elements: string[] = [];
  for (const value of values) {
    const text = write(value);
    elements.push(text === null ? 'NULL' : quoteElement(text));
  }
  return `{${elements.join()}}`;
}

/** Values as the text of a column's; those that the declared type would round, cut or rewrite are refused. */
export function toWritable(declared: string): (value: unknown) => string | null {
  const misfit = misfits(declared);
  if (misfit === undefined) return toParameter;
  return (value) => {
    const text = toParameter(value);
    if (text !== null && misfit(text)) throw refused(`${JSON.stringify(text)} as ${declared}`);
    return text;
  };
}

function quoteElement(text: string): string {
  return /["\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What a type would not give back as it came, where it does not refuse it by itself; undefined: it keeps all. */
function misfits(declared: string): ((text: string) => boolean) | undefined {
  const [size, scale = 0] = limitsOf(declared);
  const fraction = (text: string) => /\.([0-9]*?)0*(?:[^0-9]|$)/.exec(text)?.[1]?.length ?? 0;
  switch (baseOf(declared)) {
    case 'numeric':
      // Of `1e-7` the digits behind the point are not all to be seen.
      return size === undefined ? undefined : (text) => fraction(canonicalDecimal(text) ?? text) > scale;
    case 'character varying':
      return size === undefined ? undefined : (text) => [...text].length > size;
    case 'timestamp with time zone':
    case 'timestamp without time zone':
      return size === undefined ? undefined : (text) => fraction(text) > size;
    case 'real':
      return (text) => printedReal(Number(text)) !== Number(text);
    case 'uuid':
      return (text) => !uuid.test(text);
    default:
      return undefined;
  }
}

/** As it comes back from a `real`, which is printed with as few digits as tell it from others; NaN where it was rounded. */
function printedReal(number: number): number {
  if (Math.fround(number) !== number) return Number.NaN;
  const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((count) => Number(number.toPrecision(count)));
  return digits.find((short) => Math.fround(short) === number) ?? number;
}

function refused(what: string): SyncError {
  return new SyncError('sql/value', `PostgreSQL cannot store ${what} as it is`, {
    hint: 'Map the field that holds it to something else, widen the column, or clean it in the source. Nothing of its batch was written.',
  });
}

/** A stored value as a cell of its column. What a person put there and does not fit the type is carried as it is. */
export function toCell(type: ColumnType, value: SqlValue): Cell {
  if (typeof value !== 'string') return value as Cell;
  switch (type) {
    case 'integer':
      return /^-?[0-9]+$/.test(value) ? toInteger(value) : value;
    case 'number': {
      const number = Number(value);
      return Number.isFinite(number) ? number : value;
    }
    case 'decimal':
      return canonicalDecimal(value) ?? value;
    case 'boolean':
      return value === 't' ? true : value === 'f' ? false : value;
    case 'timestamp':
      return toTimestamp(value);
    default:
      return value;
  }
}

function toInteger(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

const timestamp = /^([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,6}))?(?:\+00)?$/;

/** As PostgreSQL prints one in UTC; one without a zone is taken as UTC. */
function toTimestamp(text: string): string {
  const [, day, time, fraction = ''] = timestamp.exec(text) ?? [];
  return day === undefined ? text : `${day}T${time}.${fraction.padEnd(6, '0')}Z`;
}
