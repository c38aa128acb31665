import { SyncError } from '../model/errors.ts';
import type { CursorRange } from '../plugin/contract.ts';
import { parsePath } from '../transform/path.ts';
import { isStorable } from '../transform/text.ts';
import type { SqlValue } from './libsql.ts';
import { quote } from './quote.ts';

/** Which rows a SELECT returns, and in which order. */
export interface Clauses {
  /** Undefined where all are wanted. */
  readonly condition?: string;
  readonly parameters: readonly SqlValue[];
  /** Empty where any order will do. */
  readonly order: readonly string[];
}

/**
 * Asks for at least the rows of a range, among the columns of `rows`. Beyond them come all rows whose cursor is null
 * or of another kind: they are not ours to judge. Throws `source/cursor_column` where the cursor is no column.
 */
export function rangeSql(range: CursorRange, columns: readonly string[], rows: string): Clauses {
  const sql = (name: string) => `${rows}.${quote(name)} COLLATE BINARY`;
  const name = cursorColumn(range.field, columns);
  const key = range.key.map((field) => columnAt(field, columns));
  const sorted = [...new Set([name, ...key])].filter((column) => column !== undefined);
  const order = range.order === 'ascending' ? sorted.map(sql) : [];
  const bounds = [
    { test: '>=', value: lowerBound(range) },
    { test: '<=', value: upperBound(range) },
  ].filter(({ value }) => value !== undefined);
  if (bounds.length === 0) return { parameters: [], order };
  const cursor = sql(name);
  const within = bounds.map(({ test }) => `${cursor} ${test} ?`).join(' AND ');
  return {
    condition: `(${cursor} IS NULL OR ${otherKind(range, cursor)} OR (${within}))`,
    parameters: bounds.map(({ value }) => value ?? null),
    order,
  };
}

/** In SQLite all numbers are before all text. */
function otherKind({ kind }: CursorRange, cursor: string): string {
  if (kind === 'number') return `${cursor} >= ''`;
  return kind === 'text'
    ? `${cursor} < ''`
    : `${cursor} NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'`;
}

/** The column a path reads whole. */
export function columnAt(path: string, columns: readonly string[]): string | undefined {
  const { root, names } = parsePath(path);
  const [name] = names;
  const isField = (root === 'item' || root === 'record') && names.length === 1;
  return isField && name !== undefined && columns.includes(name) ? name : undefined;
}

export function cursorColumn(field: string, columns: readonly string[]): string {
  const column = columnAt(field, columns);
  if (column !== undefined) return column;
  const there = columns.slice(0, 20).map((column) => quote(column));
  throw new SyncError('source/cursor_column', `\`cursor_field: ${field}\` is not a column of what is read`, {
    hint: `The columns are: ${there.join(', ')}. A value inside one becomes a column with a query.`,
  });
}

function lowerBound({ kind, from }: CursorRange): SqlValue | undefined {
  if (from === undefined) return undefined;
  if (kind === 'number') return numberBound(from);
  if (kind === 'timestamp') return dayBound(from, -offsetDays);
  return kind === 'text' && isStorable(from) ? from : undefined;
}

function upperBound({ kind, before }: CursorRange): SqlValue | undefined {
  if (before === undefined) return undefined;
  if (kind === 'number') return numberBound(before);
  return kind === 'timestamp' ? dayBound(before, offsetDays + 1) : undefined;
}

/**
 * SQLite compares integers and doubles exactly. Rounded to a double, a bound keeps its place among doubles and small
 * integers, or meets one; among large integers it could pass some.
 */
function numberBound(text: string): SqlValue | undefined {
  if (/^-?[0-9]+$/.test(text)) {
    const integer = BigInt(text);
    if (BigInt.asIntN(64, integer) === integer) return integer;
  }
  const number = Number(text);
  const size = Math.abs(number);
  const isExact = size <= Number.MAX_SAFE_INTEGER || (size >= 2 ** 63 && Number.isFinite(size));
  return isExact ? number : undefined;
}

/** The days that timestamps between two bounds can be written with. */
export function dayBounds({ from, before }: Pick<CursorRange, 'from' | 'before'>) {
  return {
    lower: from === undefined ? undefined : dayBound(from, -offsetDays),
    upper: before === undefined ? undefined : dayBound(before, offsetDays + 1),
  };
}

/** Two texts of one moment, at offsets of 14 hours to either side, differ by up to this many days in their dates. */
const offsetDays = 2;

/**
 * A timestamp has many texts: with offsets, a space for the T, more or fewer digits. Only their dates compare as text,
 * and only roughly.
 */
function dayBound(text: string, shift: number): string | undefined {
  const day = Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
  if (!/^[0-9]{4}-/.test(text) || Number.isNaN(day)) return undefined;
  const date = new Date(day + shift * 86_400_000).toISOString();
  return /^[0-9]{4}-/.test(date) ? date.slice(0, 10) : undefined;
}
