import type { PipelineStanding } from '../../engine/standing.ts';
import type { Counts } from '../../model/result.ts';
import type { KeptRun } from '../../state/state.ts';
import type { LiveRun } from '../live-run.ts';

export interface LiveStanding extends PipelineStanding {
  /** What a running pipeline did so far. */
  readonly counts?: Counts;
}

/** All that can be asked of a daemon through its API. */
export interface Control {
  status(): Promise<readonly LiveStanding[]>;
  /** Of the daemons on one state, one is active. */
  scheduler(): 'active' | 'standby';
  /** In the text format of Prometheus. */
  metrics(): Promise<string>;
  /**
   * Starts a run of one pipeline; resolves with its id. Throws `usage/unknown_pipeline`, `lease/held`,
   * `daemon/stopping`.
   */
  start(pipeline: string): Promise<string>;
  run(id: string): Promise<KeptRun | undefined>;
  /** Undefined once the run has ended. */
  live(id: string): LiveRun | undefined;
  /** Whether runs can be started and remembered. */
  ready(): Promise<boolean>;
}
