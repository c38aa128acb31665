import type { Database } from '../sql/index.ts';

export interface SeenColumns {
  /** Notes the columns that a whole read of a part brought. Returns those that the one before had, and this one has not. */
  noteColumns(part: string, names: readonly string[]): Promise<readonly string[]>;
}

export function columnsIn(database: Database): SeenColumns {
  return {
    async noteColumns(part, names) {
      const known = await database.all('SELECT name FROM columns WHERE part = ? ORDER BY name', [part]);
      const before = known.map(([name]) => String(name));
      const vanished = before.filter((name) => !names.includes(name));
      const news = names.filter((name) => !before.includes(name));
      const statements = [
        {
          sql: 'DELETE FROM columns WHERE part = ? AND name = ?',
          rows: vanished.map((name) => [part, name]),
        },
        { sql: 'INSERT OR IGNORE INTO columns VALUES (?, ?)', rows: news.map((name) => [part, name]) },
      ].filter(({ rows }) => rows.length > 0);
      if (statements.length > 0) await database.write(statements);
      return vanished;
    },
  };
}
