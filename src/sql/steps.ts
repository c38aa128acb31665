import { SyncError } from '../model/errors.ts';
import { parseJson, printJson } from '../model/json.ts';
import type { Cell, Row, RowBatch, Target, Value } from '../model/types.ts';
import { keyOf } from '../transform/cells.ts';
import type { BatchedRows, Change, Existing } from '../transform/fold.ts';
import { appendRows, applyChanges } from './apply.ts';
import type { ReadyTarget } from './dialect.ts';
import type { JournalPlace } from './journal.ts';
import { hashRow } from './journal-entry.ts';
import { existingRows, tupleOf } from './lookup.ts';
import { readyTarget } from './ready-target.ts';
import type { Session } from './session.ts';
import { prepareTable } from './table.ts';

type Cells = readonly (Cell | undefined)[];
type Placed = readonly (readonly [place: number, cell: Cell])[];

/**
 * What a planned batch does to one row, to be done later: `rests` tells the row it was planned for, its memory of edits
 * included; null where there must be none.
 */
interface Step {
  readonly kind: Change['kind'];
  readonly key: readonly Cell[];
  readonly rests: string | null;
  /** The cells to write. */
  readonly cells: Placed;
  readonly written?: Placed;
}

/** The changes of a batch as text. `existing` are the rows they were planned for. */
export function printSteps(
  target: Target,
  changes: readonly Change[],
  existing: ReadonlyMap<string, Existing>,
): string {
  const steps = changes.map((change): Step => {
    const row = change.kind === 'delete' ? change.before : change.row;
    const places = change.kind === 'update' ? change.changed : [...target.columns.keys()];
    const writes = change.kind === 'insert' || change.kind === 'update';
    return {
      kind: change.kind,
      key: tupleOf(row, target.primary_key),
      rests: change.kind === 'insert' ? null : restsOn(existing.get(change.key), target),
      cells: writes ? placed(row, places) : [],
      written: change.kind === 'delete' || !change.written ? undefined : placed(change.written),
    };
  });
  return printJson(steps as unknown as Value);
}

/**
 * Does what was planned, by `applyChanges`. Throws `plan/moved` before the first write when a row is no longer as it was.
 */
export async function replaySteps(
  session: Session,
  given: Target,
  text: string,
  journal?: JournalPlace,
): Promise<void> {
  const steps = parseSteps(text, given);
  if (given.columns.length === 0) return;
  const target = readyTarget(given, await prepareTable(session, given));
  if (target.mode === 'append') {
    const rows = steps.map(({ cells }) => rowOf(cells, target));
    return appendRows(session, target, rows, journal);
  }
  const existing = await existingRows(session, target, { rows: keyRows(steps, target) });
  const changes = steps.map((step) => toChange(step, existing, target));
  await applyChanges(session, target, changes, existing, journal);
}

/** The rows that steps touch, as far as looking them up needs. */
export function rowsOfSteps(target: Target, text: string): Pick<RowBatch, 'rows'> & BatchedRows {
  return { target, rows: keyRows(parseSteps(text, target), target) };
}

function toChange(step: Step, existing: ReadonlyMap<string, Existing>, target: ReadyTarget): Change {
  const key = keyOf(step.key);
  const found = existing.get(key);
  const rests = found === undefined ? null : restsOn(found, target);
  if (rests !== step.rests) throw moved(step, found, target);
  const written = step.written && rowOf(step.written, target, undefined);
  if (found === undefined) return { kind: 'insert', key, row: rowOf(step.cells, target), written };
  const before = found.row;
  if (step.kind === 'delete') return { kind: 'delete', key, before };
  if (step.kind === 'remember') return { kind: 'remember', key, row: before, written: written ?? [] };
  const row = [...before];
  for (const [place, cell] of step.cells) row[place] = cell;
  return { kind: 'update', key, before, row, changed: step.cells.map(([place]) => place), written };
}

function restsOn(existing: Existing | undefined, { columns }: Target): string {
  const { row = [], written = [] } = existing ?? {};
  return `${hashRow(row, columns)}:${hashRow(written, columns)}`;
}

function placed(row: Row, places: Iterable<number> = row.keys()): Placed {
  return [...places].flatMap((place) => {
    const cell = row[place];
    return cell === undefined ? [] : [[place, cell] as const];
  });
}

function rowOf(cells: Placed, { columns }: Target, missing: null | undefined = null): Cells {
  const row: (Cell | undefined)[] = columns.map(() => missing);
  for (const [place, cell] of cells) row[place] = cell;
  return row;
}

function keyRows(steps: readonly Step[], target: Target): Row[] {
  return steps.map(({ key }) => {
    const row: (Cell | undefined)[] = [];
    for (const [index, place] of target.primary_key.entries()) row[place] = key[index];
    return row;
  });
}

function parseSteps(text: string, { columns, primary_key }: Target): Step[] {
  // A large whole number of a column of doubles comes back from JSON as an integer.
  const exact = (cell: Cell, place: number | undefined): Cell =>
    typeof cell === 'bigint' && columns[place ?? -1]?.type === 'number' ? Number(cell) : cell;
  const all = (cells: Placed): Placed => cells.map(([place, cell]) => [place, exact(cell, place)]);
  return (parseJson(text) as unknown as Step[]).map((step) => ({
    ...step,
    key: step.key.map((cell, index) => exact(cell, primary_key[index])),
    cells: all(step.cells),
    written: step.written && all(step.written),
  }));
}

function moved({ key, rests }: Step, found: Existing | undefined, target: Target): SyncError {
  const named = target.primary_key.map((place, index) => `${target.columns[place]?.name}=${key[index]}`);
  const what = rests === null ? 'is there now' : found === undefined ? 'is gone' : 'changed';
  return new SyncError(
    'plan/moved',
    `the row ${named.join(', ')} of ${target.name} ${what}, so the plan no longer fits`,
    { hint: 'Nothing of this batch was written. Make a new plan, and look at it.' },
  );
}
