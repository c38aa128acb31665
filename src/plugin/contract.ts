/**
 * What a plugin is. A plugin is a module that exports `source`, `sink`, or both, made with `defineSource` and
 * `defineSink`. It is named in the config by `type`: a built-in name, a path (`./my-source.ts`), or a package.
 *
 * Whatever a plugin needs of the world comes through its context; it keeps no state between runs. An error a person
 * can act on is thrown as a `SyncError`; anything else that is thrown counts as a bug of the plugin.
 */

import type { FromSchema, JSONSchema } from 'json-schema-to-ts';
import type { CursorRange, LedgerEntry, LedgerKey, LedgerState } from '../model/checkpoint.ts';
import type { Column, Mode, Row, RowBatch, RowCounts, SourceRecord, Target, Value } from '../model/types.ts';
import type { Absence } from './absence-contract.ts';
import type { Checked, CountOptions, PluginContext, RowsCounted } from './context-contract.ts';
import type { Journal, PlannedAbsence, Planner, SavedBatch } from './history-contract.ts';

export type { CursorRange } from '../model/checkpoint.ts';
export type * from './absence-contract.ts';
export type * from './context-contract.ts';
export type * from './history-contract.ts';

/**
 * Options as JSON Schema of an object. Every property has a `description`, and a `default` where it has one; a secret
 * is marked `"x-secret": true`, or `"x-secret": "variables"` where only what comes from variables is one, text in SQL
 * `"x-language": "sql"`. One schema feeds validation, types, editor completion and the reference.
 */
export type OptionsSchema = JSONSchema & {
  readonly type: 'object';
  readonly properties: { readonly [name: string]: JSONSchema };
  readonly required?: readonly string[];
};

/** What a schema's options look like to the plugin. (Of a schema nobody knows, `FromSchema` would never come to an end.) */
export type OptionsOf<Schema> = OptionsSchema extends Schema
  ? { readonly [name: string]: unknown }
  : Schema extends JSONSchema
    ? FromSchema<Schema>
    : never;

// Sources ------------------------------------------------------------------------------------------------------------

export interface SourceDefinition<
  Options extends OptionsSchema = OptionsSchema,
  Stream extends OptionsSchema = OptionsSchema,
> {
  readonly kind: 'source';
  readonly name: string;
  /** One sentence for lists and hover help. */
  readonly summary: string;
  readonly options: Options;
  readonly streamOptions: Stream;
  /** The stream option that is meant when a stream is written as a bare value. */
  readonly shortForm: keyof Stream['properties'] & string;
  /** The order it reads in when a stream is incremental and does not say: `ascending` where it can sort; default `none`. */
  readonly order?: 'ascending' | 'none';
  /** It reads little more than the records of the range it is asked for, so that a long one can be read in windows. */
  readonly ranges?: boolean;
  /** Further keys of `incremental`, which are this source's own. */
  readonly cursorOptions?: OptionsSchema;
  /** The stream option that, where it is set, makes a stream be read by sync tokens. */
  readonly tokenOption?: keyof Stream['properties'] & string;
  /**
   * Called once per run and source, before the first read; options are valid and hold their defaults.
   * Throwing fails the pipelines that read this source; others run on.
   */
  open(options: OptionsOf<Options>, context: PluginContext): Promise<OpenSource<OptionsOf<Stream>>>;
}

export interface OpenSource<Stream = unknown> {
  /**
   * Reads one stream from its beginning, lazily: nothing is fetched before it is asked for, and the next batch only
   * when the one before has been taken. Ending normally says the read was complete; when it was not, throw. May be
   * called several times, for different streams also at once.
   */
  read(request: ReadRequest<Stream>): AsyncIterable<Batch>;
  /** How many reads are worth running at once where a stream is read for each record of another; default 1. */
  readonly parallel?: number;
  /** Connects and logs in, and reads no record. Throws what would keep a run from working. */
  check?(): Promise<Checked>;
  /** Called once, after every read has ended or was abandoned. */
  close(): Promise<void>;
}

export interface ReadRequest<Stream = unknown> {
  readonly stream: string;
  readonly options: Stream;
  /**
   * Where to go on: a position this source gave with a batch, maybe in an earlier process. The read returns exactly
   * what came after that batch. Where that can no longer be told, it throws `source/position_lost`.
   */
  readonly position?: Value;
  /** With `incremental`: which records are wanted. Others may be returned too: they are left out later. */
  readonly cursor?: CursorRange;
  /** What the source asks for beside the common keys of `incremental` ({@link SourceDefinition.cursorOptions}). */
  readonly cursorOptions?: { readonly [name: string]: unknown };
  /**
   * Of a stream that is read by sync tokens: that of the last complete read. Only what changed since is wanted. Where
   * it is not accepted any more, the read throws `source/token_expired`, and is then asked for everything.
   */
  readonly token?: string;
  /** No batch may hold more records than `rows`, nor more than about `bytes` unless it is a single record. */
  readonly batch: { readonly rows: number; readonly bytes: number };
  readonly signal: AbortSignal;
}

