import { SyncError } from '../model/errors.ts';
import { plural } from '../model/plural.ts';
import type { Row, Target } from '../model/types.ts';
import type { Change } from '../transform/fold.ts';
import type { ReadyTarget, Stamp } from './dialect.ts';
import type { SqlValue } from './libsql.ts';
import { declaredAt, isExactly, nameAt, tupleOf } from './lookup.ts';
import type { Session } from './session.ts';

type Update = Extract<Change, { kind: 'update' }>;

/** Writes changes to the target's table. `now` is stamped on the rows that are inserted and updated. */
export async function writeChanges(
  session: Session,
  target: ReadyTarget,
  changes: readonly Change[],
  now: string,
): Promise<void> {
  const deletes = changes.flatMap((change) => (change.kind === 'delete' ? [change.before] : []));
  await deleteRows(session, target, deletes);
  for (const group of byChangedColumns(changes)) await updateRows(session, target, group, now);
  const inserts = changes.flatMap((change) => (change.kind === 'insert' ? [change.row] : []));
  await insertRows(session, target, inserts, now);
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

/** With the name of what tells where a row lies, it returns that of each row, in order. */
export async function insertRows(
  session: Session,
  target: ReadyTarget,
  rows: readonly Row[],
  now: string,
  place?: string,
): Promise<readonly SqlValue[]> {
  const { dialect } = session;
  const returning = place === undefined ? '' : ` RETURNING ${place}`;
  const stamps = stampsOf(session, target, now);
  const written = place === undefined && (await dialect.insertMany?.(session, target, rows, stamps));
  if (typeof written === 'number') {
    expectRows(session, target, rows.length, written);
    return [];
  }
  const names = [...target.columns.map(({ name }) => dialect.quote(name)), ...stamps.map(({ name }) => name)];
  const declared = target.columns.map((column) => column.declared);
  const values = ['v.*', ...stamps.map(() => '?')].join(', ');
  const places: SqlValue[] = [];
  for (const chunk of dialect.inChunks(rows, declared.length, stamps.length)) {
    const tuples = dialect.tuples(chunk, declared);
    const sql = `INSERT INTO ${dialect.table(target.name)} (${names.join(', ')}) SELECT ${values} FROM (${tuples.sql}) AS v${returning}`;
    const parameters = [...stamps.map(({ value }) => value), ...tuples.parameters];
    if (place === undefined) expectRows(session, target, chunk.length, await session.run(sql, parameters));
    else places.push(...(await session.all(sql, parameters)).flat());
  }
  if (place !== undefined) expectRows(session, target, rows.length, places.length);
  return places;
}

/** Updates that change the same columns, and only these: what a person put into the others is not touched. */
async function updateRows(
  session: Session,
  target: ReadyTarget,
  updates: readonly Update[],
  now: string,
): Promise<void> {
  const { dialect } = session;
  const { primary_key } = target;
  const changed = updates[0]?.changed ?? [];
  const stamps = stampsOf(session, target, now);
  const places = [...primary_key, ...changed];
  const matches = primary_key.map((place, index) =>
    isExactly(session, target, place, `v.column${index + 1}`),
  );
  const settings = [
    ...stamps.map(({ name }) => `${name} = ?`),
    ...changed.map(
      (place, index) => `${nameAt(session, target, place)} = v.column${primary_key.length + index + 1}`,
    ),
  ];
  for (const chunk of dialect.inChunks(updates, places.length, stamps.length)) {
    const rows = chunk.map(({ before, row }) => [
      ...primary_key.map((place) => before[place]),
      ...changed.map((place) => row[place]),
    ]);
    const tuples = dialect.tuples(rows, declaredAt(target, places));
    const sql = `UPDATE ${dialect.table(target.name)} AS t SET ${settings.join(', ')}
      FROM (${tuples.sql}) AS v WHERE ${matches.join(' AND ')}`;
    const parameters = [...stamps.map(({ value }) => value), ...tuples.parameters];
    expectRows(session, target, chunk.length, await session.run(sql, parameters));
  }
}

async function deleteRows(session: Session, target: ReadyTarget, rows: readonly Row[]): Promise<void> {
  const { dialect } = session;
  const { primary_key, name } = target;
  const keys = rows.map((row) => tupleOf(row, primary_key));
  const matching = (valueAt: (index: number) => string) =>
    primary_key.map((place, index) => isExactly(session, target, place, valueAt(index))).join(' AND ');
  if (!dialect.deleteJoins) {
    const sql = `DELETE FROM ${dialect.table(name)} AS t WHERE ${matching(() => '?')}`;
    for (const key of keys) expectRows(session, target, 1, await session.run(sql, key));
    return;
  }
  for (const chunk of dialect.inChunks(keys, primary_key.length)) {
    const tuples = dialect.tuples(chunk, declaredAt(target, primary_key));
    const sql = `DELETE FROM ${dialect.table(name)} AS t USING (${tuples.sql}) AS v
      WHERE ${matching((index) => `v.column${index + 1}`)}`;
    expectRows(session, target, chunk.length, await session.run(sql, tuples.parameters));
  }
}

function stampsOf({ dialect }: Session, { stamps, run }: Target, now: string): Stamp[] {
  const { run_id, synced_at } = stamps;
  return [
    ...(run_id === undefined ? [] : [{ name: dialect.quote(run_id), value: run.id }]),
    ...(synced_at === undefined ? [] : [{ name: dialect.quote(synced_at), value: now }]),
  ];
}

/** A trigger of the table may silently leave rows out. */
function expectRows({ dialect }: Session, target: Target, expected: number, written: number): void {
  if (written === expected) return;
  throw new SyncError(
    'sql/failed',
    `the table ${dialect.table(target.name)} took ${written} of ${plural(expected, 'row')}, so nothing was written`,
    {
      hint: 'Look at the triggers of the table.',
    },
  );
}
