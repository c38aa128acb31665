import type { Cell, Column, Reject, Scope, SourceRecord, Value } from '../model/types.ts';
import { Columns } from './columns.ts';
import { compileCondition } from './condition.ts';
import type { ExpressionScope } from './expression.ts';
import type { MappedBatch, Mapper, Mapping } from './mapping.ts';
import { type Path, parsePath, readPath } from './path.ts';
import { quote } from './refusal.ts';
import { type Cells, failedExpression, type Problem, RowMapper } from './row.ts';

/**
 * Throws a SyncError for a mapping that cannot be compiled: `config/path`, `config/expression`, `config/check`,
 * `config/value`, `schema/case`. `learn` and `map` throw what stops a pipeline: `schema/case`, `schema/new_column`,
 * `schema/type_changed`. Whatever is wrong with a single record becomes a reject.
 */
export function createMapper(mapping: Mapping): Mapper {
  return new RecordMapper(mapping);
}

/** What a batch becomes, while it does. */
interface Output {
  readonly rows: Cells[];
  readonly scopes: Scope[];
  readonly rejects: Reject[];
  skipped: number;
  defaulted: number;
  missing_each: number;
}

function newOutput(): Output {
  return { rows: [], scopes: [], rejects: [], skipped: 0, defaulted: 0, missing_each: 0 };
}

class RecordMapper implements Mapper {
  readonly #columns: Columns;
  readonly #row: RowMapper;
  readonly #each: Path | undefined;
  readonly #passes: (scope: ExpressionScope) => boolean;
  readonly #primaryKey: readonly string[];
  readonly #within: readonly string[] | undefined;
  /** What paths and expressions see; one object for all rows. */
  readonly #scope: { -readonly [name in keyof ExpressionScope]: ExpressionScope[name] };

  constructor(mapping: Mapping) {
    this.#columns = new Columns(mapping);
    this.#row = new RowMapper(mapping, this.#columns);
    this.#each = mapping.each === undefined ? undefined : parsePath(mapping.each);
    this.#passes = mapping.where === undefined ? () => true : compileCondition(mapping.where);
    this.#primaryKey = mapping.primary_key;
    this.#within = mapping.within;
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
      for (const item of this.#itemsOf(record, newOutput()) ?? []) {
        this.#scope.item = item;
        if (this.#judge() === true) this.#row.observe(this.#scope);
      }
    }
    if (this.#each === undefined) this.#row.addHeader(header ?? []);
    this.#columns.learn(header !== undefined);
  }

  map(records: readonly SourceRecord[], partition = this.#scope.partition): MappedBatch {
    this.#scope.partition = partition;
    const output = newOutput();
    const { width } = this.#columns;
    for (const record of records) {
      this.#enter(record);
      if (this.#within) this.#mapScope(record, this.#within, output);
      else for (const item of this.#itemsOf(record, output) ?? []) this.#mapItem(item, output);
    }
    if (this.#columns.width > width) widen(output.rows, this.#columns.width);
    const { scopes, ...others } = output;
    return this.#within ? { ...others, scopes } : others;
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
    output.rejects.push({
      record,
      code: 'row/each',
      reason: `each points to ${quote(items)}, which is not an array`,
    });
    return undefined;
  }

  /** Maps the rows of one parent record, and notes which keys of it were there. */
  #mapScope(record: SourceRecord, within: readonly string[], output: Output): void {
    const from = output.rows.length;
    const seen: Cell[][] = [];
    const parent = this.#row.cellsOf(within, this.#scope);
    const items = this.#itemsOf(record, output);
    let known = parent !== undefined && items !== undefined;
    for (const item of items ?? []) {
      if (this.#mapItem(item, output)) continue;
      const key = this.#row.cellsOf(this.#primaryKey, this.#scope);
      if (key) seen.push(key);
      else known = false;
    }
    const scope = { from, to: output.rows.length, parent: parent ?? within.map(() => null), seen };
    output.scopes.push(known ? scope : { ...scope, withhold: true });
  }

  /** False when the row became a reject. */
  #mapItem(item: Value, output: Output): boolean {
    this.#scope.item = item;
    const passes = this.#judge();
    if (passes === false) {
      output.skipped += 1;
      return true;
    }
    const row = passes === true ? this.#row.map(this.#scope) : passes;
    if (!Array.isArray(row)) {
      output.rejects.push({ record: item, ...row });
      return false;
    }
    output.rows.push(row);
    output.defaulted += this.#row.defaulted;
    return true;
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

/** Gives the rows that were made before a column appeared their place for it. */
function widen(rows: readonly Cells[], width: number): void {
  for (const row of rows) while (row.length < width) row.push(undefined);
}
