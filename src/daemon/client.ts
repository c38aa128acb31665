/** A daemon somewhere else, as its API tells of it. */

import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Emit } from '../engine/events.ts';
import type { StandingWord } from '../engine/standing.ts';
import type { Undone } from '../engine/undo.ts';
import { SyncError } from '../model/errors.ts';
import type { KeptRun, RunFilter } from '../state/state.ts';
import type { LiveStanding, Pause, StartedRun } from './api/control.ts';
import { type CallsOptions, isPassing, openCalls } from './client/calls.ts';
import { type Asking, Unreachable } from './client/connection.ts';
import { followRun } from './client/follow.ts';
import { pauseAfter } from './client/patience.ts';

export { daemonAddress } from './client/address.ts';
export { isPassing } from './client/calls.ts';

interface DaemonStatus {
  readonly scheduler: 'active' | 'standby';
  readonly totals: { readonly [word in StandingWord]: number };
  readonly pipelines: readonly LiveStanding[];
}

/**
 * What can be asked of a daemon. Rejects with the error of the API; with `daemon/unreachable` where none answers,
 * `daemon/answer` where what answers is no daemon, and `api/token`.
 */
export interface DaemonClient {
  status(signal: AbortSignal): Promise<DaemonStatus>;
  /** Newest first. */
  runs(filter: Pick<RunFilter, 'limit' | 'pipeline'>, signal: AbortSignal): Promise<readonly KeptRun[]>;
  /** Tells the events of a run, each once; waits for the daemon while it is away. */
  follow(run: string, emit: Emit, signal: AbortSignal): Promise<void>;
  /** Starts one run, however often it has to be asked for; resolves with its id. */
  start(pipelines: readonly string[]): Promise<string>;
  pause(pipeline: string): Promise<void>;
  resume(pipeline: string): Promise<void>;
  cancel(run: string): Promise<void>;
  undo(run: string, options: { readonly force: boolean }): Promise<Undone>;
  /** Ends all that is under way. */
  close(): void;
}

/** A request that changes something is tried so often. */
const tries = 6;

export function openClient(options: CallsOptions): DaemonClient {
  const calls = openCalls(options);
  const { patience = 15_000 } = options;
  const closing = new AbortController();
  const { signal } = closing;
  const post = <Document>(path: string, key: keyof Document & string, more: Partial<Asking> = {}) =>
    calls.json<Document>({ method: 'POST', path, body: {}, signal, patience, ...more }, key);
  const paused = (name: string, verb: 'pause' | 'resume') =>
    persistently(
      () => post<Pause>(`/api/v1/pipelines/${encodeURIComponent(name)}/${verb}`, 'paused'),
      signal,
    );
  const ofRun = (run: string, verb: string) => `/api/v1/runs/${encodeURIComponent(run)}/${verb}`;
  return {
    status: (until) => calls.json({ path: '/api/v1/status', signal: until, patience }, 'pipelines'),
    async runs({ limit, pipeline }, until) {
      const query = new URLSearchParams({
        limit: String(limit),
        ...(pipeline !== undefined && { pipeline }),
      });
      const path = `/api/v1/runs?${query}`;
      const asking = { path, signal: until, patience };
      return (await calls.json<{ readonly runs: readonly KeptRun[] }>(asking, 'runs')).runs;
    },
    follow: (run, emit, until) => followRun(calls, run, emit, AbortSignal.any([until, signal])),
    async start(pipelines) {
      const headers = { 'idempotency-key': randomUUID() };
      const ask = () => post<StartedRun>('/api/v1/runs', 'runId', { body: { pipelines }, headers });
      return (await persistently(ask, signal)).runId;
    },
    pause: async (name) => void (await paused(name, 'pause')),
    resume: async (name) => void (await paused(name, 'resume')),
    cancel: async (run) =>
      void (await persistently(() => post<StartedRun>(ofRun(run, 'cancel'), 'runId'), signal)),
    // It takes as long as it takes, and a second one would find nothing to undo.
    undo: (run, { force }) =>
      once(post<Undone>(ofRun(run, 'undo'), 'pipelines', { body: { force }, patience: undefined })),
    close() {
      closing.abort();
      calls.close();
    },
  };
}

/** Asks again while the daemon is away, for some seconds. What is asked comes to the same when it is done twice. */
async function persistently<Result>(ask: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  for (let failures = 1; ; failures++) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || failures === tries) throw error;
    }
    await setTimeout(pauseAfter(failures), undefined, { signal });
  }
}

/** Says where it is not known whether it was done. */
async function once<Result>(asked: Promise<Result>): Promise<Result> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof Unreachable) || !error.mayBeDone) throw error;
    throw new SyncError(
      'daemon/unreachable',
      `the connection was lost before there was an answer: ${error.reason}`,
      {
        hint: 'It may have been done all the same: look at the runs before you ask for it again.',
        cause: error,
      },
    );
  }
}
