import { Decimal } from '../model/decimal.ts';
import { SyncError } from '../model/errors.ts';
import type { Cell, Reject, Value } from '../model/types.ts';
import { type Check, compileCheck } from './checks.ts';
import type { Columns } from './columns.ts';
import type { ExpressionScope } from './expression.ts';
import type { MappedField } from './field.ts';
import type { Mapping } from './mapping.ts';
import { parsePath } from './path.ts';
import { quote, Refusal } from './refusal.ts';
import { isStorable, refuseText } from './text.ts';

/** A row that may still get columns. */
export type Cells = (Cell | undefined)[];

/** Why a row was refused. */
export type Problem = Pick<Reject, 'field' | 'code' | 'reason'>;

/** Makes one row of one row at hand. */
export class RowMapper {
  /** How many values of the row that was mapped last `on_error` replaced. */
  defaulted = 0;
  readonly #columns: Columns;
  readonly #primaryKey: readonly string[];
  readonly #checks: readonly (readonly [column: string, check: Check])[];
  /** The fields of `map`. */
  readonly #named: readonly MappedField[];
  /** The top-level fields that become no column of their own; undefined when none does. */
  readonly #taken: ReadonlySet<string> | undefined;

  constructor(mapping: Mapping, columns: Columns) {
    this.#columns = columns;
    this.#primaryKey = mapping.primary_key;
    this.#checks = [...mapping.checks].map(([column, schema]) => [column, compileCheck(column, schema)]);
    this.#named = columns.all();
    this.#taken = mapping.fields === undefined || mapping.rest === 'keep' ? takenNames(mapping) : undefined;
  }

  map(scope: ExpressionScope): Cells | Problem {
    this.defaulted = 0;
    const row: Cells = new Array(this.#columns.width).fill(undefined);
    return this.#fill(row, scope) ?? this.#checkKey(row) ?? this.#check(row) ?? row;
  }

  /** A row that has its key only: nothing else of it needs to fit. */
  mapKey(scope: ExpressionScope): Cells | Problem {
    this.defaulted = 0;
    const row: Cells = new Array(this.#columns.width).fill(undefined);
    for (const column of this.#primaryKey) {
      const field = this.#fieldOf(column);
      const problem = field && this.#fillCell(row, field, scope);
      if (problem) return problem;
    }
    return this.#checkKey(row) ?? row;
  }

  /** The cells of some columns only; undefined when one of them is missing, null or does not fit. */
  cellsOf(columns: readonly string[], scope: ExpressionScope): Cell[] | undefined {
    const row: Cells = [];
    const cells: Cell[] = [];
    for (const column of columns) {
      const field = this.#columns.get(column);
      if (!field || this.#fillCell(row, field, scope)) return undefined;
      const cell = row[field.place] ?? null;
      if (cell === null) return undefined;
      cells.push(cell);
    }
    return cells;
  }

  /** Shows the columns what values their fields have, before any type is settled. */
  observe(scope: ExpressionScope): void {
    for (const field of this.#named) this.#observe(field, scope);
    for (const name of this.#topLevelNames(scope.item))
      if (isStorable(name)) this.#observe(this.#columns.get(name) ?? this.#columns.addTopLevel(name), scope);
  }

  /** Makes the columns of tabular data known, which have their names before any value. */
  addHeader(header: readonly string[]): void {
    for (const name of header)
      if (this.#taken && !this.#taken.has(name) && isStorable(name) && !this.#columns.get(name))
        this.#columns.addTopLevel(name);
  }

  /** The same for some columns only. */
  observeColumns(columns: readonly string[], scope: ExpressionScope): void {
    for (const column of columns) {
      const field = this.#fieldOf(column);
      if (field) this.#observe(field, scope);
    }
  }

  /** A column that may be a top-level field no record had so far; undefined where `map` leaves it out. */
  #fieldOf(column: string): MappedField | undefined {
    return this.#columns.get(column) ?? (this.#taken && this.#columns.addTopLevel(column));
  }

  #observe(field: MappedField, scope: ExpressionScope): void {
    if (field.declared) return;
    try {
      const value = field.read(scope) ?? null;
      if (value !== null && !isNoKey(field, value)) this.#columns.observe(field, value);
    } catch (error) {
      // The row will be a reject when its turn comes.
      failedExpression(error);
    }
  }

  #fill(row: Cells, scope: ExpressionScope): Problem | undefined {
    for (const field of this.#named) {
      const problem = this.#fillCell(row, field, scope);
      if (problem) return problem;
    }
    return this.#taken && this.#fillTopLevel(row, scope);
  }

  #fillTopLevel(row: Cells, scope: ExpressionScope): Problem | undefined {
    if (!isObject(scope.item)) return { code: 'row/each', reason: `${quote(scope.item)} has no fields` };
    for (const name of this.#topLevelNames(scope.item)) {
      const known = this.#columns.get(name);
      if (!known && !isStorable(name)) return problemOf(undefined, refuseText(name));
      const problem = this.#fillCell(row, known ?? this.#columns.addTopLevel(name), scope);
      if (problem) return problem;
    }
    return undefined;
  }

  #topLevelNames(item: Value): readonly string[] {
    const taken = this.#taken;
    if (!taken || !isObject(item)) return [];
    const names = Object.keys(item);
    return taken.size === 0 ? names : names.filter((name) => !taken.has(name));
  }

  #fillCell(row: Cells, field: MappedField, scope: ExpressionScope): Problem | undefined {
    let value: Value | undefined;
    try {
      value = field.read(scope);
    } catch (error) {
      return { field: field.column, ...failedExpression(error) };
    }
    if (value === undefined) return undefined;
    if (value === null) {
      if (field.place >= 0) row[field.place] = null;
      return undefined;
    }
    if (isNoKey(field, value)) return refusedKey(field.column, value);
    if (field.type === undefined) this.#columns.observe(field, value);
    let cell = field.toCell(value);
    if (cell instanceof Refusal) cell = this.#replace(field, value, cell);
    if (cell instanceof Refusal) return problemOf(field.column, cell);
    row[field.place] = cell;
    return undefined;
  }

