import { SyncError } from '../model/errors.ts';
import type { Column, ColumnType, Value } from '../model/types.ts';
import { MappedField } from './field.ts';
import { type Evidence, evidenceOf, holds, inferType, noEvidence, widen } from './infer.ts';
import type { Field, Mapping } from './mapping.ts';
import { quote } from './refusal.ts';

/** A column took a wider type: rows that were mapped before it are to be mapped again. */
export class ColumnWidened extends Error {}

/** What a table of SQLite can have. More are hardly a schema: names were made of data. */
const mostColumns = 2000;

/**
 * The columns of a mapping as they become known: those of `map` from the start, those of other fields when a record
 * first has them. Each gets its place in the row once its type is settled.
 */
export class Columns {
  readonly #mapping: Mapping;
  /** The names of the columns of `map`. */
  readonly #named: ReadonlySet<string>;
  /** Those that are settled, in order. */
  readonly #settled: Column[] = [];
  /** A copy of them that stays as it is; undefined once it is out of date. */
  #copy: readonly Column[] | undefined;
  readonly #fields = new Map<string, MappedField>();
  /** The names as written, by their lower case. */
  readonly #names = new Map<string, string>();
  /** By field, a value its column in the target cannot hold. */
  readonly #misfits = new Map<MappedField, Value>();
  #target: ReadonlyMap<string, ColumnType> | undefined;
  /** Its names, by their lower case. */
  #targetNames: ReadonlyMap<string, string> = new Map();
  #learned = false;
  /** True when columns have their place before a value tells their type. */
  #placesAll = false;

  constructor(mapping: Mapping) {
    this.#mapping = mapping;
    this.#named = new Set(mapping.fields?.map(({ column }) => column));
    for (const field of mapping.fields ?? []) this.#add(field);
  }

  /** Those that are settled, in order: the same array until something changes. */
  get settled(): readonly Column[] {
    this.#copy ??= [...this.#settled];
    return this.#copy;
  }

  /** How many are settled. */
  get width(): number {
    return this.#settled.length;
  }

  get(column: string): MappedField | undefined {
    return this.#fields.get(column);
  }

