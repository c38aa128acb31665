import type {
  Column,
  ColumnType,
  Partition,
  Reject,
  Row,
  Scope,
  SourceRecord,
  Strategy,
  Value,
} from '../model/types.ts';

/** How one column gets its value: exactly one of `from`, `expr`, `value`. */
export interface Field {
  readonly column: string;
  /** A path, see `path.ts`. */
  readonly from?: string;
  /** A CEL expression, see `expression.ts`. */
  readonly expr?: string;
  readonly value?: Value;
  readonly type?: ColumnType;
  /** What a value that does not fit becomes; without it the row is rejected. */
  readonly on_error?: 'default' | 'null';
  /** Stands in for missing, and for null when it is not null itself. */
  readonly default?: Value;
  /** How a number is read as a timestamp; without it only ISO 8601 text is accepted. */
  readonly format?: 'iso8601' | 'epoch_s' | 'epoch_ms' | 'epoch_us';
  /** The IANA zone of timestamps written without one. */
  readonly timezone?: string;
  /** The thousands separator of integers, numbers and decimals in text. */
  readonly group?: string;
}

/** A path that must be neither missing, null nor false, or a CEL expression that must be true. */
export type Condition = string | { readonly expr: string };

/** What a pipeline says of turning records into rows. */
export interface Mapping {
  /** Undefined: every top-level field of the record becomes a column of its name. */
  readonly fields?: readonly Field[];
  /** With `fields`: `keep` also takes the top-level fields that no field reads. */
  readonly rest: 'keep' | 'drop';
  /** The path of an array: one row per element. */
  readonly each?: string;
  readonly where?: Condition;
  /** The records that the source says are deleted: whatever else they hold, they become tombstones. */
  readonly deleted_when?: Condition;
  /** Tombstones are wanted; without it such records are skipped. */
  readonly tombstones?: boolean;
  /** JSON Schema per column. */
  readonly checks: ReadonlyMap<string, unknown>;
  readonly primary_key: readonly string[];
  /** The columns that tell the parent record, under `replace_within`. */
  readonly within?: readonly string[];
  /** Whose rows these are: those of a record and its elements, or those of all records read for one of the parent stream. */
  readonly within_each?: 'record' | 'parent';
  readonly strategy: (column: string) => Strategy;
  readonly schema_contract: 'evolve' | 'freeze';
  /**
   * What happens under `evolve` when a value asks for a wider type than its column has: `accept` takes the type, `offer`
   * stops and says how to. Undefined where the target cannot change a column's type.
   */
  readonly widening?: 'accept' | 'offer';
  readonly run: { readonly id: string; readonly started_at: string };
  /** What `$partition.NAME` reads, until `map` is told of another. */
  readonly partition?: Partition;
  /**
   * Where rejects are retried: which element of a record was rejected, undefined where all of it was. The others are
   * left out, and under `replace_within` nothing is removed.
   */
  readonly retried?: (record: SourceRecord) => number | undefined;
}

/** The next of a batch's records that were read for one record of the parent stream. */
export interface Siblings {
  readonly parent: Value;
  /** How many of the batch's records they are; none where there is nothing to read for this one. */
  readonly records: number;
  /** These are all there are: none is in another batch, or was left out. */
  readonly whole: boolean;
}

/** Turns the records of one pipeline and run into rows. Pure, but for the columns it gets to know. */
export interface Mapper {
  /** The columns that have a place in the rows, in order; grows while records bring new ones, and is replaced when it does. */
  readonly columns: readonly Column[];
  /**
   * Called once, before the first `map`: learns the types of columns that declare none, from the target where it has
   * the column, else from these records (the first 1,000 of the read, or 4 MB).
   *
   * A target without column types of its own, such as a file, is given a `header`: the column names of tabular data, or
   * none. Then these and all of `map` are columns from the start, though nothing but null may ever come: a string
   * until a first value tells otherwise, with which `columns` is replaced.
   */
  learn(
    sample: readonly SourceRecord[],
    existing: readonly Column[] | undefined,
    header?: readonly string[],
    siblings?: readonly Siblings[],
  ): void;
  /**
   * Rows and rejects in the order of the records; no record is changed. `siblings` tells of all of them for which parent
   * they were read, where the stream has one.
   */
  map(records: readonly SourceRecord[], partition?: Partition, siblings?: readonly Siblings[]): MappedBatch;
  /** The same, in steps between which others get their turn. */
  steps(
    records: readonly SourceRecord[],
    partition?: Partition,
    siblings?: readonly Siblings[],
  ): Generator<undefined, MappedBatch>;
}

export interface MappedBatch {
  readonly rows: readonly Row[];
  /** Under `replace_within`: one for each record, or for each parent, see {@link Scope}. */
  readonly scopes?: readonly Scope[];
  /** The places in `rows` of tombstones, ascending: they have a key, and nothing else. */
  readonly tombstones: readonly number[];
  /** What a row was made of: as a reject has it, should the target refuse the row. */
  readonly originOf: (row: number) => Pick<Reject, 'record' | 'of' | 'parent'>;
  readonly rejects: readonly Reject[];
  /** Rows that `where` left out, and records that are deleted where no tombstones are wanted. */
  readonly skipped: number;
  /** Values that `on_error` replaced. */
  readonly defaulted: number;
  /**
   * Records that have nothing at all where `each` points, not even null: no rows, and under `replace_within` nothing is
   * removed. When no record of a read has it, the path is most likely misspelt.
   */
  readonly missing_each: number;
}
