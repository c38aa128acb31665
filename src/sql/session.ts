import type { SqlValue } from './libsql.ts';

/** An open connection, as those need it who read and write through it. Parameters may be cells: booleans are encoded. */
export interface Session {
  all(sql: string, parameters?: readonly unknown[]): SqlValue[][];
  /** Runs one statement and returns how many rows it changed. */
  run(sql: string, parameters?: readonly unknown[]): number;
}
