import { createHash } from 'node:crypto';
import type { Config, PipelineConfig } from '../config/config.ts';
import { refuseTogether, windowOf } from '../engine/bounds.ts';
import type { RunRange } from '../engine/range.ts';
import type { Runner } from '../engine/runner.ts';
import { selectPipelines } from '../engine/select.ts';
import { SyncError } from '../model/errors.ts';
import type { Request } from '../state/state.ts';
import type { RunRequest, StartedRun } from './api/control.ts';
import type { Runs } from './runs.ts';

/** What requests for runs need of the daemon. */
export interface RequestWorld {
  /** That of the config as it is now. */
  runner(): Runner;
  readonly runs: Runs;
  /** The pipelines that are running, here or in another process. */
  running(): Promise<ReadonlySet<string>>;
  /** Aborted when the daemon is being stopped. */
  readonly signal: AbortSignal;
}

interface Starting extends Request {
  readonly started: Promise<StartedRun>;
}

/** Starts the runs that are asked for, and each request with a key once. */
export class RunRequests {
  readonly #world: RequestWorld;
  /** Requests with a key that have no run yet. */
  readonly #starting = new Map<string, Starting>();

  constructor(world: RequestWorld) {
    this.#world = world;
  }

  async start(request: RunRequest, key: string | undefined): Promise<StartedRun> {
    if (key === undefined) return this.#begin(request);
    const asked = { key, text: textOf(request) };
    const other = this.#starting.get(key);
    if (other !== undefined) {
      refuseReused(asked, other);
      return { ...(await other.started), replayed: true };
    }
    const started = this.#startOnce(request, asked).finally(() => this.#starting.delete(key));
    this.#starting.set(key, { ...asked, started });
    return started;
  }

  async #startOnce(request: RunRequest, asked: Request): Promise<StartedRun> {
    const before = await this.#world.runner().state.requested(asked.key);
    if (before === undefined) return this.#begin(request, asked);
    refuseReused(asked, before);
    return { runId: before.runId, replayed: true };
  }

  async #begin(request: RunRequest, asked?: Request): Promise<StartedRun> {
    const { signal, runs } = this.#world;
    const running = await this.#world.running();
    const runner = this.#world.runner();
    const pipelines = chosen(runner.config, request);
    const range = rangeOf(request, new Date());
    if (signal.aborted) throw stopping();
    if (pipelines.length > 0 && pipelines.every(({ name }) => running.has(name) || runs.of(name)))
      throw busy(pipelines);
    return { runId: await runs.start(runner, { pipelines, range, request: asked }), replayed: false };
  }
}

export function stopping(): SyncError {
  return new SyncError('daemon/stopping', 'the daemon is being stopped');
}

export function unknownPipeline(): SyncError {
  return new SyncError('usage/unknown_pipeline', 'there is no pipeline of that name in the config', {
    hint: 'GET /api/v1/status lists them.',
  });
}

function chosen(config: Config, { pipelines = [], select = [] }: RunRequest): readonly PipelineConfig[] {
  try {
    return selectPipelines(config, pipelines, select);
  } catch (error) {
    // What is told on the command line names the file, and all its pipelines.
    if (error instanceof SyncError && error.code === 'usage/unknown_pipeline') throw unknownPipeline();
    throw error;
  }
}

function rangeOf({ full, from, to, partition }: RunRequest, now: Date): RunRange {
  refuseTogether({ full, [from === undefined ? 'to' : 'from']: from ?? to });
  return { full, window: windowOf({ from, to }, now, ''), partition };
}

/** The same for requests that ask for the same. */
function textOf({ pipelines, select, partition = {}, full, from, to }: RunRequest): string {
  const values = Object.entries(partition).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify({ pipelines, select, values, full, from, to }))
    .digest('hex');
}

function refuseReused({ text }: Request, other: { readonly text: string }): void {
  if (text === other.text) return;
  throw new SyncError(
    'api/key_reused',
    'another request had this Idempotency-Key, and asked for something else',
    {
      hint: 'Give each request a key of its own; only one that is sent again keeps its key.',
    },
  );
}

function busy(pipelines: readonly PipelineConfig[]): SyncError {
  const names = pipelines.map(({ name }) => `"${name}"`).join(', ');
  const message =
    pipelines.length === 1 ? `pipeline ${names} is running already` : `${names} are running already`;
  return new SyncError('lease/held', message, {
    hint: 'Wait for it to end: GET /api/v1/status tells its run.',
  });
}