/** Records read together, in the order of the source. */
export interface Batch {
  readonly records: readonly SourceRecord[];
  /** About how many bytes of input the records took. */
  readonly bytes: number;
  /** Where reading goes on after these records; undefined where the source can only read from the beginning. */
  readonly position?: Value;
  /** The column names of tabular data, where the source knows them before the rows: a mapped column must be there. */
  readonly header?: readonly string[];
  /** How far the read is after these records, in whatever the source counts by, where it knows the total for sure. */
  readonly progress?: { readonly done: number; readonly total: number };
  /** What the records are from, for people: a file, a table, a request. Without secrets. */
  readonly detail?: string;
  /** The sync token to begin the next read with, once this one is complete; the last one given counts. */
  readonly token?: string;
  /** What it took to get here since the batch before, where a server was asked. */
  readonly calls?: Calls;
  /** With the last batch: why the read ended there, for people: `no next page`, `an empty page`. */
  readonly stopped?: string;
}

/** Counts of what was asked of a server. */
export interface Calls {
  /** Pages of records that were taken. */
  readonly pages: number;
  /** Tries of requests, also those that failed. */
  readonly requests: number;
  /** How many of them were tried again. */
  readonly retries: number;
  /** Milliseconds spent waiting before requests. */
  readonly waited_ms: number;
}

// Sinks --------------------------------------------------------------------------------------------------------------

/** What a sink may be able to do; told in {@link SinkDefinition.capabilities}. */
export const capabilities = ['ledger', 'memory', 'plan', 'journal', 'widen', 'absence'] as const;
export type Capability = (typeof capabilities)[number];

export interface SinkDefinition<Options extends OptionsSchema = OptionsSchema> {
  readonly kind: 'sink';
  readonly name: string;
  /** One sentence for lists and hover help. */
  readonly summary: string;
  readonly options: Options;
  /** The modes it can write; the first is its default. */
  readonly modes: readonly [Mode, ...Mode[]];
  /**
   * `ledger`: it remembers checkpoints and what `keep_edits` needs beside the rows, in the same transaction. `memory`:
   * it keeps no ledger, and merges with what {@link TargetRequest.memory} remembers. `plan`: it can tell what a batch
   * would change. `journal`: it can keep what a batch changed, and take it back. `widen`: it can give a column a wider
   * type, and keeps what is in it (`Target.accept_schema`). `absence`: it can tell and delete what a complete read did
   * not contain, as the mode mirror needs. A pipeline that needs what its sink lacks is refused by `validate`, before
   * anything is opened.
   */
  readonly capabilities: readonly Capability[];
  /** Called once per run and sink, before its first target, and once more where it holds the log; must not write. */
  open(options: OptionsOf<Options>, context: PluginContext): Promise<OpenSink>;
}

export interface OpenSink {
  /**
   * The columns a target has now, with the types Syncline gave them or, failing that, the widest type its storage
   * accepts; undefined when there is no such target, none when it is there and does not tell its columns. Columns the
   * sink keeps for itself are left out.
   */
  discover(target: string): Promise<readonly Column[] | undefined>;
  /** Called once per pipeline and run, before its first commit. */
  begin(target: TargetRequest): Promise<Writer>;
  /** Where the sink declares the capability `ledger`. */
  readonly ledger?: Ledger;
  /** Where the sink declares the capability `absence`. */
  readonly absence?: Absence;
  /**
   * Removes the rows whose timestamp in this column is before that time, in the form of a cell; nothing where there is
   * no such target. A sink that can is asked to, where it holds the logs. Never called while a commit is under way.
   */
  prune?(target: string, column: string, before: string): Promise<void>;
  /**
   * Where the sink declares the capability `plan`: called instead of `begin`, and nothing is written, not even a file
   * or a table. The plans of one open sink see one another's outcome.
   */
  plan?(target: TargetRequest): Promise<Planner>;
  /** Where the sink declares the capabilities `plan` and `absence`: what {@link OpenSink.absence} would do after these plans. */
  readonly planAbsence?: PlannedAbsence;
  /**
   * How many rows a target has; undefined where there is no such target. Also asked while others write to it, so that
   * no row is locked for it, and an open sink goes on to serve others. Where the signal is aborted it rejects.
   */
  count?(target: string, options: CountOptions): Promise<RowsCounted | undefined>;
  /** Connects and logs in, and writes nothing. Throws what would keep a run from working. */
  check?(): Promise<Checked>;
  /** Where the sink declares the capability `journal`. */
  readonly journal?: Journal;
  /** Called once, after every writer was closed. */
  close(): Promise<void>;
}

