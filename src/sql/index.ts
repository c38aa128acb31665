/** The door `syncline/sql`: database files, for plugins that read and write them. */

export {
  type Database,
  type DatabaseOptions,
  openDatabase,
  type SqlValue,
  type Statement,
} from './libsql.ts';
export type { Page, PageSize } from './libsql-pages.ts';
export { databasePath, databaseUrlPattern } from './path.ts';
export { type RecordsRequest, readRecords, type Selection } from './records.ts';
export { openTargets, type TargetsOptions } from './targets.ts';
