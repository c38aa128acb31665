import type { UndoneBatch } from '../model/changes.ts';
import { parseCheckpoint, printCheckpoint } from '../model/checkpoint-json.ts';
import { SyncError } from '../model/errors.ts';
import { plural } from '../model/plural.ts';
import type { Cell, Row } from '../model/types.ts';
import { equalCells, keyOf, keyOfRow } from '../transform/cells.ts';
import type { Change } from '../transform/fold.ts';
import { appendedRows } from './appended.ts';
import { writeChanges } from './changes.ts';
import { holdEntry, type StoredEntry, writeEntry } from './checkpoints.ts';
import type { ReadyTarget, RowPlace } from './dialect.ts';
import { type Entry, hashRow, parseEntries, parseMemory, type Shape } from './journal-entry.ts';
import { forgetRow, hasJournal, readColumns, rememberWritten } from './ledger.ts';
import { isExactly, nameAt, storedRows } from './lookup.ts';
import { plainTarget } from './plain-target.ts';
import type { Session } from './session.ts';

export interface UndoStep {
  readonly run: string;
  /** By the name a checkpoint is kept under; undefined where nothing is to last: then the ledger's entry is left alone. */
  readonly fences?: { readonly [pipeline: string]: number };
  readonly force: boolean;
}

/** A batch as the journal keeps it. */
export interface JournalRow {
  readonly id: number;
  readonly pipeline: string;
  readonly target: string;
  readonly shape: Shape;
  readonly entries: readonly Entry[];
  readonly memory: string;
  readonly before: string;
}

/** The newest batch of a run that is left in the journal. */
export async function newestBatch(session: Session, run: string): Promise<JournalRow | undefined> {
  if (!(await hasJournal(session))) return undefined;
  const table = session.dialect.ledger('journal');
  const sql = `SELECT id, pipeline, target, shape, changes, memory, before FROM ${table}
    WHERE run = ? ORDER BY id DESC LIMIT 1`;
  const [row] = await session.all(sql, [run]);
  if (row === undefined) return undefined;
  const [id, pipeline, target, shapeText, changes, memory, before] = row;
  const shape = JSON.parse(String(shapeText)) as Shape;
  return {
    id: Number(id),
    pipeline: String(pipeline),
    target: String(target),
    shape,
    entries: parseEntries(String(changes), shape),
    memory: String(memory),
    before: String(before),
  };
}

/**
 * Takes the newest batch of a run back that is left: its rows, its memory of edits, the ledger's entry; and forgets it.
 * Undefined when none is left. Throws `undo/edited`.
 */
export async function undoBatch(
  session: Session,
  { run, fences, force }: UndoStep,
): Promise<UndoneBatch | undefined> {
  const batch = await newestBatch(session, run);
  if (batch === undefined) return undefined;
  const { pipeline, target } = batch;
  const fence = fences?.[pipeline] ?? 0;
  if (fences) await holdEntry(session, { pipeline, target }, fence);
  const undoing = new Undoing(session, batch, await whatIsThere(session, batch));
  for (const entry of batch.entries) undoing.add(entry);
  const { edited, counts } = undoing;
  if (edited.length > 0 && !force) throw editedSince(session, target, edited);
  await undoing.write();
  for (const [row, fields] of parseMemory(batch.memory)) {
    await forgetRow(session, target, row);
    await rememberWritten(
      session,
      target,
      fields.map(([name, value]) => ({ row, name, value })),
    );
  }
  if (fences) await writeEntry(session, { pipeline, target }, { ...entryBefore(batch), fence });
  await session.run(`DELETE FROM ${session.dialect.ledger('journal')} WHERE id = ?`, [batch.id]);
  return { pipeline, target, ...counts, edited };
}