/**
 * The checkpoints a sink keeps beside its rows. They are the only truth: `commit` writes them with each batch, and
 * these methods are for before and between runs.
 */
export interface Ledger {
  read(key: LedgerKey): Promise<LedgerState>;
  /** Puts an entry in the place of the one there, or removes it; refused (`lease/lost`) under a higher fence. */
  write(key: LedgerKey, entry: LedgerEntry | undefined): Promise<void>;
  /** All entries there are. */
  list(): Promise<readonly (LedgerKey & { readonly entry: LedgerEntry })[]>;
}

export interface TargetRequest {
  readonly name: string;
  readonly mode: Mode;
  readonly run: { readonly id: string; readonly started_at: string };
  /** Where the sink declares the capability `memory`. */
  readonly memory?: EditMemory;
}

/**
 * What was last written to the tracked columns of a target, kept in the state for a sink that keeps no ledger. Such a
 * sink reads it before it folds a batch, as `written` of the rows that are there, and tells it the changes after it has
 * written them. In between a crash loses nothing: the batch comes again, and equal values are taken for our own.
 */
export interface EditMemory {
  /** By `keyOf` of the primary key: a cell for each column of the target, undefined where nothing is known. */
  read(target: Target, keys: readonly string[]): Promise<ReadonlyMap<string, Row>>;
  /** Takes the changes that `fold` gave. */
  remember(target: Target, changes: readonly WrittenRow[]): Promise<void>;
}

/** Of a change to a row: its key, and what is now known to be written there. */
export interface WrittenRow {
  readonly kind: string;
  readonly key: string;
  readonly written?: Row;
}

/**
 * Writes the batches of one pipeline into one target.
 *
 * Where rows merge by key (`upsert`, `mirror`, `snapshot`) the sink looks up the rows of the batch's keys, hands them to `fold` (from `syncline`),
 * and writes the changes it is given: merging has one implementation, and a sink has none of its own.
 */
export interface Writer {
  /**
   * Writes a batch whole or not at all, and makes the target able to hold its columns first: a missing target is
   * created, a missing column added. When it resolves, the rows are durable, or wait for `complete` in a sink that
   * publishes at the end. When it rejects, nothing of the batch was written. Never called while one is under way.
   *
   * Where a constraint of the target refuses rows, it rejects with `RowsRefused`, which names them, or, where it cannot
   * tell which, with a `SyncError` of the code `sql/constraint` or `sql/value`. The refused rows become rejects, and the others are
   * committed again; where they are not named, the batch is halved until they are found, if its rows may come twice.
   */
  commit(batch: RowBatch): Promise<Committed>;
  /**
   * Where the sink declares the capability `plan`: commits what was planned for a batch, which has no rows of its own.
   * Throws `plan/moved`, and writes nothing, when a row is no longer as it was planned for.
   */
  replay?(batch: RowBatch, saved: SavedBatch): Promise<Committed>;
  /** Called once after the last commit of a complete read: what was written aside becomes visible, all at once. */
  complete?(): Promise<void>;
  /** Called once. Without `complete` before it, what was written aside is thrown away. */
  close(): Promise<void>;
}

export interface Committed extends RowCounts {
  /** What was done to the target's schema, for people: `table created`, `column "x" added (integer)`. */
  readonly schema_changes: readonly string[];
}

// Definitions --------------------------------------------------------------------------------------------------------

/** Defines a source; the types of its options follow from the schemas, which want `as const`. */
export function defineSource<const Options extends OptionsSchema, const Stream extends OptionsSchema>(
  definition: Omit<SourceDefinition<Options, Stream>, 'kind'>,
): SourceDefinition {
  // Only options that were checked by these schemas reach `open`, so it may be known as one that takes any.
  return { ...definition, kind: 'source' } as SourceDefinition;
}

/** Defines a sink; the types of its options follow from the schema. */
export function defineSink<const Options extends OptionsSchema>(
  definition: Omit<SinkDefinition<Options>, 'kind'>,
): SinkDefinition {
  // As above.
  return { ...definition, kind: 'sink' } as SinkDefinition;
}
