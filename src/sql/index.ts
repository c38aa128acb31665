/**
 * The door `syncline/sql`: databases, for plugins that read and write them. What lies behind it is loaded when it is
 * first used: most processes use one kind of database, and some only check its options.
 */

import type { Batch, OpenSink } from '../plugin/contract.ts';
import type { Database, DatabaseOptions } from './libsql.ts';
import type { TargetsOptions } from './libsql-targets.ts';
import type { Postgres, PostgresOptions } from './postgres.ts';
import type { RecordsRequest, Selection } from './records.ts';

export type { Database, DatabaseOptions, SqlValue, Statement } from './libsql.ts';
export type { Page, PageSize } from './libsql-pages.ts';
export type { TargetsOptions } from './libsql-targets.ts';
export { databasePath, databaseUrlPattern } from './path.ts';
export type { Postgres, PostgresOptions } from './postgres.ts';
export { postgresUrlPattern } from './postgres-url.ts';
export { type RecordsRequest, readRecords, type Selection } from './records.ts';

/** Opens a database file. Throws `sql/open`, or `sql/corrupt` when the file is something else. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  return (await import('./libsql.ts')).openDatabase(options);
}

/** The tables of a database file as targets. */
export async function openTargets(options: TargetsOptions): Promise<OpenSink> {
  return (await import('./libsql-targets.ts')).openTargets(options);
}

/** A PostgreSQL database, to which nothing is connected yet. */
export async function openPostgres(options: PostgresOptions): Promise<Postgres> {
  const { Postgres } = await import('./postgres.ts');
  return new Postgres(options);
}

/** The records of a table or query, exactly, as they were when the read began. */
export async function* readPostgresRecords(
  database: Postgres,
  from: Selection,
  request: RecordsRequest,
): AsyncGenerator<Batch> {
  yield* (await import('./postgres-records.ts')).readPostgresRecords(database, from, request);
}

/** The tables of a PostgreSQL database as targets. */
export async function openPostgresTargets(options: PostgresOptions): Promise<OpenSink> {
  return (await import('./postgres-targets.ts')).openPostgresTargets(options);
}
