import { SyncError } from '../model/errors.ts';
import type { Target } from '../model/types.ts';
import { quote } from './dialect.ts';
import type { Session } from './session.ts';

/**
 * Makes sure that rows are found by their key, and by their parent, without reading the whole table for every batch.
 * A table we create has what it needs; one that others made may not. Returns what was done.
 */
export function ensureIndexes(session: Session, target: Target): string[] {
  // What is appended to tracked columns is read back by its key.
  if (target.mode !== 'upsert' && !target.columns.some(({ tracked }) => tracked)) return [];
  const indexed = columnsFoundBy(session, target.name);
  const wanted = [target.primary_key, target.within ?? []].map((places) => namesAt(target, places));
  return wanted.flatMap((names) => {
    if (names.length === 0 || indexed.some((columns) => beginsWith(columns, names))) return [];
    const index = quote(freeName(session, `_syncline_${[target.name, ...names].join('_')}`));
    const columns = names.map((name) => `${quote(name)} COLLATE BINARY`).join(', ');
    session.run(`CREATE INDEX ${index} ON ${quote(target.name)} (${columns})`);
    return [`index on ${names.map(quote).join(', ')} added`];
  });
}

/** The name, or one like it: an index of another table may have it, as that of a table that was renamed does. */
function freeName(session: Session, name: string): string {
  const taken = (free: string) =>
    session.all('SELECT 1 FROM sqlite_schema WHERE name = ? COLLATE NOCASE', [free]);
  let free = name;
  for (let number = 2; taken(free).length > 0; number++) free = `${name}_${number}`;
  return free;
}

function namesAt({ columns }: Target, places: readonly number[]): string[] {
  return places.flatMap((place) => columns[place]?.name ?? []);
}

function beginsWith(index: readonly (string | undefined)[], names: readonly string[]): boolean {
  return names.every((name) => index.slice(0, names.length).includes(name));
}

/**
 * Refuses a key that the table holds unique under a collation of its own, such as NOCASE: two keys that differ would
 * be one there, and the second could never be inserted.
 */
export function refuseFoldedKey(session: Session, target: Target): void {
  if (target.mode !== 'upsert') return;
  const key = new Set(namesAt(target, target.primary_key));
  for (const { unique, columns } of indexesOf(session, target.name)) {
    if (!unique || !columns.every(({ name }) => name !== undefined && key.has(name))) continue;
    const folded = columns.find(isFolded);
    if (folded?.name === undefined) continue;
    throw new SyncError(
      'schema/collation',
      `the key column ${quote(folded.name)} of the table ${quote(target.name)} is unique under the collation ${folded.collation}, which takes different keys for one`,
      { hint: 'Make the table anew without that collation, or write to another one.' },
    );
  }
}

interface IndexColumn {
  /** Undefined for an expression and for the rowid. */
  readonly name: string | undefined;
  readonly collation: string;
}

interface Index {
  readonly unique: boolean;
  readonly columns: readonly IndexColumn[];
}

function isFolded({ collation }: IndexColumn): boolean {
  return collation.toUpperCase() !== 'BINARY';
}

/** The indexes of a table that have all its rows. */
function indexesOf(session: Session, table: string): Index[] {
  const indexes = session.all('SELECT name, "unique" FROM pragma_index_list(?) WHERE partial = 0', [table]);
  return indexes.map(([index, unique]) => {
    const sql = 'SELECT name, coll FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno';
    const columns = session.all(sql, [index]).map(([name, collation]) => {
      return { name: name === null ? undefined : String(name), collation: String(collation) };
    });
    return { unique: unique === 1, columns };
  });
}

/**
 * The columns that each index of a table finds by their exact value, in order; an integer primary key is one too,
 * though SQLite does not list it.
 */
function columnsFoundBy(session: Session, table: string): (string | undefined)[][] {
  const columns = indexesOf(session, table).map((index) =>
    index.columns.map((column) => (isFolded(column) ? undefined : column.name)),
  );
  const key = session.all('SELECT name, type FROM pragma_table_info(?) WHERE pk > 0', [table]);
  const [name, type] = key[0] ?? [];
  return key.length === 1 && /^integer$/i.test(String(type)) ? [...columns, [String(name)]] : columns;
}
