import { SyncError, type Value } from 'syncline';
import type { HttpResponse } from 'syncline/http';

/** How PostgREST tells of an error; `code` is its own (`PGRST…`) or a SQLSTATE of PostgreSQL. */
interface Told {
  readonly code: string;
  readonly message: string;
  readonly details?: string;
  readonly hint?: string;
}

/** What an answer tells of an error; undefined for one that is not of PostgREST. */
export function toldOf(response: HttpResponse): Told | undefined {
  try {
    const told = response.json() as { readonly [name: string]: Value } | null;
    if (typeof told?.code !== 'string' || typeof told.message !== 'string') return undefined;
    const text = (value: Value | undefined) => (typeof value === 'string' ? value : undefined);
    return { code: told.code, message: told.message, details: text(told.details), hint: text(told.hint) };
  } catch {
    return undefined;
  }
}

type Known = readonly [SyncError['code'], hint: string];

/** By code, whole or its class of two characters. */
const known: { readonly [code: string]: Known } = {
  '22': ['sql/value', 'Map the field to something else, or widen the column.'],
  '23': ['sql/constraint', 'Correct the row or the constraint.'],
  // What a trigger of the table raised itself.
  P0001: ['sql/constraint', 'Correct the row, or the trigger.'],
  '42501': ['sql/denied', 'Grant the role of the `key` what it needs, or use the secret key of the project.'],
  '42703': ['sink/column_missing', 'Add the column, or leave the field out with `map`.'],
  '42P01': ['sink/table_missing', 'Create the table.'],
  '42P10': [
    'schema/target',
    'The table needs a primary key or UNIQUE constraint on exactly the columns of `primary_key`.',
  ],
  PGRST106: ['schema/target', 'Expose the schema in the API settings of the project, or correct `schema`.'],
  PGRST204: ['sink/column_missing', 'Add the column, or leave the field out with `map`.'],
  PGRST205: ['sink/table_missing', 'Create the table.'],
};

/** An answer of 4xx as an error a person can act on; `where` begins its message. */
export function refusalOf(response: HttpResponse, where: string): SyncError {
  const told = toldOf(response) ?? { code: '', message: 'no reason was given' };
  const [code, hint] =
    known[told.code] ?? known[told.code.slice(0, 2)] ?? (['http/status', undefined] as const);
  const details = told.details === undefined ? '' : ` (${told.details.replace(/\.$/, '')})`;
  const message = `${where} answered ${response.status}, ${told.code}: ${told.message}${details}`;
  return new SyncError(code, message, { hint: [hint, told.hint].filter(Boolean).join(' ') || undefined });
}
