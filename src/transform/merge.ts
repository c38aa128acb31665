import { SyncError } from '../model/errors.ts';
import type { Cell, MergeFunction, Row, Strategy, Target, TargetColumn } from '../model/types.ts';
import { compareCells, equalCells } from './cells.ts';
import { deepMerge, shallowMerge, union } from './json-merge.ts';
import { ownMerge } from './merge-function.ts';
import { addCells, isSummed } from './sum.ts';

/**
 * What becomes of an existing cell when another comes in; `before` and `row` are the rows they belong to. Gives back
 * `existing` itself when the result equals it, so that `!==` tells whether the cell changed.
 */
export type Merge = (existing: Cell, incoming: Cell, before: Row, row: Row) => Cell;

/** How one column of a target merges. */
export interface ColumnMerge {
  /** Its place in `target.columns`. */
  readonly place: number;
  readonly type: TargetColumn['type'];
  readonly merge: Merge;
  readonly tracked: boolean;
  readonly keepsEdits: boolean;
  /** Equal cells may yet become something else: by `sum`, or a function of the user's own. */
  readonly restless: boolean;
}

/**
 * The columns of a target that merge: all but the primary key, which is the same on both sides. Throws a `SyncError`
 * for a strategy that the column's type knows nothing of.
 */
export function columnMerges(
  target: Target,
  functions: ReadonlyMap<string, MergeFunction>,
): readonly ColumnMerge[] {
  return target.columns.flatMap((column, place) => {
    if (target.primary_key.includes(place)) return [];
    const strategy = effectiveStrategy(column, target);
    const merge = strategyMerge(strategy, column, target, functions);
    return {
      place,
      type: column.type,
      merge,
      tracked: column.tracked,
      keepsEdits: strategy.type === 'keep_edits',
      restless: strategy.type === 'function' || strategy.type === 'sum',
    };
  });
}

/** A column that tells which row is newer merges by `max`, or an older row could take the newer one's place. */
export function effectiveStrategy(column: TargetColumn, target: Target): Strategy {
  const tellsNewest = target.columns.some(
    ({ strategy }) => strategy.type === 'newest' && strategy.by === column.name,
  );
  return tellsNewest ? { type: 'max' } : column.strategy;
}

function strategyMerge(
  strategy: Strategy,
  column: TargetColumn,
  target: Target,
  functions: ReadonlyMap<string, MergeFunction>,
): Merge {
  switch (strategy.type) {
    case 'overwrite':
    case 'keep_edits':
      return unlessEqual(column, (_, incoming) => incoming);
    case 'first_value':
      return (existing) => existing;
    case 'first_non_null_value':
      return unlessNull((existing) => existing);
    case 'last_non_null_value':
      return unlessEqual(
        column,
        unlessNull((_, incoming) => incoming),
      );
    case 'max':
      return extreme(strategy, column, 1);
    case 'min':
      return extreme(strategy, column, -1);
    case 'sum':
      return sum(strategy, column);
    case 'bool_or':
      return boolean(strategy, column, true);
    case 'bool_and':
      return boolean(strategy, column, false);
    case 'union':
      if (column.type !== 'json') throw misfit(strategy, column, 'json');
      return unlessNull((existing, incoming) => union(String(existing), String(incoming)));
    case 'shallow_merge':
      return jsonMerge(column, shallowMerge);
    case 'deep_merge':
      return jsonMerge(column, deepMerge);
    case 'newest':
      return unlessEqual(column, newest(strategy.by, target));
    case 'function':
      return unlessEqual(column, ownMerge(strategy.path, functions, column, target));
  }
}

/** Another text for an equal value, which only json has, is no change. */
function unlessEqual(column: TargetColumn, merge: Merge): Merge {
  if (column.type !== 'json') return merge;
  return (existing, incoming, before, row) => {
    const result = merge(existing, incoming, before, row);
    return equalCells('json', existing, result) ? existing : result;
  };
}

/** Null on either side gives way to the other. */
function unlessNull(merge: (existing: NonNullable<Cell>, incoming: NonNullable<Cell>) => Cell): Merge {
  return (existing, incoming) => {
    if (existing === null) return incoming;
    return incoming === null ? existing : merge(existing, incoming);
  };
}

function extreme(strategy: Strategy, column: TargetColumn, sign: 1 | -1): Merge {
  const { type } = column;
  if (type === 'json') throw misfit(strategy, column, 'integer');
  return unlessNull((existing, incoming) =>
    compareCells(type, incoming, existing) * sign > 0 ? incoming : existing,
  );
}

function sum(strategy: Strategy, column: TargetColumn): Merge {
  const { name, type } = column;
  if (!isSummed(type)) throw misfit(strategy, column, 'decimal');
  return unlessNull((existing, incoming) => addCells(name, type, existing, incoming));
}

/** The winner is the value that settles the matter when either side has it. */
function boolean(strategy: Strategy, column: TargetColumn, winner: boolean): Merge {
  if (column.type !== 'boolean') throw misfit(strategy, column, 'boolean');
  return unlessNull((existing, incoming) => (incoming === winner ? incoming : existing));
}

/** Cells of other types are no objects, so the incoming one is taken. */
function jsonMerge(column: TargetColumn, merge: (existing: string, incoming: string) => string): Merge {
  if (column.type !== 'json') return unlessNull((_, incoming) => incoming);
  return unlessNull((existing, incoming) => merge(String(existing), String(incoming)));
}

/**
 * A column that no row has brought yet tells nothing: then every row is as new as the one before. A null that a newer
 * row left stays: an older row that filled it would bring back what was cleared, and on a replay end otherwise.
 */
function newest(by: string, target: Target): Merge {
  const place = target.columns.findIndex((column) => column.name === by);
  const column = target.columns[place];
  if (column === undefined) return (_, incoming) => incoming;
  const { type } = column;
  if (type === 'json') throw misfit({ type: 'max' }, column, 'timestamp');
  return (existing, incoming, before, row) => {
    const known = before[place] ?? null;
    if (known === null) return incoming;
    const arriving = row[place] ?? null;
    return arriving !== null && compareCells(type, arriving, known) >= 0 ? incoming : existing;
  };
}

function misfit(strategy: Strategy, column: TargetColumn, wanted: string): SyncError {
  return new SyncError(
    'merge/type',
    `the column "${column.name}" is of type ${column.type}, which cannot merge by ${strategy.type}`,
    {
      hint: `Give it a type that can under \`map\`, such as \`type: ${wanted}\`, or another strategy under \`merge\`.`,
    },
  );
}