/** The entry from before a batch. The keys that were seen by then are not known any more: such a read begins anew. */
function entryBefore({ before, shape }: JournalRow): StoredEntry | typeof unwritten {
  const entry = (JSON.parse(before) as StoredEntry | null) ?? unwritten;
  const { cursor, position } = parseCheckpoint(entry.checkpoint);
  if (shape.mode !== 'mirror' && !position?.full) return entry;
  return { ...entry, checkpoint: printCheckpoint({ cursor }) };
}

const unwritten = { checkpoint: '{}', run: '', batch: 0, basis: '', wrote: false };

/** What the table holds of the rows of a batch. */
interface WhatIsThere {
  /** Undefined when the whole table is gone. */
  readonly target?: ReadyTarget;
  readonly place?: RowPlace;
  readonly present: ReadonlyMap<string, Row>;
  readonly appended: ReadonlyMap<Cell, Row>;
}

async function whatIsThere(
  session: Session,
  { target: name, shape, entries }: JournalRow,
): Promise<WhatIsThere> {
  const nothing: WhatIsThere = { present: new Map(), appended: new Map() };
  const target = entries.length > 0 ? await plainTarget(session, name, shape) : undefined;
  if (target === undefined) return nothing;
  await refuseWidened(session, name, shape);
  const keys = entries.flatMap(([kind, key]) => (kind === 'append' || key.length === 0 ? [] : [key]));
  const present = new Map<string, Row>();
  for (const row of await storedRows(session, target, shape.key, keys))
    present.set(keyOfRow(row, shape.key), row);
  const places = entries.flatMap((entry) => (entry[0] === 'append' ? [entry[3]] : []));
  const place = places.length > 0 ? await session.dialect.rowPlace(session, name) : undefined;
  const appended = place ? await appendedRows(session, target, place, places) : nothing.appended;
  return { target, place, present, appended };
}

/** Throws where a column was given another type since: what was kept is not what would lie there now. */
async function refuseWidened(session: Session, target: string, { columns }: Shape): Promise<void> {
  const known = await readColumns(session, target);
  for (const { name, type } of columns) {
    const now = known.get(name)?.type;
    if (now === undefined || now === type) continue;
    throw new SyncError(
      'undo/edited',
      `the column ${session.dialect.quote(name)} of ${session.dialect.table(target)} was ${type} then, and is ${now} now`,
      { hint: 'What the run changed in it is told by `syncline diff`; it cannot be put back as it was.' },
    );
  }
}

/** What taking one batch back comes to. */
class Undoing {
  readonly edited: string[] = [];
  readonly counts = { inserted: 0, updated: 0, deleted: 0 };
  readonly #session: Session;
  readonly #shape: Shape;
  readonly #there: WhatIsThere;
  readonly #changes: Change[] = [];
  readonly #statements: { readonly sql: string; readonly parameters: readonly unknown[] }[] = [];

  constructor(session: Session, { shape }: JournalRow, there: WhatIsThere) {
    this.#session = session;
    this.#shape = shape;
    this.#there = there;
  }

  add(entry: Entry): void {
    const [kind, key] = entry;
    if (kind === 'append') this.#removeAppended(key, entry[2], entry[3]);
    else if (kind === 'insert') this.#remove(key, entry[2]);
    else if (kind === 'update') this.#restore(entry);
    else this.#bringBack(key, entry[2]);
  }

