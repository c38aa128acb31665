import type { Cell, Row, Target } from '../model/types.ts';
import { keyOf } from '../transform/cells.ts';
import type { Change } from '../transform/fold.ts';
import { isStorable } from '../transform/text.ts';
import type { CommitId, StoredEntry } from './checkpoints.ts';
import type { ReadyTarget } from './dialect.ts';
import {
  type Entry,
  hashRow,
  type Kept,
  printEntries,
  printMemory,
  type RowMemory,
  shapeOf,
} from './journal-entry.ts';
import { readWritten } from './ledger.ts';
import { declaredAt, isExactly, nameAt, tupleOf } from './lookup.ts';
import { memoryRow } from './memory.ts';
import type { Session } from './session.ts';
import { stampsBefore } from './stamps.ts';
import { storedColumns } from './table.ts';

/** Whose changes are kept. */
export interface JournalPlace {
  readonly commit: CommitId;
  /** The ledger's entry from before the batch. */
  readonly before: StoredEntry | undefined;
}

/** What a batch is going to change, as the journal keeps it. Called before it is written. */
export async function entriesOf(
  session: Session,
  target: ReadyTarget,
  changes: readonly Change[],
): Promise<Entry[]> {
  const shape = shapeOf(target);
  const stamps = await stampsBefore(session, target.name, shape, changes);
  const deleted = changes.flatMap((change) =>
    change.kind === 'delete' ? [tupleOf(change.before, shape.key)] : [],
  );
  const whole = await wholeRows(session, target, deleted);
  const entries: Entry[] = [];
  for (const change of changes) {
    if (change.kind === 'remember') continue;
    if (change.kind === 'insert') {
      entries.push(['insert', tupleOf(change.row, shape.key), hashRow(change.row, shape.columns)]);
      continue;
    }
    const { before } = change;
    const key = tupleOf(before, shape.key);
    if (change.kind === 'delete') {
      entries.push(['delete', key, whole.get(keyOf(key)) ?? {}]);
      continue;
    }
    const { changed, row } = change;
    const old: Kept[] = [];
    for (const place of changed) old.push(await keptCell(session, target, before, place));
    entries.push(['update', key, changed, old, tupleOf(row, changed), stamps.get(change.key) ?? []]);
  }
  return entries;
}

/** What is remembered of the rows that are about to change; empty where nothing is tracked. */
export async function memoryOf(
  session: Session,
  target: Target,
  changes: readonly Change[],
): Promise<RowMemory[]> {
  if (target.primary_key.length === 0 || !target.columns.some(({ tracked }) => tracked)) return [];
  const rows = changes.map((change) =>
    memoryRow(target, change.kind === 'delete' ? change.before : change.row),
  );
  const written = await readWritten(session, target.name, rows);
  return rows.map((row) => [row, [...(written.get(row) ?? [])]]);
}

/** Keeps a batch, so that it can be undone. The first of a run is kept even when it changed nothing: its checkpoint did. */
export async function keepBatch(
  session: Session,
  { commit, before }: JournalPlace,
  target: Target,
  entries: readonly Entry[],
  memory: readonly RowMemory[],
): Promise<void> {
  const { pipeline, target: name, run } = commit;
  if (entries.length + memory.length === 0 && (await isKnown(session, commit))) return;
  const shape = JSON.stringify(shapeOf(target));
  const texts = [shape, printEntries(entries), printMemory(memory), JSON.stringify(before ?? null)];
  const bytes = texts.reduce((sum, text) => sum + text.length, 0);
  await session.run(
    `INSERT INTO ${session.dialect.ledger('journal')} (pipeline, target, run, at, shape, changes, memory, before, bytes)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [pipeline, name, run, new Date().toISOString(), ...texts, bytes],
  );
}

async function isKnown(session: Session, { pipeline, target, run }: CommitId): Promise<boolean> {
  const table = session.dialect.ledger('journal');
  const sql = `SELECT 1 FROM ${table} WHERE run = ? AND pipeline = ? AND target = ? LIMIT 1`;
  return (await session.all(sql, [run, pipeline, target])).length > 0;
}

/** A cell that can be written back, or SQL for what others put there and Syncline never would. */
async function keptCell(session: Session, target: ReadyTarget, row: Row, place: number): Promise<Kept> {
  const cell = row[place] ?? null;
  if (typeof cell !== 'string' || isStorable(cell)) return cell;
  const key = tupleOf(row, target.primary_key);
  const found = await literals(session, target, [target.columns[place]?.name ?? ''], [key]);
  return { sql: found.get(keyOf(key))?.[0] ?? 'NULL', cell };
}

/** Rows as they lie there, by key: each value as SQL. */
async function wholeRows(
  session: Session,
  target: ReadyTarget,
  keys: readonly (readonly Cell[])[],
): Promise<ReadonlyMap<string, { readonly [column: string]: string }>> {
  if (keys.length === 0) return new Map();
  const columns = await storedColumns(session, target.name);
  const rows = await literals(session, target, columns, keys);
  const named = (values: readonly string[]) =>
    Object.fromEntries(columns.map((column, index) => [column, values[index] ?? 'NULL']));
  return new Map([...rows].map(([key, values]) => [key, named(values)]));
}

/** What these columns hold in these rows, as SQL, by key. */
async function literals(
  session: Session,
  target: ReadyTarget,
  columns: readonly string[],
  keys: readonly (readonly Cell[])[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { dialect } = session;
  const { primary_key, name } = target;
  const found = new Map<string, readonly string[]>();
  const matches = primary_key.map((place, index) =>
    isExactly(session, target, place, `v.column${index + 1}`),
  );
  const selected = [
    ...primary_key.map((place) => `t.${nameAt(session, target, place)}`),
    ...columns.map((column) => dialect.literal(`t.${dialect.quote(column)}`)),
  ];
  for (const chunk of dialect.inChunks(keys, primary_key.length)) {
    const tuples = dialect.tuples(chunk, declaredAt(target, primary_key));
    const sql = `SELECT ${selected.join(', ')} FROM (${tuples.sql}) AS v
      ${dialect.join} ${dialect.table(name)} AS t ON ${matches.join(' AND ')}`;
    for (const row of await session.all(sql, tuples.parameters)) {
      const key = primary_key.map((place, index) =>
        dialect.toCell(target.columns[place]?.type ?? 'string', row[index] ?? null),
      );
      found.set(keyOf(key), row.slice(primary_key.length).map(String));
    }
  }
  return found;
}
