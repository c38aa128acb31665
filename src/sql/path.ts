import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The absolute path of a database file, from `file:data/x.db`, `file:///srv/x.db` or a path; relative ones start in `directory`. */
export function databasePath(url: string, directory: string): string {
  if (url.startsWith('file://')) return fileURLToPath(url);
  return resolve(directory, url.replace(/^file:/, ''));
}

/** What `databasePath` understands, as a pattern for the schema of a plugin's options. */
export const databaseUrlPattern = '^(?!:memory:|file::memory:)(file:|(?![A-Za-z][A-Za-z0-9+.-]+:)).+$';
