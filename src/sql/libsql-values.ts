import { SyncError } from '../model/errors.ts';
import type { Cell, ColumnType } from '../model/types.ts';
import { isStorable } from '../transform/text.ts';
import type { SqlValue } from './libsql.ts';

/**
 * A value as the driver may have it. Whole numbers go as bigint, because the driver binds every number as a double; a
 * boolean would abort the process. What SQLite would change or cut is refused with `sql/value`.
 */
export function toParameter(value: unknown): SqlValue {
  switch (typeof value) {
    case 'string':
      if (!isStorable(value)) throw refused('a text with a NUL or half a surrogate pair');
      return value;
    case 'number':
      if (Number.isSafeInteger(value)) return BigInt(value);
      if (!Number.isFinite(value)) throw refused(`the number ${value}`);
      return value;
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value) throw refused(`the integer ${value}, which is outside 64 bits`);
      return value;
    case 'boolean':
      return value ? 1n : 0n;
    case 'undefined':
      return null;
    default:
      if (value === null) return null;
      if (value instanceof Uint8Array) return value;
      throw refused(`a value of type ${typeof value}`);
  }
}

function refused(what: string): SyncError {
  return new SyncError('sql/value', `SQLite cannot store ${what} as it is`, {
    hint: 'Map the field that holds it to something else, or clean it in the source. Nothing of its batch was written.',
  });
}

/** A value as the driver gave it: integers are numbers again where that is exact. */
export function fromDriver(value: unknown): SqlValue {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return value as SqlValue;
}

const onlyAscii = `GLOB '*[^\u0001-\u007f]*'`;

/**
 * A column as an expression that is safe to read: the driver cuts text at a NUL, and aborts the process over bytes
 * that are not UTF-8. Text that may be either comes as bytes, for {@link readText}; a blob comes as no bytes at all.
 */
export function readable(column: string): string {
  return `CASE typeof(${column}) WHEN 'text' THEN
    CASE WHEN ${column} ${onlyAscii} OR instr(${column}, char(0)) THEN CAST(${column} AS BLOB) ELSE ${column} END
    WHEN 'blob' THEN x'' ELSE ${column} END`;
}

/** A column as SQL that gives its value back exactly, whatever it is. */
export function literal(column: string): string {
  return `CASE WHEN typeof(${column}) = 'text' AND (${column} ${onlyAscii} OR instr(${column}, char(0)))
    THEN 'CAST(X''' || hex(${column}) || ''' AS TEXT)' ELSE quote(${column}) END`;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text of bytes that `readable` gave. Bytes that are not UTF-8 become half surrogates, which no sink accepts. */
export function readText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return lenient.decode(bytes).replaceAll('\ufffd', '\udcff');
  }
}

/** Stands for a stored blob: as no text that is written can hold a NUL, it differs from every cell. */
const blobCell = '\0';

/** A stored value as a cell of its column. What a person put there and does not fit the type is carried as it is. */
export function toCell(type: ColumnType, value: SqlValue): Cell {
  if (value instanceof Uint8Array) return value.length === 0 ? blobCell : readText(value);
  if (type === 'boolean' && (value === 0 || value === 1)) return value === 1;
  if (type === 'number' && typeof value === 'bigint') return Number(value);
  if (type === 'json' && (typeof value === 'number' || typeof value === 'bigint')) return String(value);
  return value;
}
