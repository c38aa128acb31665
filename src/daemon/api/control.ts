import type { PipelineStanding, Standing } from '../../engine/standing.ts';
import type { Statistics } from '../../engine/statistics.ts';
import type { Undone } from '../../engine/undo.ts';
import type { Counts } from '../../model/result.ts';
import type { Partition } from '../../model/types.ts';
import type { HistoryFilter, KeptRun, RunFilter } from '../../state/state.ts';
import type { LiveRun, NumberedEvent } from '../live-run.ts';

/** What is asked for: as `syncline run` does it. Without pipelines and selectors, all that are enabled. */
export interface RunRequest {
  readonly pipelines?: readonly string[];
  readonly select?: readonly string[];
  readonly partition?: Partition;
  readonly full?: boolean;
  readonly from?: string;
  readonly to?: string;
}

export interface StartedRun {
  readonly runId: string;
  /** The same was asked before, under the same key. */
  readonly replayed: boolean;
}

interface Live {
  /** What was done so far, where it is running. */
  readonly counts?: Counts;
}

export interface LiveStanding extends PipelineStanding, Live {
  readonly partitions?: { readonly [partition: string]: Standing & Live };
}

/** Of a paused pipeline since when it is: ISO 8601, UTC. */
export interface Pause {
  readonly pipeline: string;
  readonly paused: boolean;
  readonly since?: string;
}

/** All that can be asked of a daemon through its API. */
export interface Control {
  status(): Promise<readonly LiveStanding[]>;
  /** Of the daemons on one state, one is active. */
  scheduler(): 'active' | 'standby';
  /** In the text format of Prometheus. */
  metrics(): Promise<string>;
  statistics(): Promise<Statistics>;
  /**
   * Starts a run. The same key starts one run in 24 hours. Throws `usage/unknown_pipeline`, `lease/held` when all that
   * was asked for is running, `daemon/stopping`, `api/key_reused`, and what `syncline run` refuses.
   */
  start(request: RunRequest, key?: string): Promise<StartedRun>;
  /** Newest first. Throws `usage/unknown_pipeline`. */
  runs(filter: RunFilter): Promise<readonly KeptRun[]>;
  run(id: string): Promise<KeptRun | undefined>;
  /** Undefined once the run has ended. */
  live(id: string): LiveRun | undefined;
  /** What is kept of the events of a run of the daemon that has ended. */
  events(id: string): Promise<readonly NumberedEvent[]>;
  /** Throws `usage/unknown_run`, `usage/run_ended`. */
  cancel(run: string): Promise<void>;
  /** Throws `undo/unknown`, `undo/not_newest`, `undo/edited`, `lease/held`, `daemon/stopping`. */
  undo(run: string, options: { readonly force: boolean }): Promise<Undone>;
  /** Forgets runs that have ended; how many. */
  clear(filter: HistoryFilter): Promise<number>;
  /** Throws `usage/unknown_pipeline`. */
  pause(pipeline: string): Promise<Pause>;
  /** Throws `usage/unknown_pipeline`. */
  resume(pipeline: string): Promise<Pause>;
  /** Whether runs can be started and remembered. */
  ready(): Promise<boolean>;
}
