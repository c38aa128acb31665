import { mergesByKey } from '../model/modes.ts';
import type { Target } from '../model/types.ts';
import type { Session } from './session.ts';

/**
 * Makes sure that rows are found by their key, and by their parent, without reading the whole table for every batch.
 * A table we create has what it needs; one that others made may not. Returns what was done.
 */
export async function ensureIndexes(session: Session, target: Target): Promise<string[]> {
  // What is appended to tracked columns is read back by its key.
  if (!mergesByKey(target) && !target.columns.some(({ tracked }) => tracked)) return [];
  const { dialect } = session;
  const indexed = await dialect.indexedColumns(session, target.name);
  const done: string[] = [];
  for (const places of [target.primary_key, target.within ?? []]) {
    const names = namesAt(target, places);
    if (names.length === 0 || indexed.some((columns) => beginsWith(columns, names))) continue;
    await dialect.createIndex(session, target.name, names);
    done.push(`index on ${names.map(dialect.quote).join(', ')} added`);
  }
  return done;
}

/** The names of the columns at these places. */
export function namesAt({ columns }: Target, places: readonly number[]): string[] {
  return places.flatMap((place) => columns[place]?.name ?? []);
}

function beginsWith(index: readonly (string | undefined)[], names: readonly string[]): boolean {
  return names.every((name) => index.slice(0, names.length).includes(name));
}
