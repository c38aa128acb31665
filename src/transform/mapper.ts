import type { Cell, Column, Partition, Reject, Scope, SourceRecord, Value } from '../model/types.ts';
import { Columns, ColumnWidened } from './columns.ts';
import { compileCondition } from './condition.ts';
import type { ExpressionScope } from './expression.ts';
import type { MappedBatch, Mapper, Mapping } from './mapping.ts';
import { newOutput, type Output } from './output.ts';
import { type Path, parsePath, readPath } from './path.ts';
import { quote } from './refusal.ts';
import { type Cells, failedExpression, type Problem, RowMapper } from './row.ts';

/** So many records are mapped between two pauses. */
const stepRecords = 100;

/**
 * Throws a SyncError for a mapping that cannot be compiled: `config/path`, `config/expression`, `config/check`,
 * `config/value`, `schema/case`. `learn` and `map` throw what stops a pipeline: `schema/case`, `schema/new_column`,
 * `schema/type_changed`. Whatever is wrong with a single record becomes a reject.
 */
export function createMapper(mapping: Mapping): Mapper {
  return new RecordMapper(mapping);
}

class RecordMapper implements Mapper {
  readonly #columns: Columns;
  readonly #row: RowMapper;
  readonly #each: Path | undefined;
  readonly #passes: (scope: ExpressionScope) => boolean;
  readonly #isDeleted: ((scope: ExpressionScope) => boolean) | undefined;
  readonly #wantsTombstones: boolean;
  readonly #primaryKey: readonly string[];
  readonly #within: readonly string[] | undefined;
  readonly #retried: Mapping['retried'];
  /** What paths and expressions see; one object for all rows. */
  readonly #scope: { -readonly [name in keyof ExpressionScope]: ExpressionScope[name] };

  constructor(mapping: Mapping) {
    this.#columns = new Columns(mapping);
    this.#row = new RowMapper(mapping, this.#columns);
    this.#each = mapping.each === undefined ? undefined : parsePath(mapping.each);
    this.#passes = mapping.where === undefined ? () => true : compileCondition(mapping.where);
    const { deleted_when } = mapping;
    this.#isDeleted = deleted_when === undefined ? undefined : compileCondition(deleted_when, 'deleted_when');
    this.#wantsTombstones = mapping.tombstones === true;
    this.#primaryKey = mapping.primary_key;
    this.#within = mapping.within;
    this.#retried = mapping.retried;
    const { run, partition } = mapping;
    this.#scope = { item: null, record: null, run, partition, now: new Date(run.started_at) };
  }

  get columns(): readonly Column[] {
    return this.#columns.settled;
  }

