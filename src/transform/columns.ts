import { SyncError } from '../model/errors.ts';
import type { Column, ColumnType, Value } from '../model/types.ts';
import { MappedField } from './field.ts';
import { type Evidence, evidenceOf, holds, inferType, widen } from './infer.ts';
import type { Mapping } from './mapping.ts';
import { quote } from './refusal.ts';

/**
 * The columns of a mapping as they become known: those of `map` from the start, those of other fields when a record
 * first has them. Each gets its place in the row once its type is settled.
 */
export class Columns {
  /** Those that are settled, in order; replaced when it grows. */
  settled: readonly Column[] = [];
  readonly #mapping: Mapping;
  readonly #fields = new Map<string, MappedField>();
  /** The names as written, by their lower case. */
  readonly #names = new Map<string, string>();
  /** By field, a value its column in the target cannot hold. */
  readonly #misfits = new Map<MappedField, Value>();
  #target: ReadonlyMap<string, ColumnType> | undefined;
  #learned = false;

  constructor(mapping: Mapping) {
    this.#mapping = mapping;
    for (const field of mapping.fields ?? [])
      this.#add(new MappedField(field, mapping.strategy(field.column)));
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
    const from = `[${JSON.stringify(name)}]`;
    const field = this.#add(new MappedField({ column: name, from }, this.#mapping.strategy(name)));
    if (this.#learned) this.#settle(field);
    return field;
  }

  /** Takes the types of the columns the target has, undefined when there is no target; comes before any value. */
  begin(existing: readonly Column[] | undefined): void {
    this.#target = existing && new Map(existing.map(({ name, type }) => [name, type]));
  }

  /** A value that is not null, of a field whose column is not settled. */
  observe(field: MappedField, value: Value): void {
    field.seen |= evidenceOf(value);
    const type = this.#target?.get(field.column);
    if (type && !this.#misfits.has(field) && !holds(type, evidenceOf(value))) this.#misfits.set(field, value);
    if (this.#learned) this.#settle(field);
  }

  /** Settles what can be, after the sample was observed. */
  learn(): void {
    for (const field of this.#fields.values()) this.#settle(field);
    this.#learned = true;
  }

  /** Stops the pipeline where a value asks for a wider type than its column has, and no one said what to do then. */
  refuseChange(field: MappedField, value: Value): void {
    if (field.type && !this.#settlesMisfits(field)) refuseWider(field, field.type, evidenceOf(value), value);
  }

  #add(field: MappedField): MappedField {
    const lower = field.column.toLowerCase();
    const twin = this.#names.get(lower);
    if (twin !== undefined) throw sameButCase(twin, field.column);
    this.#names.set(lower, field.column);
    this.#fields.set(field.column, field);
    return field;
  }

  #settle(field: MappedField): void {
    const type = field.declared ?? this.#typeInTarget(field) ?? inferType(field.seen);
    if (type === undefined) return;
    if (!this.#target?.has(field.column)) this.#admit(field.column);
    field.settle(type, this.settled.length);
    this.settled = [...this.settled, { name: field.column, type }];
  }

  /** A column that the target has keeps the type it has there, unless what was seen asks for a wider one. */
  #typeInTarget(field: MappedField): ColumnType | undefined {
    const type = this.#target?.get(field.column);
    const misfit = this.#misfits.get(field);
    if (type && misfit !== undefined && !this.#settlesMisfits(field))
      refuseWider(field, type, field.seen, misfit);
    return type;
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
    const lower = column.toLowerCase();
    for (const name of this.#target?.keys() ?? [])
      if (name.toLowerCase() === lower) throw sameButCase(name, column);
    const named = this.#mapping.fields?.some((field) => field.column === column);
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

function sameButCase(one: string, other: string): SyncError {
  return new SyncError('schema/case', `columns ${quote(one)} and ${quote(other)} differ only in case`, {
    hint: 'Many databases take them for one column. Give one of them another name in map.',
  });
}

function refuseWider({ column }: MappedField, type: ColumnType, seen: Evidence, value: Value): void {
  const wider = widen(type, seen);
  if (wider === type) return;
  const message = `column ${quote(column)} is of type ${type}, and ${quote(value)} does not fit: it would have to become ${wider}`;
  throw new SyncError('schema/type_changed', message, {
    hint: `Declare its type in map, such as { type: ${wider} }, or say with on_error what such values become. schema_contract: freeze rejects their rows instead.`,
  });
}