  /** Every field there is by now. */
  all(): MappedField[] {
    return [...this.#fields.values()];
  }

  /** Takes in a top-level field that `map` does not name, as a column of its name. */
  addTopLevel(name: string): MappedField {
    const field = this.#add({ column: name, from: `[${JSON.stringify(name)}]` });
    if (this.#learned) this.#settle(field);
    return field;
  }

  /** Takes the types of the columns the target has, undefined when there is no target; comes before any value. */
  begin(existing: readonly Column[] | undefined): void {
    this.#target = existing && new Map(existing.map(({ name, type }) => [name, type]));
    this.#targetNames = new Map(existing?.map(({ name }) => [name.toLowerCase(), name]));
  }

  /** A value that is not null, of a field whose column is not settled. */
  observe(field: MappedField, value: Value): void {
    field.seen |= evidenceOf(value);
    const type = this.#target?.get(field.column);
    if (type && !this.#misfits.has(field) && !holds(type, evidenceOf(value))) this.#misfits.set(field, value);
    if (this.#learned) this.#settle(field);
  }

  /**
   * Settles what can be, after the sample was observed. With `placesAll` every field gets its place, as a string until a
   * first value tells otherwise.
   */
  learn(placesAll: boolean): void {
    this.#placesAll = placesAll;
    for (const field of this.#fields.values()) this.#settle(field);
    this.#learned = true;
  }

  /**
   * Widens a column where a value asks for a wider type than it has, if that is accepted, and throws `ColumnWidened`;
   * stops the pipeline where no one said what to do then.
   */
  meetMisfit(field: MappedField, value: Value): void {
    if (!field.type || this.#settlesMisfits(field)) return;
    const type = this.#widerType(field, field.type, evidenceOf(value), value);
    if (type === field.type) return;
    field.settle(type);
    this.#settled[field.place] = { name: field.column, type };
    this.#copy = undefined;
    throw new ColumnWidened();
  }

  #add(declaration: Field): MappedField {
    const { column } = declaration;
    const lower = column.toLowerCase();
    const twin = this.#names.get(lower);
    if (twin !== undefined) throw sameButCase(twin, column);
    this.#names.set(lower, column);
    // The key of two rows that are merged is the same, so no strategy says anything of its type.
    const isKey = this.#mapping.primary_key.includes(column);
    const field = new MappedField(declaration, isKey ? 'key' : this.#mapping.strategy(column));
    this.#fields.set(column, field);
    return field;
  }

  #settle(field: MappedField): void {
    const type = field.declared ?? this.#typeInTarget(field) ?? inferType(field.seen);
    if (type === undefined && !this.#placesAll) return;
    if (field.place < 0) {
      if (!this.#target?.has(field.column)) this.#admit(field.column);
      field.place = this.width;
      if (field.place === mostColumns) throw tooMany(field.column);
    }
    if (type !== undefined) field.settle(type);
    this.#settled[field.place] = { name: field.column, type: type ?? 'string' };
    this.#copy = undefined;
  }

  /** A column that the target has keeps the type it has there, unless what was seen asks for a wider one. */
  #typeInTarget(field: MappedField): ColumnType | undefined {
    const type = this.#target?.get(field.column);
    const misfit = this.#misfits.get(field);
    if (!type || misfit === undefined || this.#settlesMisfits(field)) return type;
    return this.#widerType(field, type, field.seen, misfit);
  }

  /** The type a column is to have from now on; throws where it may not become wider. */
  #widerType(field: MappedField, type: ColumnType, seen: Evidence, value: Value): ColumnType {
    if (seen === noEvidence) return type;
    const wider = widen(type, seen);
    const { widening } = this.#mapping;
    if (wider === type || (widening === 'accept' && !field.isKey)) return wider;
    throw typeChanged(field, type, wider, value, widening !== undefined);
  }

  #settlesMisfits(field: MappedField): boolean {
    return (
      field.declared !== undefined ||
      field.on_error !== undefined ||
      this.#mapping.schema_contract === 'freeze'
    );
  }

  /** Throws for a column the target may not get. */
  #admit(column: string): void {
    const twin = this.#targetNames.get(column.toLowerCase());
    if (twin !== undefined) throw sameButCase(twin, column);
    const named = this.#named.has(column);
    // Where there is no target yet, the sample says what it will be.
    if (named || this.#mapping.schema_contract === 'evolve' || (!this.#target && !this.#learned)) return;
    throw new SyncError(
      'schema/new_column',
      `the source brought a new field ${quote(column)}, and the schema is frozen`,
      {
        hint: 'Name the fields to take in map, or let the target grow with schema_contract: evolve.',
      },
    );
  }
}

function tooMany(column: string): SyncError {
  return new SyncError('schema/limit', `the field ${quote(column)} is one more than ${mostColumns} columns`, {
    hint: 'Are its names data? Name the fields to take in map, or keep the record whole in one json column.',
  });
}

function sameButCase(one: string, other: string): SyncError {
  return new SyncError('schema/case', `columns ${quote(one)} and ${quote(other)} differ only in case`, {
    hint: 'Many databases take them for one column. Give one of them another name in map.',
  });
}

function typeChanged(
  { column, isKey }: MappedField,
  type: ColumnType,
  wider: ColumnType,
  value: Value,
  /** Whether the target can give a column another type. */
  canWiden: boolean,
): SyncError {
  const message = `column ${quote(column)} is of type ${type}, and ${quote(value)} does not fit: it would have to become ${wider}`;
  return new SyncError('schema/type_changed', message, {
    hint: `${isKey ? keyWayOut : canWiden ? widenWayOut : wayOut(type, wider)}. Or say with on_error what such values become; schema_contract: freeze rejects their rows instead.`,
  });
}

const keyWayOut =
  'The key tells which row is which, so its type stays: map it to a column of another name, or remove the table and read everything again';

const widenWayOut =
  'To make the column wider, keeping what it holds, run once with --accept-schema. Else map the field to a column of another name';

function wayOut(type: ColumnType, wider: ColumnType): string {
  const declare = `Declare its type in map, such as { type: ${wider} }`;
  if (isWrittenAsText(type)) return declare;
  return `${declare}. A target that has the column keeps the type it was made with: there, map the field to a column of another name, or remove the target and read everything again`;
}

/** A column whose cells are text takes text of any other kind as well. */
function isWrittenAsText(type: ColumnType): boolean {
  return type !== 'integer' && type !== 'number' && type !== 'boolean';
}
