/** How a pipeline ended, worst first. */
const outcomes = ['failed', 'cancelled', 'partial', 'succeeded'] as const;
export type Outcome = (typeof outcomes)[number];

/** What a pipeline did, counted in rows unless said otherwise. */
export interface Counts {
  /** Records the source returned. */
  readonly read: number;
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly deleted: number;
  /** Left out by `where`. */
  readonly skipped: number;
  readonly rejected: number;
  /** Fields left as a person edited them. */
  readonly kept: number;
  /** Values that `on_error` replaced. */
  readonly defaulted: number;
}

export const noCounts: Counts = {
  read: 0,
  inserted: 0,
  updated: 0,
  unchanged: 0,
  deleted: 0,
  skipped: 0,
  rejected: 0,
  kept: 0,
  defaulted: 0,
};

/** An error as it is shown and stored. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export interface PipelineResult extends Counts {
  readonly status: Outcome;
  readonly durationMs: number;
  readonly error?: Failure;
}

/** The document that `run --json` ends with. */
export interface RunResult {
  readonly runId: string;
  /** The worst of its pipelines', or `mixed`: some failed or were cancelled, and some were not. */
  readonly status: Outcome | 'mixed';
  readonly exitCode: number;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly pipelines: { readonly [name: string]: PipelineResult };
}

/** The status of a whole run. A run of no pipelines succeeded. */
export function runStatus(statuses: readonly Outcome[]): RunResult['status'] {
  const stopped = statuses.some((status) => status === 'failed' || status === 'cancelled');
  const ended = statuses.some((status) => status === 'succeeded' || status === 'partial');
  if (stopped && ended) return 'mixed';
  return outcomes.find((outcome) => statuses.includes(outcome)) ?? 'succeeded';
}