  async write(): Promise<void> {
    const { target } = this.#there;
    if (target === undefined) return;
    await writeChanges(this.#session, target, this.#changes, '');
    for (const { sql, parameters } of this.#statements) await this.#session.run(sql, parameters);
  }

  #remove(key: readonly Cell[], hash: number): void {
    const row = this.#there.present.get(keyOf(key));
    // That somebody removed it too is no reason to stop.
    if (row === undefined) return;
    if (this.#hash(row) !== hash) this.#edit(key);
    this.#changes.push({ kind: 'delete', key: keyOf(key), before: row });
    this.counts.deleted += 1;
  }

  #removeAppended(key: readonly Cell[], hash: number, at: Cell): void {
    const { target, place, appended } = this.#there;
    const row = appended.get(at);
    if (target === undefined || place === undefined) return;
    if (row === undefined || this.#hash(row) !== hash) {
      // Where the place of a row changes with it, one that is not there was changed, not removed, more likely than not.
      if (row === undefined && !this.#session.dialect.rowsMove) return;
      this.edited.push(key.length > 0 ? this.#named(key) : `the row at ${at}`);
      // At a place that was given anew lies a row of somebody else.
      return;
    }
    this.#statements.push({
      sql: `DELETE FROM ${this.#session.dialect.table(target.name)} WHERE ${place.name} = ?`,
      parameters: [at],
    });
    this.counts.deleted += 1;
  }

  #restore([, key, places, before, after, stamps]: Extract<Entry, readonly ['update', ...unknown[]]>): void {
    const row = this.#there.present.get(keyOf(key));
    const typeAt = (place: number) => this.#shape.columns[place]?.type ?? 'string';
    const same = (place: number, index: number) =>
      equalCells(typeAt(place), row?.[place] ?? null, after[index] ?? null);
    if (row === undefined || !places.every(same)) this.#edit(key);
    if (row === undefined) return;
    const restored = [...row];
    for (const [index, place] of places.entries()) {
      const cell = before[index] ?? null;
      if (typeof cell === 'object' && cell !== null) this.#setTo(key, place, cell.sql);
      else restored[place] = cell;
    }
    const width = this.#shape.columns.length;
    for (const [index, stamp] of stamps.entries()) restored[width + index] = stamp;
    const changed = [...places, ...stamps.map((_, index) => width + index)];
    this.#changes.push({ kind: 'update', key: keyOf(key), before: row, row: restored, changed });
    this.counts.updated += 1;
  }

  #bringBack(key: readonly Cell[], values: { readonly [column: string]: string }): void {
    const { target, present } = this.#there;
    const row = present.get(keyOf(key));
    if (row !== undefined || target === undefined) this.#edit(key);
    if (target === undefined) return;
    if (row !== undefined) this.#changes.push({ kind: 'delete', key: keyOf(key), before: row });
    const { quote, table, overriding } = this.#session.dialect;
    const columns = Object.keys(values).map(quote);
    const sql = `INSERT INTO ${table(target.name)} (${columns.join(', ')}) ${overriding} VALUES (${Object.values(values).join(', ')})`;
    this.#statements.push({ sql, parameters: [] });
    this.counts.inserted += 1;
  }

  #setTo(key: readonly Cell[], place: number, sql: string): void {
    const { target } = this.#there;
    if (target === undefined) return;
    const matches = this.#shape.key.map((each) => isExactly(this.#session, target, each, '?'));
    this.#statements.push({
      sql: `UPDATE ${this.#session.dialect.table(target.name)} AS t SET ${nameAt(this.#session, target, place)} = ${sql}
        WHERE ${matches.join(' AND ')}`,
      parameters: key,
    });
  }

  #hash(row: Row): number {
    return hashRow(row, this.#shape.columns);
  }

  #edit(key: readonly Cell[]): void {
    this.edited.push(this.#named(key));
  }

  #named(key: readonly Cell[]): string {
    return key
      .map((cell, index) => `${this.#shape.columns[this.#shape.key[index] ?? -1]?.name}=${cell}`)
      .join(', ');
  }
}

/** So many rows are named. */
const named = 5;

function editedSince({ dialect }: Session, target: string, edited: readonly string[]): SyncError {
  const rest = edited.length > named ? ` and ${edited.length - named} more` : '';
  return new SyncError(
    'undo/edited',
    `${plural(edited.length, 'row')} of ${dialect.table(target)} changed since: ${edited.slice(0, named).join('; ')}${rest}`,
    { hint: 'Look at them. To take them back all the same, add --force.' },
  );
}
