import type { Target } from '../model/types.ts';
import { quote } from './dialect.ts';
import type { Session } from './session.ts';

/**
 * Makes sure that rows are found by their key, and by their parent, without reading the whole table for every batch.
 * A table we create has what it needs; one that others made may not. Returns what was done.
 */
export function ensureIndexes(session: Session, target: Target): string[] {
  if (target.mode !== 'upsert') return [];
  const indexed = indexedColumns(session, target.name);
  const wanted = [target.primary_key, target.within ?? []].map((places) => namesAt(target, places));
  return wanted.flatMap((names) => {
    if (names.length === 0 || indexed.some((columns) => beginsWith(columns, names))) return [];
    const index = quote(`_syncline_${target.name}_${names.join('_')}`);
    const columns = names.map(quote).join(', ');
    session.run(`CREATE INDEX IF NOT EXISTS ${index} ON ${quote(target.name)} (${columns})`);
    return [`index on ${columns} added`];
  });
}

function namesAt({ columns }: Target, places: readonly number[]): string[] {
  return places.flatMap((place) => columns[place]?.name ?? []);
}

function beginsWith(index: readonly string[], names: readonly string[]): boolean {
  return names.every((name) => index.slice(0, names.length).includes(name));
}

/** The columns of each index of a table, in order; an integer primary key is one too, though SQLite does not list it. */
function indexedColumns(session: Session, table: string): string[][] {
  const indexes = session.all('SELECT name FROM pragma_index_list(?) WHERE partial = 0', [table]);
  const columns = indexes.map(([index]) =>
    session
      .all('SELECT name FROM pragma_index_info(?) ORDER BY seqno', [index])
      .map(([name]) => String(name)),
  );
  const key = session.all('SELECT name, type FROM pragma_table_info(?) WHERE pk > 0', [table]);
  const [name, type] = key[0] ?? [];
  return key.length === 1 && /^integer$/i.test(String(type)) ? [...columns, [String(name)]] : columns;
}
