import { parseJson, printJson } from '../model/json.ts';
import type { Cell, Row, Target } from '../model/types.ts';
import type { EditMemory, WrittenRow } from '../plugin/contract.ts';
import type { Database, SqlValue } from '../sql/index.ts';

/** What was last written to tracked columns of a sink that keeps no ledger. */
export function editMemoryOf(database: Database, sink: string): EditMemory {
  return {
    async read(target, keys) {
      const sql = `SELECT row, name, value FROM written
        WHERE sink = ? AND target = ? AND row IN (SELECT value FROM json_each(?))`;
      const rows = JSON.stringify(keys.map((key) => rowName(target, key)));
      const found = await database.all(sql, [sink, target.name, rows]);
      return rowsOf(target, keys, found);
    },
    async remember(target, changes) {
      const forgotten = changes.filter(({ kind }) => kind === 'delete');
      const written = changes.flatMap((change) => fieldsOf(target, change));
      const statements = [
        {
          sql: 'DELETE FROM written WHERE sink = ? AND target = ? AND row = ?',
          rows: forgotten.map(({ key }) => [sink, target.name, rowName(target, key)]),
        },
        {
          sql: 'INSERT OR REPLACE INTO written (sink, target, row, name, value) VALUES (?, ?, ?, ?, ?)',
          rows: written.map((field) => [sink, target.name, ...field]),
        },
      ].filter(({ rows }) => rows.length > 0);
      if (statements.length > 0) await database.write(statements);
    },
  };
}

/** With the names of the key: under another one the memory is another row's. */
function rowName({ columns, primary_key }: Target, key: string): string {
  return `${primary_key.map((place) => columns[place]?.name).join()} ${key}`;
}

/** Row, column and value of all that a change wrote to tracked columns. */
function fieldsOf(target: Target, { key, written = [] }: WrittenRow): SqlValue[][] {
  return target.columns.flatMap(({ name, tracked }, place) => {
    const value = written[place];
    return tracked && value !== undefined ? [[rowName(target, key), name, printJson(value)]] : [];
  });
}

function rowsOf(
  target: Target,
  keys: readonly string[],
  found: readonly (readonly SqlValue[])[],
): ReadonlyMap<string, Row> {
  const byRow = new Map<string, Map<string, Cell>>();
  for (const [row, name, value] of found) {
    const fields = byRow.get(String(row)) ?? new Map<string, Cell>();
    // Only cells were printed.
    byRow.set(String(row), fields.set(String(name), parseJson(String(value)) as Cell));
  }
  return new Map(
    keys.flatMap((key) => {
      const fields = byRow.get(rowName(target, key));
      return fields === undefined ? [] : [[key, target.columns.map(({ name }) => fields.get(name))] as const];
    }),
  );
}
