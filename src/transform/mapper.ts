import type { Cell, Column, Partition, Reject, SourceRecord, Value } from '../model/types.ts';
import { Columns, ColumnWidened } from './columns.ts';
import type { ExpressionScope } from './expression.ts';
import { type Judge, judgeBy } from './judge.ts';
import type { MappedBatch, Mapper, Mapping, Siblings } from './mapping.ts';
import { endOf, mappedBatch, newOutput, type Output, placeOf, widenRows } from './output.ts';
import { type Path, parsePath, readPath } from './path.ts';
import { quote } from './refusal.ts';
import { goneElement, type Problem, RowMapper } from './row.ts';
import { bySiblings, deleteScope, type SiblingRecords, withheld } from './scopes.ts';

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
  /** What `where` and `deleted_when` say of what is at hand. */
  readonly #passes: Judge;
  readonly #isDeleted: Judge;
  readonly #wantsTombstones: boolean;
  readonly #primaryKey: readonly string[];
  /** The columns that tell a parent: the record that has elements, or the one it was read for. */
  readonly #within: readonly string[] | undefined;
  readonly #withinEach: Mapping['within_each'];
  readonly #retried: Mapping['retried'];
  /** What paths and expressions see; one object for all rows. */
  readonly #scope: { -readonly [name in keyof ExpressionScope]: ExpressionScope[name] };

  constructor(mapping: Mapping) {
    this.#columns = new Columns(mapping);
    this.#row = new RowMapper(mapping, this.#columns);
    this.#each = mapping.each === undefined ? undefined : parsePath(mapping.each);
    this.#passes = judgeBy(mapping.where, 'where', true);
    this.#isDeleted = judgeBy(mapping.deleted_when, 'deleted_when', false);
    this.#wantsTombstones = mapping.tombstones === true;
    this.#primaryKey = mapping.primary_key;
    this.#within = mapping.within;
    this.#withinEach = mapping.within_each;
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
    siblings?: readonly Siblings[],
  ): void {
    this.#columns.begin(existing);
    for (const { parent, records } of bySiblings(sample, siblings)) {
      this.#scope.parent = parent;
      // Without records there still is a parent, whose rows are to be removed.
      if (this.#within && records.length === 0) this.#row.observeColumns(this.#within, this.#scope);
      for (const record of records) this.#learnFrom(record);
    }
    if (this.#each === undefined) this.#row.addHeader(header ?? []);
    this.#columns.learn(header !== undefined);
  }

  #learnFrom(record: SourceRecord): void {
    this.#enter(record);
    // So does a record without elements.
    if (this.#within) this.#row.observeColumns(this.#within, this.#scope);
    if (this.#isDeleted(this.#scope) !== false) {
      if (!this.#within) this.#row.observeColumns(this.#primaryKey, this.#scope);
      return;
    }
    for (const [element, item] of (this.#itemsOf(record, newOutput()) ?? []).entries()) {
      this.#scope.item = item;
      const wanted = (this.#retried?.(record) ?? element) === element;
      if (wanted && this.#passes(this.#scope) === true) this.#row.observe(this.#scope);
    }
  }

  map(records: readonly SourceRecord[], partition?: Partition, siblings?: readonly Siblings[]): MappedBatch {
    return endOf(this.steps(records, partition, siblings));
  }

  *steps(
    records: readonly SourceRecord[],
    partition = this.#scope.partition,
    siblings?: readonly Siblings[],
  ): Generator<undefined, MappedBatch> {
    this.#scope.partition = partition;
    const groups = bySiblings(records, siblings);
    for (;;) {
      try {
        return yield* this.#mapBatch(records, groups);
      } catch (error) {
        // Its rows are of one kind, and no column widens more often than there are types.
        if (!(error instanceof ColumnWidened)) throw error;
      }
    }
  }

  *#mapBatch(
    records: readonly SourceRecord[],
    groups: readonly SiblingRecords[],
  ): Generator<undefined, MappedBatch> {
    const output = newOutput();
    const { width } = this.#columns;
    for (const group of groups) {
      this.#scope.parent = group.parent;
      if (this.#within && this.#withinEach === 'parent') this.#mapSiblings(group, this.#within, output);
      else yield* this.#mapRecords(group, output);
    }
    if (this.#columns.width > width) widenRows(output.rows, this.#columns.width);
    const originOf = (record: number, element: number) => {
      this.#scope.parent = groups.findLast(({ first }) => first <= record)?.parent;
      return this.#originOf(records[record] ?? {}, element);
    };
    return mappedBatch(output, originOf, this.#within !== undefined);
  }

  *#mapRecords({ records, first }: SiblingRecords, output: Output): Generator<undefined, void> {
    for (const [place, record] of records.entries()) {
      if (place % stepRecords === stepRecords - 1) yield;
      this.#enter(record);
      output.record = first + place;
      const deleted = this.#isDeleted(this.#scope);
      if (deleted !== false) this.#mapDeleted(record, deleted, output);
      else if (this.#within) this.#mapScope(record, this.#within, output);
      else this.#mapItems(record, this.#itemsOf(record, output), output);
    }
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
    this.#reject({ record }, { code: 'row/each', reason }, undefined, output);
    return undefined;
  }

  #reject(
    origin: Pick<Reject, 'record' | 'of'>,
    problem: Problem,
    key: readonly Cell[] | undefined,
    output: Output,
  ): void {
    const { parent } = this.#scope;
    const place = placeOf(key, this.#within !== undefined, output);
    output.rejects.push({ ...origin, parent, ...place, ...problem });
  }

  /** What a row was made of. */
  #originOf(record: SourceRecord, element: number): Pick<Reject, 'record' | 'of' | 'parent'> {
    const { parent } = this.#scope;
    if (this.#each === undefined) return { record, parent };
    this.#enter(record);
    const items = readPath(this.#each, this.#scope);
    const item = Array.isArray(items) ? items[element] : undefined;
    return { record: item ?? null, of: { record, element }, parent };
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

  /** The same for all rows of the records that were read for one parent. Those that are deleted are not among them. */
  #mapSiblings(
    { parent, records, first, whole }: SiblingRecords,
    within: readonly string[],
    output: Output,
  ): void {
    this.#scope.record = this.#scope.item = null;
    const from = output.rows.length;
    const cells = parent === undefined ? undefined : this.#row.cellsOf(within, this.#scope);
    output.parent = cells;
    const seen: Cell[][] = [];
    let known = whole && cells !== undefined && this.#retried === undefined;
    for (const [place, record] of records.entries()) {
      this.#enter(record);
      output.record = first + place;
      const refused = this.#mapSibling(record, output);
      if (refused === undefined) known = false;
      else seen.push(...refused);
    }
    const scope = { from, to: output.rows.length, parent: cells ?? within.map(() => null), seen };
    output.scopes.push(known ? scope : { ...scope, withhold: true });
  }

  /** Gives back the keys of rows that are there and not mapped; undefined: one has none. */
  #mapSibling(record: SourceRecord, output: Output): Cell[][] | undefined {
    const deleted = this.#isDeleted(this.#scope);
    if (deleted === false) {
      const items = this.#itemsOf(record, output);
      const refused = this.#mapItems(record, items, output);
      return items && refused;
    }
    if (deleted === true && this.#wantsTombstones) return [];
    const key = this.#row.cellsOf(this.#primaryKey, this.#scope);
    if (deleted === true) output.skipped += 1;
    else this.#reject({ record }, deleted, key, output);
    return key && [key];
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
      this.#reject({ record }, row, key, output);
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
      const of = this.#each === undefined ? undefined : { record, element };
      this.#reject({ record: item, of }, problem, key, output);
      if (key) refused.push(key);
      else known = false;
    }
    if (only !== undefined && only >= items.length)
      this.#reject({ record: null, of: { record, element: only } }, goneElement(only), undefined, output);
    return known ? refused : undefined;
  }

  /** Undefined when there is a row, or none is wanted. */
  #mapItem(item: Value, element: number, output: Output): Problem | undefined {
    this.#scope.item = item;
    const passes = this.#passes(this.#scope);
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
}
