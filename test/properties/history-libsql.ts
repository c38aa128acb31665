import { join } from 'node:path';
import Database from 'libsql';
import { openTargets } from 'syncline/sql';
import type { HistoryDatabase } from './history.ts';

/** A database file in the folder. */
export async function libsqlHistory(directory: string): Promise<HistoryDatabase> {
  const path = join(directory, 'sync.db');
  // Keeps the thread of the database for as long as it is there: starting one takes its time.
  const held = await openTargets({ path });
  const use = <Result>(work: (database: Database.Database) => Result): Result => {
    const database = new Database(path, { timeout: 30_000 });
    try {
      return work(database);
    } finally {
      database.close();
    }
  };
  const all = async (sql: string): Promise<unknown[][]> => {
    try {
      return use((database) => database.prepare(sql).raw().all() as unknown[][]);
    } catch (error) {
      if (/no such table/.test(String(error))) return [];
      throw error;
    }
  };
  return {
    sink: '{ type: libsql, url: file:sync.db }',
    rowsStay: true,
    words: { nul: "CAST(X'610062' AS TEXT)", blob: "X'00ff'", number: '7' },
    columns: async (table) =>
      (await all(`SELECT name FROM pragma_table_info('${table}')`)).flat().map(String),
    literal: (name) =>
      `CASE typeof(${name}) WHEN 'text' THEN 'CAST(X''' || hex(${name}) || ''' AS TEXT)' ELSE quote(${name}) END`,
    all,
    write: async (statements) =>
      use((database) => {
        for (const sql of statements) database.exec(sql);
      }),
    close: () => held.close(),
  };
}
