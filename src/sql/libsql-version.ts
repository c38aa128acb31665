import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { openDatabase } from './libsql.ts';

/** The versions of the driver and of the SQLite in it. Throws where it cannot be loaded on this machine. */
export async function libsqlVersion(): Promise<{ readonly libsql: string; readonly sqlite: string }> {
  const file = join(dirname(createRequire(import.meta.url).resolve('libsql')), 'package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  const database = await openDatabase({ path: ':memory:' });
  try {
    return { libsql: version, sqlite: String((await database.all('SELECT sqlite_version()'))[0]?.[0]) };
  } finally {
    await database.close();
  }
}
