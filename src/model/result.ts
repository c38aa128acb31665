/** How a pipeline ended, worst first. */
export const outcomes = [
  'failed',
  /** A server asks not to be called for longer than we wait. */
  'rate_limited',
  'cancelled',
  /** Its process died; a later start found it. */
  'interrupted',
  /** Another run holds its lease. */
  'busy',
  /** Rows were rejected. */
  'partial',
  'succeeded',
  /** There was no need to run it, or what it comes after failed. */
  'skipped',
] as const;
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

export function addCounts(counts: Counts, more: Partial<Counts>): Counts {
  const sum: { -readonly [name in keyof Counts]: number } = { ...counts };
  for (const name of Object.keys(noCounts) as (keyof Counts)[]) sum[name] += more[name] ?? 0;
  return sum;
}

/** What two targets did that were fed the same: what happened before the rows reached them is counted once. */
export function countsBeside(one: Counts, other: Counts): Counts {
  const alike = ['read', 'skipped', 'rejected', 'defaulted'] as const;
  const most = alike.map((name) => [name, Math.max(one[name], other[name])]);
  return { ...addCounts(one, other), ...Object.fromEntries(most) };
}

/** An error as it is shown and stored. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** What was asked of a server. */
export interface CallCounts {
  readonly pages: number;
  /** Tries, also those that failed. */
  readonly requests: number;
  readonly retries: number;
  readonly waitedMs: number;
}

export function addCalls(
  calls: CallCounts | undefined,
  more: CallCounts | undefined,
): CallCounts | undefined {
  if (calls === undefined || more === undefined) return calls ?? more;
  return {
    pages: calls.pages + more.pages,
    requests: calls.requests + more.requests,
    retries: calls.retries + more.retries,
    waitedMs: calls.waitedMs + more.waitedMs,
  };
}

export interface PipelineResult extends Counts {
  readonly status: Outcome;
  readonly durationMs: number;
  readonly error?: Failure;
  /** Why it was skipped, for people. */
  readonly reason?: string;
  /** Of one that was rate limited: when to run it again, where the server says. ISO 8601, UTC. */
  readonly resumeAt?: string;
  /** What it took, where a server was asked. */
  readonly calls?: CallCounts;
  /** Why its read ended where it did, where the source tells: `no next page`. */
  readonly stopped?: string;
  /** Where an incremental read began and ended: values of the cursor field, or sync tokens. */
  readonly cursor?: { readonly from?: string; readonly to?: string };
  /** Where there are several: what was written to each, by `sink.target`. */
  readonly targets?: { readonly [target: string]: PipelineResult };
  /** Where the stream has partitions: what became of each, such as `project=alpha`. */
  readonly partitions?: { readonly [partition: string]: PipelineResult };
}

/** When all may be asked again that may be asked at these times. */
export function latestOf(times: readonly (string | undefined)[]): string | undefined {
  return times
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
}

/** The document that `run --json` ends with. */
export interface RunResult {
  readonly runId: string;
  /** The worst of its pipelines', or `mixed`: some failed, were rate limited or cancelled, and some were not. */
  readonly status: Outcome | 'mixed';
  readonly exitCode: number;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly pipelines: { readonly [name: string]: PipelineResult };
}

/** How a pipeline ended whose parts ended so: the worst of them. */
export function worstOutcome(statuses: readonly Outcome[]): Outcome {
  return outcomes.find((outcome) => statuses.includes(outcome)) ?? 'succeeded';
}

/** The status of a whole run. A run of no pipelines succeeded. */
export function runStatus(statuses: readonly Outcome[]): RunResult['status'] {
  const stopped = statuses.some((status) => ['failed', 'rate_limited', 'cancelled'].includes(status));
  const ended = statuses.some((status) => status === 'succeeded' || status === 'partial');
  if (stopped && ended) return 'mixed';
  return worstOutcome(statuses);
}

interface Ending {
  /** The signal that ended the run, where one did. */
  readonly stopped?: 'SIGINT' | 'SIGTERM';
  /** Rejected rows alone do not change the exit code. */
  readonly allow_rejects: boolean;
}

/** The exit code of a run: of those that apply, the first in the published order. */
export function exitCodeOf(
  results: readonly Pick<PipelineResult, 'status' | 'error'>[],
  { stopped, allow_rejects }: Ending,
): number {
  const some = (...statuses: readonly Outcome[]) => results.some(({ status }) => statuses.includes(status));
  if (results.some(({ error }) => error?.code === 'internal/bug')) return 70;
  if (stopped !== undefined) return stopped === 'SIGTERM' ? 143 : 130;
  if (some('failed', 'rate_limited', 'cancelled', 'interrupted')) return 1;
  if (some('busy')) return 5;
  return some('partial') && !allow_rejects ? 3 : 0;
}