  learn(
    sample: readonly SourceRecord[],
    existing: readonly Column[] | undefined,
    header?: readonly string[],
  ): void {
    this.#columns.begin(existing);
    for (const record of sample) {
      this.#enter(record);
      // A record without elements still has a parent, whose rows are to be removed.
      if (this.#within) this.#row.observeColumns(this.#within, this.#scope);
      if (this.#judgeDeleted() !== false) {
        if (!this.#within) this.#row.observeColumns(this.#primaryKey, this.#scope);
        continue;
      }
      for (const [element, item] of (this.#itemsOf(record, newOutput()) ?? []).entries()) {
        this.#scope.item = item;
        const wanted = (this.#retried?.(record) ?? element) === element;
        if (wanted && this.#judge() === true) this.#row.observe(this.#scope);
      }
    }
    if (this.#each === undefined) this.#row.addHeader(header ?? []);
    this.#columns.learn(header !== undefined);
  }

  map(records: readonly SourceRecord[], partition?: Partition): MappedBatch {
    const steps = this.steps(records, partition);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
    }
  }

  *steps(
    records: readonly SourceRecord[],
    partition = this.#scope.partition,
  ): Generator<undefined, MappedBatch> {
    this.#scope.partition = partition;
    for (;;) {
      try {
        return yield* this.#mapBatch(records);
      } catch (error) {
        // Its rows are of one kind, and no column widens more often than there are types.
        if (!(error instanceof ColumnWidened)) throw error;
      }
    }
  }

  *#mapBatch(records: readonly SourceRecord[]): Generator<undefined, MappedBatch> {
    const output = newOutput();
    const { width } = this.#columns;
    for (const [place, record] of records.entries()) {
      if (place % stepRecords === stepRecords - 1) yield;
      this.#enter(record);
      output.record = place;
      const deleted = this.#judgeDeleted();
      if (deleted !== false) this.#mapDeleted(record, deleted, output);
      else if (this.#within) this.#mapScope(record, this.#within, output);
      else this.#mapItems(record, this.#itemsOf(record, output), output);
    }
    if (this.#columns.width > width) widen(output.rows, this.#columns.width);
    const { rows, scopes, tombstones, rejects, skipped, defaulted, missing_each } = output;
    const originOf = (row: number) =>
      this.#originOf(records[output.records[row] ?? -1] ?? {}, output.elements[row] ?? 0);
    const mapped = { rows, tombstones, originOf, rejects, skipped, defaulted, missing_each };
    return this.#within ? { ...mapped, scopes } : mapped;
  }

  #enter(record: SourceRecord): void {
    this.#scope.record = record;
    this.#scope.item = record;
  }

  /**
   * The rows at hand of a record: none where `each` points to null. Undefined when it is not known which, because there
   * is nothing at all, or no array, which is a reject.
   */
  #itemsOf(record: SourceRecord, output: Output): readonly Value[] | undefined {
    if (this.#each === undefined) return [record];
    const items = readPath(this.#each, this.#scope);
    if (items === null) return [];
    if (Array.isArray(items)) return items;
    if (items === undefined) {
      output.missing_each += 1;
      return undefined;
    }
    const reason = `each points to ${quote(items)}, which is not an array`;
    output.rejects.push({ record, ...this.#place(undefined, output), code: 'row/each', reason });
    return undefined;
  }

  #reject(
    record: SourceRecord,
    item: Value,
    element: number,
    problem: Problem,
    key: readonly Cell[] | undefined,
    output: Output,
  ): Reject {
    const of = this.#each === undefined ? undefined : { record, element };
    return { record: item, of, ...this.#place(key, output), ...problem };
  }

  /** What tells whether a later row stands in the place of a reject. */
  #place(key: readonly Cell[] | undefined, { rows, scopes, parent }: Output): Pick<Reject, 'key' | 'after'> {
    if (this.#within) return { key: parent, after: scopes.length + 1 };
    return { key: key?.length === 0 ? undefined : key, after: rows.length };
  }

  /** What a row was made of. */
  #originOf(record: SourceRecord, element: number): Pick<Reject, 'record' | 'of'> {
    if (this.#each === undefined) return { record };
    this.#enter(record);
    const items = readPath(this.#each, this.#scope);
    const item = Array.isArray(items) ? items[element] : undefined;
    return { record: item ?? null, of: { record, element } };
  }

  /** Maps the rows of one parent record, and notes which keys of it were there. */
  #mapScope(record: SourceRecord, within: readonly string[], output: Output): void {
    const from = output.rows.length;
    const parent = this.#row.cellsOf(within, this.#scope);
    output.parent = parent;
    const items = this.#itemsOf(record, output);
    const seen = this.#mapItems(record, items, output);
    const known = parent !== undefined && items !== undefined && seen !== undefined;
    const keys = { parent: parent ?? within.map(() => null), seen: seen ?? [] };
    const scope = { from, to: output.rows.length, ...keys };
    output.scopes.push(known && this.#retried === undefined ? scope : { ...scope, withhold: true });
  }

  /** Makes a tombstone of a record that is deleted, or says why it is none. */
  #mapDeleted(record: SourceRecord, deleted: true | Problem, output: Output): void {
    const within = this.#within;
    const wanted = this.#wantsTombstones && !(within && this.#retried);
    if (within) output.parent = this.#row.cellsOf(within, this.#scope);
    const row =
      deleted !== true
        ? deleted
        : within
          ? deleteScope(within, wanted, output)
          : this.#row.mapKey(this.#scope);
    if (row !== undefined && !Array.isArray(row)) {
      const key = this.#row.cellsOf(this.#primaryKey, this.#scope);
      output.rejects.push({ record, ...this.#place(key, output), ...row });
      if (within) output.scopes.push(withheld(within, output));
    } else if (!wanted) output.skipped += 1;
    else if (row) {
      output.tombstones.push(output.rows.length);
      output.rows.push(row);
      output.records.push(output.record);
    }
  }

  /** Maps the rows at hand of a record. Gives back the keys of those that became rejects; undefined: one has none. */
  #mapItems(record: SourceRecord, items: readonly Value[] = [], output: Output): Cell[][] | undefined {
    const only = this.#retried?.(record);
    const refused: Cell[][] = [];
    let known = true;
    for (let element = 0; element < items.length; element++) {
      if (only !== undefined && only !== element) continue;
      const item = items[element] ?? null;
      const problem = this.#mapItem(item, element, output);
      if (problem === undefined) continue;
      const key = this.#row.cellsOf(this.#primaryKey, this.#scope);
      output.rejects.push(this.#reject(record, item, element, problem, key, output));
      if (key) refused.push(key);
      else known = false;
    }
    if (only !== undefined && only >= items.length)
      output.rejects.push(this.#reject(record, null, only, goneElement(only), undefined, output));
    return known ? refused : undefined;
  }

  /** Undefined when there is a row, or none is wanted. */
  #mapItem(item: Value, element: number, output: Output): Problem | undefined {
    this.#scope.item = item;
    const passes = this.#judge();
    if (passes === false) {
      output.skipped += 1;
      return undefined;
    }
    const row = passes === true ? this.#row.map(this.#scope) : passes;
    if (!Array.isArray(row)) return row;
    output.rows.push(row);
    output.records.push(output.record);
    if (this.#each !== undefined) output.elements.push(element);
    output.defaulted += this.#row.defaulted;
    return undefined;
  }

  /** What `deleted_when` says of the record at hand. */
  #judgeDeleted(): boolean | Problem {
    try {
      return this.#isDeleted?.(this.#scope) ?? false;
    } catch (error) {
      return failedExpression(error);
    }
  }

  /** What `where` says of the row at hand. */
  #judge(): boolean | Problem {
    try {
      return this.#passes(this.#scope);
    } catch (error) {
      return failedExpression(error);
    }
  }
}

/** A reject can be retried with a mapping that makes other elements of its record. */
function goneElement(element: number): Problem {
  return { code: 'row/each', reason: `each points to no element ${element} of the record any more` };
}

/** Under `replace_within` a record that is deleted has no rows any more. */
function deleteScope(within: readonly string[], wanted: boolean, output: Output): Problem | undefined {
  const { parent, rows, scopes } = output;
  if (!parent) return { code: 'row/key', reason: 'the key of a deleted record is missing, null or no key' };
  const at = rows.length;
  scopes.push(wanted ? { from: at, to: at, parent, seen: [], deleted: true } : withheld(within, output));
  return undefined;
}

/** The scope of a record whose rows are not known: whatever is there stays. */
function withheld(within: readonly string[], { rows: { length: at }, parent }: Output): Scope {
  return { from: at, to: at, parent: parent ?? within.map(() => null), seen: [], withhold: true };
}

/** Gives the rows that were made before a column appeared their place for it. */
function widen(rows: readonly Cells[], width: number): void {
  for (const row of rows) while (row.length < width) row.push(undefined);
}
