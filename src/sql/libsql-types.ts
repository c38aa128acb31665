import type { ColumnType } from '../model/types.ts';
import type { Declaration } from './dialect.ts';

/** How the columns Syncline creates are declared. */
export const declaredTypes = {
  string: 'TEXT',
  integer: 'INTEGER',
  number: 'REAL',
  decimal: 'TEXT',
  boolean: 'INTEGER',
  timestamp: 'TEXT',
  date: 'TEXT',
  json: 'TEXT',
} as const satisfies Record<ColumnType, string>;

/** What SQLite does to a value before it stores it, by the declared type of the column: its own rules, in its order. */
export function affinityOf({
  declared,
  strict,
}: Declaration): 'integer' | 'text' | 'none' | 'real' | 'numeric' {
  if (strict && /^ANY$/i.test(declared)) return 'none';
  if (/INT/i.test(declared)) return 'integer';
  if (/CHAR|CLOB|TEXT/i.test(declared)) return 'text';
  if (declared === '' || /BLOB/i.test(declared)) return 'none';
  if (/REAL|FLOA|DOUB/i.test(declared)) return 'real';
  return 'numeric';
}

/** Whether a column declared so gives back every value of the type as it was written. */
export function holds(declaration: Declaration, type: ColumnType): boolean {
  const affinity = affinityOf(declaration);
  if (affinity === 'none') return !isStrictBlob(declaration);
  switch (type) {
    case 'integer':
      return affinity === 'integer' || affinity === 'numeric';
    case 'number':
    case 'boolean':
      return affinity !== 'text';
    case 'timestamp':
    case 'date':
      // Never looks like a number, so that it stays text anywhere, where it is allowed to.
      return affinity === 'text' || !declaration.strict;
    default:
      return affinity === 'text';
  }
}

/** Syncline writes no blobs, and a STRICT table takes nothing else there. */
function isStrictBlob({ declared, strict }: Declaration): boolean {
  return strict && /^BLOB$/i.test(declared);
}

/** The widest type a column holds that Syncline did not declare itself. */
export function typeOf(declaration: Declaration): ColumnType {
  switch (affinityOf(declaration)) {
    case 'integer':
      return 'integer';
    case 'real':
      return 'number';
    case 'numeric':
      return numericType(declaration.declared);
    default:
      return 'string';
  }
}

function numericType(declared: string): ColumnType {
  if (/BOOL/i.test(declared)) return 'boolean';
  if (/TIME/i.test(declared)) return 'timestamp';
  return /DATE/i.test(declared) ? 'date' : 'number';
}
