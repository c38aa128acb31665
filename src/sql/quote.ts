import { SyncError } from '../model/errors.ts';
import { isStorable } from '../transform/text.ts';

/** A name as SQL: always quoted, quotes doubled. Throws `schema/name` for a name that a database would cut or change. */
export function quote(name: string): string {
  if (!isStorable(name)) {
    throw new SyncError(
      'schema/name',
      `the name ${JSON.stringify(name)} holds a NUL or half a surrogate pair`,
      {
        hint: 'Rename it; no database can keep such a name.',
      },
    );
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL of PostgreSQL, whatever the server makes of backslashes. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return text.includes('\\') ? `E${quoted}` : quoted;
}
