import { SyncError } from '../model/errors.ts';
import { plural } from '../model/plural.ts';
import type { Row, Target } from '../model/types.ts';
import type { Change } from '../transform/fold.ts';
import { inChunks, placeholders } from './chunks.ts';
import { quote } from './dialect.ts';
import { isExactly, nameAt } from './lookup.ts';
import type { Session } from './session.ts';

type Update = Extract<Change, { kind: 'update' }>;

/** Writes changes to the target's table. `now` is stamped on the rows that are inserted and updated. */
export function writeChanges(
  session: Session,
  target: Target,
  changes: readonly Change[],
  now: string,
): void {
  for (const change of changes) if (change.kind === 'delete') deleteRow(session, target, change.before);
  for (const group of byChangedColumns(changes)) updateRows(session, target, group, now);
  const inserts = changes.flatMap((change) => (change.kind === 'insert' ? [change.row] : []));
  insertRows(session, target, inserts, now);
}

function byChangedColumns(changes: readonly Change[]): Iterable<readonly Update[]> {
  const groups = new Map<string, Update[]>();
  for (const change of changes) {
    if (change.kind !== 'update') continue;
    const columns = change.changed.join();
    const group = groups.get(columns);
    if (group) group.push(change);
    else groups.set(columns, [change]);
  }
  return groups.values();
}

export function insertRows(session: Session, target: Target, rows: readonly Row[], now: string): void {
  const stamps = stampsOf(target, now);
  const names = [...target.columns.map(({ name }) => quote(name)), ...stamps.map(({ name }) => name)];
  const stampValues = stamps.map(({ value }) => value);
  for (const chunk of inChunks(rows, names.length)) {
    const sql = `INSERT INTO ${quote(target.name)} (${names.join(', ')}) VALUES ${placeholders(chunk.length, names.length)}`;
    const parameters: unknown[] = [];
    for (const row of chunk) parameters.push(...row, ...stampValues);
    expectRows(target, chunk.length, session.run(sql, parameters));
  }
}

/** Updates that change the same columns, and only these: what a person put into the others is not touched. */
function updateRows(session: Session, target: Target, updates: readonly Update[], now: string): void {
  const { primary_key } = target;
  const changed = updates[0]?.changed ?? [];
  const stamps = stampsOf(target, now);
  const width = primary_key.length + changed.length;
  const matches = primary_key.map((place, index) => `t.${isExactly(target, place, `v.column${index + 1}`)}`);
  const settings = [
    ...stamps.map(({ name }) => `${name} = ?`),
    ...changed.map((place, index) => `${nameAt(target, place)} = v.column${primary_key.length + index + 1}`),
  ];
  for (const chunk of inChunks(updates, width, stamps.length)) {
    const sql = `UPDATE ${quote(target.name)} AS t SET ${settings.join(', ')}
      FROM (VALUES ${placeholders(chunk.length, width)}) AS v WHERE ${matches.join(' AND ')}`;
    const parameters: unknown[] = stamps.map(({ value }) => value);
    for (const { before, row } of chunk) {
      for (const place of primary_key) parameters.push(before[place]);
      for (const place of changed) parameters.push(row[place]);
    }
    expectRows(target, chunk.length, session.run(sql, parameters));
  }
}

function deleteRow(session: Session, target: Target, row: Row): void {
  const matches = target.primary_key.map((place) => isExactly(target, place, '?'));
  const sql = `DELETE FROM ${quote(target.name)} WHERE ${matches.join(' AND ')}`;
  expectRows(
    target,
    1,
    session.run(
      sql,
      target.primary_key.map((place) => row[place]),
    ),
  );
}

function stampsOf({ stamps, run }: Target, now: string): { name: string; value: string }[] {
  const { run_id, synced_at } = stamps;
  return [
    ...(run_id === undefined ? [] : [{ name: quote(run_id), value: run.id }]),
    ...(synced_at === undefined ? [] : [{ name: quote(synced_at), value: now }]),
  ];
}

/** A trigger of the table may silently leave rows out. */
function expectRows(target: Target, expected: number, written: number): void {
  if (written === expected) return;
  throw new SyncError(
    'sql/failed',
    `the table ${quote(target.name)} took ${written} of ${plural(expected, 'row')}, so nothing was written`,
    {
      hint: 'Look at the triggers of the table.',
    },
  );
}
