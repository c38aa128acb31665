import { setTimeout } from 'node:timers/promises';
import type { Config } from '../../config/config.ts';
import type { LiveRun, NumberedEvent } from '../../daemon/live-run.ts';
import type { Emit } from '../../engine/events.ts';
import { toOf } from '../../engine/parts.ts';
import { SyncError } from '../../model/errors.ts';
import type { PipelineResult } from '../../model/result.ts';
import type { KeptRun, State } from '../../state/state.ts';

/** So often it is looked what a run of another process did, in milliseconds. */
const pace = 500;

/** Tells a run of this process from its beginning; resolves when it has ended. */
export async function followLive(live: LiveRun, emit: Emit, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let stop = () => {};
  let leave = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      leave = () => reject(signal.reason);
      signal.addEventListener('abort', leave);
      stop = live.follow(0, (told) => (told === undefined ? resolve() : emit(told.event)));
    });
  } finally {
    stop();
    signal.removeEventListener('abort', leave);
  }
}

/** Tells a run of another process, or one that has ended: what it told where that was kept, else what the state knows. */
export async function followKept(
  { config, state }: { readonly config: Config; readonly state: State },
  run: string,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const kept = await state.keptEvents(run);
  if (kept !== undefined) {
    for (const { event } of JSON.parse(kept) as NumberedEvent[]) emit(event);
    return;
  }
  const story = new Story(config, emit);
  for (;;) {
    await state.markInterrupted();
    const now = await state.run(run);
    if (now === undefined)
      throw new SyncError('usage/unknown_run', `no run "${run}" is remembered`, {
        hint: 'Those that are: syncline runs',
      });
    story.tell(now, await runningIn(state, run));
    if (now.finishedAt !== undefined) return;
    await setTimeout(pace, undefined, { signal });
  }
}

/** The pipelines that a run has begun and not ended, with since when. */
async function runningIn(state: State, run: string): Promise<ReadonlyMap<string, string>> {
  const own = (await state.status()).filter(({ running }) => running?.runId === run);
  return new Map(own.map(({ pipeline, running }) => [pipeline, running?.since ?? '']));
}

/** What can be told of a run by looking at it again and again. */
class Story {
  readonly #config: Config;
  readonly #emit: Emit;
  readonly #begun = new Set<string>();
  readonly #ended = new Set<string>();
  #isBegun = false;

  constructor(config: Config, emit: Emit) {
    this.#config = config;
    this.#emit = emit;
  }

  tell(run: KeptRun, running: ReadonlyMap<string, string>): void {
    const names = Object.keys(run.pipelines);
    if (!this.#isBegun)
      this.#emit({ type: 'run_started', at: run.startedAt, run: run.runId, pipelines: names });
    this.#isBegun = true;
    for (const [pipeline, at] of running) this.#tellBegun(pipeline, at, names);
    const at = run.finishedAt ?? new Date().toISOString();
    for (const [pipeline, result] of Object.entries(run.pipelines)) {
      if (result === null || this.#ended.has(pipeline)) continue;
      this.#ended.add(pipeline);
      this.#emit({ type: 'pipeline_finished', at, pipeline, result });
    }
    if (run.finishedAt !== undefined && run.status !== 'running') {
      const { startedAt, finishedAt, status, exitCode = 1 } = run;
      const pipelines = endedIn(run);
      const result = { runId: run.runId, status, exitCode, startedAt, finishedAt, pipelines };
      this.#emit({ type: 'run_finished', at, result });
    }
  }

  #tellBegun(pipeline: string, at: string, names: readonly string[]): void {
    const known = this.#config.pipelines.get(pipeline);
    if (known === undefined || this.#begun.has(pipeline)) return;
    this.#begun.add(pipeline);
    const from = `${known.source.name}.${known.stream.name}`;
    const to = known.targets.map(toOf).join(', ');
    const step = names.indexOf(pipeline) + 1;
    this.#emit({ type: 'pipeline_started', at, pipeline, from, to, step, steps: names.length });
  }
}

function endedIn({ pipelines }: KeptRun): { readonly [name: string]: PipelineResult } {
  const ended = Object.entries(pipelines).flatMap(([name, result]) =>
    result === null ? [] : [[name, result] as const],
  );
  return Object.fromEntries(ended);
}
