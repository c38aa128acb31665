/** The door `syncline/sql`: database files, for plugins that read and write them. */

export {
  type Database,
  type DatabaseOptions,
  openDatabase,
  type SqlValue,
  type Statement,
} from './libsql.ts';
export type { Page, PageSize } from './libsql-pages.ts';
export { openTargets, type TargetsOptions } from './libsql-targets.ts';
export { databasePath, databaseUrlPattern } from './path.ts';
export { Postgres, type PostgresOptions } from './postgres.ts';
export { readPostgresRecords } from './postgres-records.ts';
export { openPostgresTargets } from './postgres-targets.ts';
export { postgresUrlPattern } from './postgres-url.ts';
export { type RecordsRequest, readRecords, type Selection } from './records.ts';
