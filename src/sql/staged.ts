/** What a read that may become complete showed so far: the keys a mirror has seen, the rows that are to replace a table. */

import { createHash } from 'node:crypto';
import { parseJson, printJson } from '../model/json.ts';
import type { Cell, Row, RowBatch, Target } from '../model/types.ts';
import { keyOf, keyOfRow } from '../transform/cells.ts';
import { type Change, fold } from '../transform/fold.ts';
import type { SqlValue } from './libsql.ts';
import type { Session } from './session.ts';

/** Stands for a key that is not known, where a real one is never empty. */
const unknownKey = '';
/** Longer keys are kept as their hash: an index has no room for texts of any length. */
const longestKey = 200;
const clearedAtOnce = 10_000;

interface Staged {
  readonly key: string;
  readonly row?: Row;
  readonly fresh?: boolean;
}

/** Remembers the keys a batch showed: those of its rows, of rejects, and that one was not known. */
export async function stageSeen(
  session: Session,
  { target, rows, tombstones = [], seen }: Pick<RowBatch, 'target' | 'rows' | 'tombstones' | 'seen'>,
  changes: readonly Change[],
): Promise<void> {
  if (seen === undefined) return;
  const gone = new Set(tombstones);
  const fresh = new Set(changes.filter((change) => isFresh(change, target)).map(({ key }) => key));
  const keys = [
    ...rows.flatMap((row, place) => (gone.has(place) ? [] : [keyOfRow(row, target.primary_key)])),
    ...seen.keys.map(keyOf),
  ];
  const staged = [...new Set(keys)].map((key) => ({ key: storedKey(key), fresh: fresh.has(key) }));
  await write(session, target, seen.withhold ? [...staged, { key: unknownKey }] : staged, 'DO NOTHING');
}

/** Whether no living row of its key was there before. */
function isFresh(change: Change, { deleted_at }: Target): boolean {
  if (change.kind !== 'update') return change.kind === 'insert';
  return deleted_at !== undefined && (change.before[deleted_at] ?? null) !== null;
}

/** Keeps the rows of a batch aside: those of one key are folded into one, all others stay in their order. */
export async function stageRows(
  session: Session,
  batch: Pick<RowBatch, 'target' | 'rows' | 'number'>,
): Promise<void> {
  const { target, rows, number } = batch;
  if (target.primary_key.length === 0) {
    const keyed = rows.map((row, place) => ({ key: `${padded(number)}${padded(place)}`, row }));
    return write(session, target, keyed, 'DO NOTHING');
  }
  const keys = rows.map((row) => storedKey(keyOfRow(row, target.primary_key)));
  const before = await stagedAmong(session, target, [target.pipeline], keys);
  const existing = [...before.values()].map(({ row }) => parseRow(row, target));
  const byKey = new Map(existing.map((row) => [keyOfRow(row, target.primary_key), { row }]));
  const { changes } = fold({ target, rows }, byKey);
  const staged = changes.flatMap((change) =>
    change.kind === 'insert' || change.kind === 'update'
      ? [{ key: storedKey(change.key), row: change.row }]
      : [],
  );
  await write(session, target, staged, 'DO UPDATE SET row = excluded.row');
}

function padded(number: number): string {
  return String(number).padStart(12, '0');
}

async function write(
  session: Session,
  target: Target,
  staged: readonly Staged[],
  onConflict: string,
): Promise<void> {
  const { dialect } = session;
  for (const chunk of dialect.inChunks(staged, 5)) {
    const rows = chunk.map(({ key, row, fresh = false }) => {
      return [dialect.nameOf(target.name), key, target.pipeline, row && printRow(row), Number(fresh)];
    });
    const { sql, parameters } = dialect.tuples(rows, ['text', 'text', 'text', 'text', 'integer']);
    await session.run(
      `INSERT INTO ${dialect.ledger('staged')} (target, key, part, row, fresh) ${sql}
      ON CONFLICT (target, key, part) ${onConflict}`,
      parameters,
    );
  }
}

/** Of these keys of the target, as they are stored, what the parts of a read staged: a part that did not count is left out. */
async function stagedAmong(
  session: Session,
  { name }: Target,
  parts: readonly string[],
  keys: readonly string[],
): Promise<Map<string, { fresh: boolean; row: SqlValue }>> {
  const { dialect } = session;
  const found = new Map<string, { fresh: boolean; row: SqlValue }>();
  const counted = new Set(parts);
  for (const chunk of dialect.inChunks([...new Set(keys)], 1)) {
    const tuples = dialect.tuples(
      chunk.map((key) => [key]),
      ['text'],
    );
    const sql = `SELECT s.key, s.part, s.fresh, s.row FROM (${tuples.sql}) AS v
      ${dialect.join} ${dialect.ledger('staged')} AS s ON s.key = v.column1 AND s.target = ?`;
    const rows = await session.all(sql, [...tuples.parameters, dialect.nameOf(name)]);
    for (const [key, part, fresh, row = null] of rows) {
      if (!counted.has(String(part))) continue;
      const known = found.get(String(key));
      found.set(String(key), { fresh: known?.fresh === true || Number(fresh) === 1, row });
    }
  }
  return found;
}

