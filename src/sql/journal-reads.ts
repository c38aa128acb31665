import type { FieldChange, JournaledChanges, JournaledRun, RowChange, RowHistory } from '../model/changes.ts';
import { printJson } from '../model/json.ts';
import type { Cell, ColumnType } from '../model/types.ts';
import type { JournalLimit } from '../plugin/history-contract.ts';
import { keyOf } from '../transform/cells.ts';
import { type Entry, type Kept, parseEntries, type Shape } from './journal-entry.ts';
import { hasJournal, hasLedger, type LedgerColumn, readColumns } from './ledger.ts';
import type { SqlValue } from './libsql.ts';
import { storedRows } from './lookup.ts';
import { plainTarget } from './plain-target.ts';
import type { Session } from './session.ts';
import { discover } from './table.ts';

export async function journalRuns(session: Session): Promise<JournaledRun[]> {
  if (!(await hasJournal(session))) return [];
  const sql = `SELECT run, pipeline, target, max(id) FROM ${session.dialect.ledger('journal')}
    GROUP BY run, pipeline, target ORDER BY max(id)`;
  return (await session.all(sql)).map(([run, pipeline, target, last]) => {
    return { run: String(run), pipeline: String(pipeline), target: String(target), last: Number(last) };
  });
}

/** The next batch of a run after this one, in the order they were committed. */
export async function journalBatch(
  session: Session,
  run: string,
  after: number,
): Promise<{ readonly id: number; readonly batch: JournaledChanges } | undefined> {
  if (!(await hasJournal(session))) return undefined;
  const table = session.dialect.ledger('journal');
  const sql = `SELECT ${fields} FROM ${table} WHERE run = ? AND id > ? ORDER BY id LIMIT 1`;
  const [row] = await session.all(sql, [run, after]);
  return row && readBatch(row);
}

/** So many batches are looked through at a time. */
const page = 100;

/** The row with this key, given as text, and what the journal knows of it. */
export async function rowHistory(
  session: Session,
  target: string,
  key: readonly (readonly [column: string, text: string])[],
): Promise<RowHistory> {
  const row = await currentRow(session, target, key);
  if (!(await hasJournal(session))) return { row, changes: [] };
  const changes: RowHistory['changes'][number][] = [];
  const table = session.dialect.ledger('journal');
  const sql = `SELECT ${fields} FROM ${table} WHERE target = ? AND id < ? ORDER BY id DESC LIMIT ${page}`;
  let before = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const rows = await session.all(sql, [target, before]);
    if (rows.length === 0) return { row, changes };
    for (const found of rows) {
      before = Number(found[0]);
      const { changes: all, ...about } = readBatch(found, key).batch;
      for (const change of all) changes.push({ ...about, change });
    }
  }
}

/** The runs to forget, so that what is left is younger than `since`, and no more than `bytes`. */
export async function outdatedRuns(session: Session, { since, bytes }: JournalLimit): Promise<string[]> {
  if (!(await hasJournal(session))) return [];
  const table = session.dialect.ledger('journal');
  const sql = `SELECT run, max(at), sum(bytes) FROM ${table} GROUP BY run ORDER BY max(id) DESC`;
  let total = 0;
  const runs = await session.all(sql);
  const outdated = runs.findIndex(([, at, size]) => {
    total += Number(size);
    return total > bytes || String(at) < since;
  });
  return outdated === -1 ? [] : runs.slice(outdated).map(([run]) => String(run));
}

export async function forgetRuns(session: Session, runs: readonly string[]): Promise<void> {
  const sql = `DELETE FROM ${session.dialect.ledger('journal')} WHERE run = ?`;
  for (const run of runs) await session.run(sql, [run]);
}

const fields = 'id, run, pipeline, target, at, shape, changes';

type Key = readonly (readonly [column: string, text: string])[];

/** With a key, only the change of that row is taken out. */
function readBatch(row: readonly SqlValue[], key?: Key) {
  const [id, run, pipeline, target, at, shapeText, text] = row;
  const shape = JSON.parse(String(shapeText)) as Shape;
  const about = { run: String(run), pipeline: String(pipeline), target: String(target), at: String(at) };
  const wanted = key && keyCells(shape, key);
  // Parsing is what takes time, and most batches do not hold the row.
  const there = wanted === undefined || (wanted !== null && String(text).includes(printJson(wanted)));
  const entries = there ? parseEntries(String(text), shape) : [];
  const taken = wanted ? entries.filter((entry) => keyOf(entry[1]) === keyOf(wanted)) : entries;
  return { id: Number(id), batch: { ...about, changes: taken.map((entry) => toChange(entry, shape)) } };
}

/** The key as cells of that time; null where the target had another key. */
function keyCells({ columns, key }: Shape, wanted: Key): Cell[] | null {
  const texts = new Map(wanted);
  if (texts.size !== key.length) return null;
  const cells: Cell[] = [];
  for (const place of key) {
    const column = columns[place];
    const text = column && texts.get(column.name);
    if (column === undefined || text === undefined) return null;
    cells.push(toKeyCell(column.type, text));
  }
  return cells;
}

/** A value of a key as a person writes it. */
function toKeyCell(type: ColumnType, text: string): Cell {
  if (type === 'boolean') return text === 'true' || text === '1';
  if (type === 'number') return Number(text);
  if (type !== 'integer' || !/^-?[0-9]{1,19}$/.test(text)) return text;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

function toChange(entry: Entry, { columns, key, deleted_at }: Shape): RowChange {
  const [kind, cells] = entry;
  const named = cells.map((cell, index) => [columns[key[index] ?? -1]?.name ?? '', cell] as const);
  if (kind === 'delete') return { kind, key: named, fields: [] };
  if (kind !== 'update') return { kind: 'insert', key: named, fields: [] };
  const [, , places, before, after] = entry;
  const mark = places.indexOf(deleted_at ?? -1);
  if (mark >= 0 && (after[mark] ?? null) !== null) return { kind: 'delete', key: named, fields: [] };
  const changed = places.map((place, index): FieldChange => {
    const { name: column = '', strategy } = columns[place] ?? {};
    return { column, before: shown(before[index] ?? null), after: after[index] ?? null, strategy };
  });
  return { kind, key: named, fields: changed };
}

function shown(kept: Kept): Cell {
  return typeof kept === 'object' && kept !== null ? kept.cell : kept;
}

async function currentRow(session: Session, target: string, key: Key): Promise<RowHistory['row']> {
  const known = await discover(session, target);
  if (known === undefined) return undefined;
  const ledger = (await hasLedger(session))
    ? await readColumns(session, target)
    : new Map<string, LedgerColumn>();
  const stamps = [...ledger.values()].flatMap(({ name, type }) => (type === 'stamp' ? [name] : []));
  const places = key.map(([column]) => known.findIndex(({ name }) => name === column));
  if (places.includes(-1)) return undefined;
  const columns = known.map((column) => ({ ...column, strategy: '' }));
  const plain = await plainTarget(session, target, { columns, key: places, stamps });
  if (plain === undefined) return undefined;
  const cells = key.map(([, text], index) => toKeyCell(known[places[index] ?? -1]?.type ?? 'string', text));
  const [found] = await storedRows(session, plain, places, [cells], '');
  return found && Object.fromEntries(plain.columns.map(({ name }, place) => [name, found[place] ?? null]));
}