  /** What becomes of a value that does not fit. */
  #replace(field: MappedField, value: Value, refusal: Refusal): Cell | Refusal {
    if (field.on_error) {
      this.defaulted += 1;
      return field.fallback();
    }
    if (refusal.code === 'row/type') this.#columns.meetMisfit(field, value);
    return refusal;
  }

  #checkKey(row: Cells): Problem | undefined {
    for (const column of this.#primaryKey) {
      const cell = row[this.#columns.get(column)?.place ?? -1] ?? null;
      if (cell === null)
        return {
          field: column,
          code: 'row/key',
          reason: `the key field ${quote(column)} is missing or null`,
        };
    }
    return undefined;
  }

  #check(row: Cells): Problem | undefined {
    for (const [column, check] of this.#checks) {
      const field = this.#columns.get(column);
      const reason = check(row[field?.place ?? -1], field?.type);
      if (reason !== undefined) return { field: column, code: 'row/check', reason };
    }
    return undefined;
  }
}

/** A reject can be retried with a mapping that makes other elements of its record. */
export function goneElement(element: number): Problem {
  return { code: 'row/each', reason: `each points to no element ${element} of the record any more` };
}

/** What a failed expression says of its row; any other error is not about the row, and thrown on. */
export function failedExpression(error: unknown): Problem {
  if (error instanceof SyncError && error.code === 'row/expression')
    return { code: error.code, reason: error.message };
  throw error;
}

/** The top-level names that `map` reads, and those it fills. */
function takenNames({ fields = [], each }: Mapping): ReadonlySet<string> {
  const taken = new Set(fields.map((field) => field.column));
  for (const { from } of fields) {
    const path = from === undefined ? undefined : parsePath(from);
    const [name] = path?.names ?? [];
    if (path?.root === 'partition' || path?.root === 'parent') continue;
    if (name !== undefined && (path?.root === 'item' || each === undefined)) taken.add(name);
  }
  return taken;
}

/** An array or an object is no key: the same one has many texts, `{"a":1,"b":2}` and `{"b":2,"a":1}`. */
function isNoKey({ isKey }: MappedField, value: Value): boolean {
  return isKey && typeof value === 'object' && value !== null && !(value instanceof Decimal);
}

function refusedKey(field: string, value: Value): Problem {
  return {
    field,
    code: 'row/key',
    reason: `the key field ${quote(field)} is ${quote(value)}, which is no key`,
  };
}

function problemOf(field: string | undefined, { code, reason }: Refusal): Problem {
  return field === undefined ? { code, reason } : { field, code, reason };
}

function isObject(value: Value): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Decimal);
}