/** Tells of keys of the target whether the read showed them, and whether its rows are new: `undefined` is absent. */
export async function lookUpStaged(
  session: Session,
  target: Target,
  parts: readonly string[],
  keys: readonly string[],
): Promise<(key: string) => 'fresh' | 'known' | undefined> {
  const found = await stagedAmong(session, target, parts, keys.map(storedKey));
  return (key) => {
    const staged = found.get(storedKey(key));
    return staged && (staged.fresh ? 'fresh' : 'known');
  };
}

/** The rows kept aside after a key, in the order of their keys; as many as `limit`. */
export async function stagedRows(
  session: Session,
  target: Target,
  after: string,
  limit: number,
): Promise<{ readonly rows: readonly Row[]; readonly last: string } | undefined> {
  const { dialect } = session;
  const sql = `SELECT key, row FROM ${dialect.ledger('staged')}
    WHERE target = ? AND part = ? AND key > ? ORDER BY key LIMIT ${limit}`;
  const found = await session.all(sql, [dialect.nameOf(target.name), target.pipeline, after]);
  const last = found.at(-1);
  return last && { rows: found.map(([, row]) => parseRow(row, target)), last: String(last[0]) };
}

/** Whether the parts of a read showed anything at all, and whether a key of it is not known. */
export async function surveyStaged(
  session: Session,
  { name }: Target,
  parts: readonly string[],
): Promise<{ readonly empty: boolean; readonly withheld: boolean }> {
  const { dialect } = session;
  const from = `FROM ${dialect.ledger('staged')} WHERE target = ?`;
  const target = dialect.nameOf(name);
  const unknown = await session.all(`SELECT part ${from} AND key = ?`, [target, unknownKey]);
  const withheld = unknown.some(([part]) => parts.includes(String(part)));
  for (const part of parts) {
    const shown = `SELECT 1 ${from} AND part = ? AND key <> ? LIMIT 1`;
    if ((await session.all(shown, [target, part, unknownKey])).length > 0) return { empty: false, withheld };
  }
  return { empty: true, withheld };
}

export async function countStaged(session: Session, { name, pipeline }: Target): Promise<number> {
  const { dialect } = session;
  const sql = `SELECT count(*) FROM ${dialect.ledger('staged')} WHERE target = ? AND part = ?`;
  const [[count] = []] = await session.all(sql, [dialect.nameOf(name), pipeline]);
  return Number(count);
}

/** Forgets a part of what was staged, of one read or of all: where to go on; undefined at the end. */
export async function clearStaged(
  session: Session,
  target: string,
  part: string | undefined,
  from: string,
): Promise<string | undefined> {
  const { dialect } = session;
  const table = dialect.ledger('staged');
  const where = `target = ?${part === undefined ? '' : ' AND part = ?'} AND key >= ?`;
  const parameters = [dialect.nameOf(target), ...(part === undefined ? [] : [part]), from];
  const next = `SELECT key FROM ${table} WHERE ${where} ORDER BY key LIMIT 1 OFFSET ${clearedAtOnce}`;
  const [found] = await session.all(next, parameters);
  if (found === undefined) {
    await session.run(`DELETE FROM ${table} WHERE ${where}`, parameters);
    return undefined;
  }
  await session.run(`DELETE FROM ${table} WHERE ${where} AND key < ?`, [...parameters, found[0]]);
  return String(found[0]);
}

function storedKey(key: string): string {
  return key.length <= longestKey ? key : `#${createHash('sha256').update(key).digest('hex')}`;
}

/** A missing cell is an array, which no cell is. */
function printRow(row: Row): string {
  return printJson(row.map((cell) => (cell === undefined ? [] : cell)));
}

/** A column that came later is missing in the rows before. */
function parseRow(text: SqlValue | undefined, { columns }: Target): Row {
  const cells = parseJson(String(text)) as readonly (Cell | readonly [])[];
  return columns.map(({ type }, place) => {
    const cell = cells[place];
    // A large whole number of a column of doubles comes back from JSON as an integer.
    if (typeof cell === 'bigint' && type === 'number') return Number(cell);
    return Array.isArray(cell) ? undefined : (cell as Cell | undefined);
  });
}
