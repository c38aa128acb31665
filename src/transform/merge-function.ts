import { SyncError } from '../model/errors.ts';
import { exactNumber, printJson } from '../model/json.ts';
import type { Cell, ColumnType, MergeFunction, Row, Target, TargetColumn, Value } from '../model/types.ts';
import { parseJsonCell } from './json-values.ts';
import type { Merge } from './merge.ts';
import { Refusal } from './refusal.ts';
import { createCoercion } from './types.ts';

/** Merges by a function of the user's own, which is never asked about an existing null. */
export function ownMerge(
  path: string,
  functions: ReadonlyMap<string, MergeFunction>,
  column: TargetColumn,
  target: Target,
): Merge {
  const merge = functions.get(path);
  if (merge === undefined) throw new Error(`the merge function ${path} was not loaded`);
  const toCell = createCoercion(column.type);
  return (existing, incoming, _, row) => {
    if (existing === null) return incoming;
    const key = keyValues(row, target);
    const where = () => `"${column.name}" of the row with the key ${key.map(printJson).join(', ')}`;
    const context = { field: column.name, key, run: target.run.id };
    let result: unknown;
    try {
      result = merge(naturalValue(existing, column.type), naturalValue(incoming, column.type), context);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new SyncError('merge/function', `${path} failed for ${where()}: ${reason}`, { cause });
    }
    if (result === undefined) return existing;
    const cell = result === null ? null : toCell(result as Value);
    if (!(cell instanceof Refusal)) return cell;
    throw new SyncError(
      'merge/function',
      `${path} returned for ${where()} what is not of type ${column.type}: ${cell.reason}`,
      { hint: 'Return a value of that type, null to clear it, or undefined to leave it as it is.' },
    );
  };
}

function keyValues(row: Row, target: Target): readonly Value[] {
  return target.primary_key.map((place) => {
    const column = target.columns[place];
    return naturalValue(row[place] ?? null, column?.type ?? 'string');
  });
}

/** A cell as a source would give it: json parsed, a decimal as a number where a double holds its digits. */
function naturalValue(cell: Cell, type: ColumnType): Value {
  if (typeof cell !== 'string') return cell;
  if (type === 'json') return parseJsonCell(cell);
  return type === 'decimal' ? exactNumber(cell) : cell;
}
