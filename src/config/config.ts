import type { LogLevel } from '../model/log-line.ts';
import type { Secrets } from '../model/secrets.ts';
import type { Mode, Partition, Strategy } from '../model/types.ts';
import type { SinkDefinition, SourceDefinition } from '../plugin/contract.ts';
import type { Incremental } from '../transform/incremental.ts';
import type { Condition, Field } from '../transform/mapping.ts';
import type { Period } from '../transform/period.ts';
import type { DaemonConfig } from './daemon.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { JournalConfig } from './journal.ts';
import type { NotificationConfig } from './notify.ts';
import type { Schedule } from './schedule.ts';

/** A config that was checked whole: short forms are spelled out, defaults are in, references are resolved. */
export interface Config {
  /** The absolute path of the file that was found. */
  readonly file: string;
  /** Its folder: relative paths in options start here. */
  readonly directory: string;
  /** That file and those it includes. */
  readonly files: readonly string[];
  /** The absolute path of the state's database file. */
  readonly state: string;
  readonly logs: LogsConfig;
  /** How many runs are remembered, and for how many milliseconds. */
  readonly history: { readonly keep: number; readonly keep_runs: number };
  readonly journal: JournalConfig;
  readonly sources: ReadonlyMap<string, SourceConfig>;
  readonly sinks: ReadonlyMap<string, SinkConfig>;
  /** In the order they are written. */
  readonly pipelines: ReadonlyMap<string, PipelineConfig>;
  readonly daemon: DaemonConfig;
  /** Who is told how runs end, by name. */
  readonly notify: ReadonlyMap<string, NotificationConfig>;
  readonly warnings: readonly Diagnostic[];
  /** Values that must never be printed. */
  readonly secrets: Secrets;
  /** What tokens in the state are sealed with: the variable SYNCLINE_KEY. */
  readonly key?: string;
  /** The names of the variables it reads, SYNCLINE_KEY among them where that is set. */
  readonly variables: readonly string[];
}

export interface LogsConfig {
  /** The absolute path of the folder. */
  readonly dir: string;
  /** What goes to the files. */
  readonly level: LogLevel;
  /** Milliseconds. */
  readonly keep: number;
  readonly database: {
    readonly level: LogLevel;
    /** Undefined: the state. */
    readonly to?: { readonly sink: SinkConfig; readonly target: string };
  };
}

export interface SourceConfig {
  readonly name: string;
  readonly plugin: SourceDefinition;
  /** The path or package of a plugin of the user's own, as the config names it; undefined for a built-in. */
  readonly own?: string;
  readonly options: { readonly [name: string]: unknown };
  readonly streams: ReadonlyMap<string, StreamConfig>;
}

export interface StreamConfig {
  readonly name: string;
  readonly options: { readonly [name: string]: unknown };
  /** Fields of the record. */
  readonly primary_key: readonly string[];
  readonly incremental?: Incremental;
  /** The keys of `incremental` that are the source's own. */
  readonly cursorOptions?: { readonly [name: string]: unknown };
  /** It is read by sync tokens: an option of its source says so. */
  readonly tokens: boolean;
  /** Which records are deleted at the source. */
  readonly deleted_when?: Condition;
  /** What it is read once for each of; empty: it is read as it is. */
  readonly partitions: readonly Partition[];
  /** The stream of the same source for each of whose records it is read. */
  readonly parent?: ParentConfig;
}

/** How a stream is read for the records of another. */
export interface ParentConfig {
  readonly stream: string;
  /** So many of its records are handed over at a time. */
  readonly batch: number;
  /** What stands for each record where several are handed over: a text with paths in braces. */
  readonly as?: string;
  /** What becomes of a record that lacks what is handed over. */
  readonly on_missing: 'error' | 'exclude';
}

export interface SinkConfig {
  readonly name: string;
  readonly plugin: SinkDefinition;
  /** The path or package of a plugin of the user's own, as the config names it; undefined for a built-in. */
  readonly own?: string;
  readonly options: { readonly [name: string]: unknown };
}

/** So many rows and no more: a number of them, or a share of all. */
export type RowLimit = { readonly rows: number } | { readonly percent: number };

/** Where rows go, and how they meet what is there. */
export interface TargetConfig {
  readonly sink: SinkConfig;
  /** What follows the dot in `to`. */
  readonly target: string;
  readonly mode: Mode;
  readonly merge: { readonly fields: ReadonlyMap<string, Strategy>; readonly others: Strategy };
  /** Where rows are deleted: because they are absent, or the source says so. */
  readonly deletes?: Deletes;
}

/** What deleting a row does. */
export interface Deletes {
  readonly mode: 'soft' | 'hard' | 'ignore';
  /** Under `soft`: the column that says since when. */
  readonly column: string;
  /** More rows that go for being absent fail the pipeline before the first one. */
  readonly max: RowLimit;
}

/** One row per key and period of the run's start. */
export interface Snapshot {
  readonly every: Period;
  readonly timezone: string;
  /** The column the period is written to. */
  readonly column: string;
}

/** A pipeline, as it writes to its first target. */
export interface PipelineConfig extends TargetConfig {
  readonly name: string;
  readonly source: SourceConfig;
  readonly stream: StreamConfig;
  /** All of them, in the order they are written. */
  readonly targets: readonly TargetConfig[];
  /** Columns of the row; empty when there is no key. */
  readonly primary_key: readonly string[];
  /** Undefined without `map`. */
  readonly fields?: readonly Field[];
  readonly rest: 'keep' | 'drop';
  readonly each?: string;
  readonly where?: Condition;
  /** The columns that tell the parent record, under `replace_within`, and whether it is the one around an element or another. */
  readonly within?: readonly string[];
  readonly within_each?: 'record' | 'parent';
  readonly checks: ReadonlyMap<string, unknown>;
  readonly rejects: { readonly max: RowLimit };
  /** Of the targets in the mode snapshot. */
  readonly snapshot?: Snapshot;
  readonly schema_contract: 'evolve' | 'freeze';
  /** When the daemon runs it; undefined: when it is asked for, or with those it comes after. */
  readonly schedule?: Schedule;
  /** The pipelines of the same run that must have ended before. */
  readonly after: {
    readonly pipelines: readonly string[];
    readonly if_upstream_fails: 'skip' | 'run';
  };
  /** Milliseconds. */
  readonly fresh_for?: number;
  /** Milliseconds. */
  readonly full_every?: number;
  readonly batch_size: number;
  /** Names of the stamp columns; undefined where left out. */
  readonly columns: { readonly run_id?: string; readonly synced_at?: string };
  readonly enabled: boolean;
  readonly tags: readonly string[];
}
