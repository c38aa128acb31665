import type { RowChange, RowKey } from '../model/changes.ts';
import type { Row, RowBatch, Target } from '../model/types.ts';
import type { Planned } from '../plugin/history-contract.ts';
import { loadFunctions } from '../plugin/merge-functions.ts';
import { type BatchedRows, type Change, isMarked } from '../transform/fold.ts';
import { effectiveStrategy } from '../transform/merge.ts';
import { writeRows } from './commit.ts';
import { tupleOf } from './lookup.ts';
import { memoryRow } from './memory.ts';
import type { Scratch } from './scratch.ts';
import type { Session } from './session.ts';
import { printSteps, replaySteps, rowsOfSteps } from './steps.ts';
import { writeTogether } from './write.ts';

/** As much of a batch as planning needs. */
export type PlannedRows = BatchedRows & Pick<RowBatch, 'number' | 'seen'>;

/** Commits a batch to the scratch database, and tells what was done; with `save`, also the steps. */
export async function planBatch(scratch: Scratch, batch: PlannedRows, save = false): Promise<Planned> {
  const functions = await loadFunctions(batch.target);
  return scratch.try(async (session) => {
    await takeRows(session, scratch, batch);
    const written = await writeRows(session, batch, functions, writeTogether);
    const { target, committed, changes, kept, existing } = written;
    return {
      ...committed,
      changes: changes.flatMap((change) => (change.kind === 'remember' ? [] : [rowChange(target, change)])),
      kept_fields: kept.map(({ row, places }) => {
        return { key: keyNamed(target, row), columns: places.map((place) => nameOf(target, place)) };
      }),
      ...(save && { steps: printSteps(target, changes, existing) }),
    };
  });
}

/** Does the steps of a saved batch in the scratch database. Throws `plan/moved`. */
export function rehearseSteps(scratch: Scratch, target: Target, steps: string): Promise<void> {
  return scratch.try(async (session) => {
    await takeRows(session, scratch, rowsOfSteps(target, steps));
    await replaySteps(session, target, steps);
  });
}

/** What looks at every row of its target in the end. */
function readsWhole({ target: { mode }, seen }: Pick<PlannedRows, 'target' | 'seen'>): boolean {
  return mode === 'mirror' || mode === 'replace' || seen !== undefined;
}

/** All rows that folding the batch may touch. The rows of a parent are found by it, and a row's key tells its parent. */
async function takeRows(
  session: Session,
  scratch: Scratch,
  { target, rows, seen, scopes = [] }: BatchedRows & Pick<RowBatch, 'seen'>,
): Promise<void> {
  if (readsWhole({ target, seen })) return scratch.takeWhole(session, target.name);
  await scratch.takeTable(session, target.name);
  if (target.mode === 'append') return;
  const places = target.within ?? target.primary_key;
  const tuples = [...rows.map((row) => tupleOf(row, places)), ...scopes.map(({ parent }) => parent)];
  const columns = places.map((place) => nameOf(target, place));
  await scratch.takeRows(session, target.name, columns, tuples);
  await scratch.takeMemory(
    session,
    target.name,
    rows.map((row) => memoryRow(target, row)),
  );
}

export function rowChange(target: Target, change: Exclude<Change, { kind: 'remember' }>): RowChange {
  if (change.kind === 'delete') return { kind: 'delete', key: keyNamed(target, change.before), fields: [] };
  const { row } = change;
  const key = keyNamed(target, row);
  if (change.kind === 'update') {
    const { before, changed } = change;
    if (isMarked(change, target)) return { kind: 'delete', key, fields: [] };
    const fields = changed.map((place) => ({
      column: nameOf(target, place),
      before: before[place] ?? null,
      after: row[place] ?? null,
      strategy: strategyAt(target, place),
    }));
    return { kind: 'update', key, fields };
  }
  const fields = target.columns.flatMap(({ name }, place) => {
    const after = row[place];
    return after === undefined || target.primary_key.includes(place) ? [] : [{ column: name, after }];
  });
  return { kind: 'insert', key, fields };
}

function keyNamed(target: Target, row: Row): RowKey {
  return target.primary_key.map((place) => [nameOf(target, place), row[place] ?? null]);
}

function nameOf({ columns }: Target, place: number): string {
  return columns[place]?.name ?? '';
}

function strategyAt(target: Target, place: number): string | undefined {
  const column = target.columns[place];
  return column && effectiveStrategy(column, target).type;
}
