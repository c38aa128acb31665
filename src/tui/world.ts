/**
 * What the screens ask about and do, beyond the run that is watched: in the state of a config, or in a daemon over its
 * API. Nothing here draws, and no screen does any of this itself.
 */

import type { Emit } from '../engine/events.ts';
import type { ToldChanges } from '../engine/journals.ts';
import type { Standing, StandingWord } from '../engine/standing.ts';
import type { Origin } from '../engine/why.ts';
import type { RowChange } from '../model/changes.ts';
import type { LogLevel, LogLine } from '../model/log-line.ts';
import type { Counts, RunResult } from '../model/result.ts';
import type { KeptReject, KeptRun } from '../state/state.ts';

export type { ToldChanges } from '../engine/journals.ts';
export type { Origin } from '../engine/why.ts';

/** How a pipeline stands, with what it does now. */
export interface Stands extends Standing {
  readonly pipeline: string;
  readonly running?: { readonly runId: string; readonly since: string };
  readonly counts?: Counts;
  /** `source.stream` and `sink.target`, where it is known. */
  readonly from?: string;
  readonly to?: string;
}

export interface Looked {
  /** Whether a daemon schedules: `none` where none does. */
  readonly scheduler: 'active' | 'standby' | 'none' | 'unknown';
  readonly totals: { readonly [word in StandingWord]: number };
  readonly pipelines: readonly Stands[];
  /** Runs of the last 24 hours, the newest first. */
  readonly recent: readonly KeptRun[];
}

export interface Planned {
  readonly result: RunResult;
  readonly changes: readonly { readonly pipeline: string; readonly change: RowChange }[];
  /** False when only the first changes are in `changes`. */
  readonly whole: boolean;
  /** What else is to be said: columns that would be added, warnings. */
  readonly notes?: readonly { readonly pipeline?: string; readonly text: string }[];
  /** Why exactly this cannot be done; undefined where it can. */
  readonly unsaved?: string;
}

export interface RejectChoice {
  readonly run?: string;
  readonly pipeline?: string;
}

export interface LogChoice {
  readonly run?: string;
  readonly pipeline?: string;
  readonly level?: LogLevel;
}

/** What some worlds cannot do: a daemon is asked by an API that has no rows. */
export type Ability = 'schedule' | 'changes' | 'plan' | 'rejects' | 'logs' | 'why';

/** Everything rejects with a `SyncError`, which is shown with its hint; nothing waits longer than the signal lets it. */
export interface World {
  /** What is looked at, for the head: the name of a config file, or the address of a daemon. */
  readonly name: string;
  /** Why something cannot be done here, and what to do instead; undefined where it can. */
  cannot(ability: Ability): string | undefined;
  /** Asked about once a second. */
  look(signal: AbortSignal): Promise<Looked>;
  /** Newest first. */
  runs(
    filter: { readonly pipeline?: string; readonly limit: number },
    signal: AbortSignal,
  ): Promise<readonly KeptRun[]>;
  /** Tells the events of a run, from its beginning where they are known; resolves when it has ended. */
  follow(run: string, emit: Emit, signal: AbortSignal): Promise<void>;
  /** Starts a run; resolves with its id. */
  start(pipelines: readonly string[]): Promise<string>;
  pause(pipeline: string): Promise<void>;
  resume(pipeline: string): Promise<void>;
  /** Ends a run after the batches under way. */
  cancel(run: string): Promise<void>;
  /** Takes a run back; resolves with what it did, in words. */
  undo(run: string, options: { readonly force: boolean }): Promise<string>;
  /** What a run changed, batch by batch, as its journals have it. */
  changes(run: string, signal: AbortSignal): AsyncIterable<ToldChanges>;
  /** What a run would change; the whole plan is kept until another one is made. */
  plan(pipelines: readonly string[], signal: AbortSignal): Promise<Planned>;
  /** Does exactly what was planned last; resolves with the run's id. */
  startPlan(): Promise<string>;
  rejects(choice: RejectChoice, limit: number): Promise<readonly KeptReject[]>;
  /** Maps and writes them again; resolves with the id of the run that does it. */
  retry(choice: RejectChoice): Promise<string>;
  /** Forgets them; resolves with how many. */
  drop(choice: RejectChoice): Promise<number>;
  /** The lines there are, and then those that come, until the signal is aborted. */
  logs(choice: LogChoice, signal: AbortSignal): AsyncIterable<LogLine>;
  why(pipeline: string, key: string, field?: string): Promise<readonly Origin[]>;
  close(): Promise<void>;
}
