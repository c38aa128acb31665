import type { Counts, PipelineResult, RunResult } from '../model/result.ts';
import type { Wait } from '../plugin/contract.ts';

/** What happens in a run, as it happens: the only thing screens, lines and logs know of it. `at` is ISO 8601, UTC. */
export type RunEvent =
  | {
      readonly type: 'run_started';
      readonly at: string;
      readonly run: string;
      readonly pipelines: readonly string[];
      /** Runs whose process it found dead. */
      readonly interrupted?: readonly string[];
    }
  | {
      readonly type: 'pipeline_started';
      readonly at: string;
      readonly pipeline: string;
      /** `source.stream`, or `rejects` where they are retried, and `sink.target`. */
      readonly from: string;
      readonly to: string;
      /** This is pipeline `step` of `steps`, from 1. */
      readonly step: number;
      readonly steps: number;
    }
  | {
      readonly type: 'notice';
      readonly at: string;
      /** Undefined where it is about a source or sink that pipelines share. */
      readonly pipeline?: string;
      readonly level: 'info' | 'warn';
      readonly message: string;
    }
  /** A source or sink waits for somebody else, such as a server that asked for patience. */
  | {
      readonly type: 'waiting';
      readonly at: string;
      /** Such as `source crm`: pipelines share it. */
      readonly plugin: string;
      readonly reason: Wait['reason'];
      /** ISO 8601, UTC. */
      readonly until: string;
      readonly ms: number;
    }
  /** After each batch: what the pipeline did so far. */
  | {
      readonly type: 'progress';
      readonly at: string;
      readonly pipeline: string;
      readonly counts: Counts;
      /** Where the stream has partitions: the one that is read, such as `project=alpha`, and what of it was done. */
      readonly partition?: { readonly name: string; readonly counts: Counts };
      /** Where the source tells a total: bytes, records, or whatever it counts by. */
      readonly progress?: { readonly done: number; readonly total: number };
      /** What is being read, where the source tells: a file, a table, a request. */
      readonly detail?: string;
    }
  | {
      readonly type: 'pipeline_finished';
      readonly at: string;
      readonly pipeline: string;
      readonly result: PipelineResult;
    }
  | { readonly type: 'run_finished'; readonly at: string; readonly result: RunResult };

export type Emit = (event: RunEvent) => void;
