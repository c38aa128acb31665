import { SyncError } from '../model/errors.ts';
import { mergesByKey } from '../model/modes.ts';
import type { Target } from '../model/types.ts';
import { namesAt } from './indexes.ts';
import { quote } from './quote.ts';
import type { Session } from './session.ts';

/** An index under a name of its own: an index of another table may have it, as that of a table that was renamed does. */
export async function createIndex(session: Session, table: string, names: readonly string[]): Promise<void> {
  const index = quote(await freeName(session, `_syncline_${[table, ...names].join('_')}`));
  const columns = names.map((name) => `${quote(name)} COLLATE BINARY`).join(', ');
  await session.run(`CREATE INDEX ${index} ON ${quote(table)} (${columns})`);
}

async function freeName(session: Session, name: string): Promise<string> {
  const sql = 'SELECT 1 FROM sqlite_schema WHERE name = ? COLLATE NOCASE';
  let free = name;
  for (let number = 2; (await session.all(sql, [free])).length > 0; number++) free = `${name}_${number}`;
  return free;
}

/**
 * Refuses a key that the table holds unique under a collation of its own, such as NOCASE: two keys that differ would
 * be one there, and the second could never be inserted.
 */
export async function refuseFoldedKey(session: Session, target: Target): Promise<void> {
  if (!mergesByKey(target)) return;
  const key = new Set(namesAt(target, target.primary_key));
  for (const { unique, columns } of await indexesOf(session, target.name)) {
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
async function indexesOf(session: Session, table: string): Promise<Index[]> {
  const sql = 'SELECT name, "unique" FROM pragma_index_list(?) WHERE partial = 0';
  const indexes: Index[] = [];
  for (const [index, unique] of await session.all(sql, [table])) {
    const info = 'SELECT name, coll FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno';
    const columns = (await session.all(info, [index])).map(([name, collation]) => {
      return { name: name === null ? undefined : String(name), collation: String(collation) };
    });
    indexes.push({ unique: unique === 1, columns });
  }
  return indexes;
}

/**
 * The columns that each index of a table finds by their exact value, in order; an integer primary key is one too,
 * though SQLite does not list it.
 */
export async function indexedColumns(session: Session, table: string): Promise<(string | undefined)[][]> {
  const columns = (await indexesOf(session, table)).map((index) =>
    index.columns.map((column) => (isFolded(column) ? undefined : column.name)),
  );
  const key = await session.all('SELECT name, type FROM pragma_table_info(?) WHERE pk > 0', [table]);
  const [name, type] = key[0] ?? [];
  return key.length === 1 && /^integer$/i.test(String(type)) ? [...columns, [String(name)]] : columns;
}
