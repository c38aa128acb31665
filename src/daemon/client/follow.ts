import { setTimeout } from 'node:timers/promises';
import type { Emit, RunEvent } from '../../engine/events.ts';
import { SyncError } from '../../model/errors.ts';
import type { PipelineResult, RunResult } from '../../model/result.ts';
import type { KeptRun } from '../../state/state.ts';
import { type Calls, documentOf, isPassing } from './calls.ts';
import { pauseAfter } from './patience.ts';
import type { Message } from './stream.ts';

/** A stream breathes three times in that time, in milliseconds: one that does not is dead. */
const silence = 45_000;
/** So often a run of another process is looked at, whose events nobody streams. Milliseconds. */
const look = 1_000;
/** A connection that was cut is most often mended by the next one: nothing is said of the first failure. */
const awayAfter = 2;

const eventTypes: { readonly [type in RunEvent['type']]: true } = {
  run_started: true,
  pipeline_started: true,
  notice: true,
  waiting: true,
  progress: true,
  pipeline_finished: true,
  run_finished: true,
};

/**
 * Tells what a run tells, each event once, and resolves with its end. While the daemon is away it is asked for again and
 * again, and then for what came meanwhile.
 */
export async function followRun(calls: Calls, run: string, emit: Emit, signal: AbortSignal): Promise<void> {
  const told: Told = { last: 0, begun: false, ended: false, emit };
  for (let failures = 1; !told.ended; failures++) {
    try {
      const messages = await messagesAfter(calls, run, told, signal);
      if (messages === undefined) return;
      for await (const message of messages) {
        if (failures > awayAfter) tellNotice(told, 'info', 'the daemon is back');
        failures = 1;
        tell(told, message);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error)) throw error;
      if (failures === awayAfter) tellNotice(told, 'warn', `reconnecting: ${error.message}`);
    }
    if (!told.ended) await setTimeout(pauseAfter(failures), undefined, { signal });
  }
}

interface Told {
  /** The id of the last event. */
  last: number;
  /** That the run began. */
  begun: boolean;
  ended: boolean;
  readonly emit: Emit;
}

/** Undefined when nothing is left to tell. */
async function messagesAfter(
  calls: Calls,
  run: string,
  told: Told,
  signal: AbortSignal,
): Promise<AsyncIterable<Message> | undefined> {
  const path = `/api/v1/runs/${encodeURIComponent(run)}`;
  const headers = { 'last-event-id': String(told.last) };
  const events = () => calls.stream({ path: `${path}/events`, headers, signal, patience: silence });
  try {
    return await events();
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'usage/unknown_run') throw error;
  }
  for (;;) {
    const kept = await calls.json<KeptRun>({ path, signal, patience: silence }, 'status');
    if (kept.status !== 'running') return events();
    if (!told.begun) tellElsewhere(told, kept);
    await setTimeout(look, undefined, { signal });
  }
}

function tell(told: Told, { id, data }: Message): void {
  const event = documentOf(data) as RunEvent | undefined;
  // What a daemon of a later version tells besides means nothing here.
  if (event === undefined || !Object.hasOwn(eventTypes, event.type)) return;
  if (id !== undefined && id <= told.last) return;
  told.last = id ?? told.last;
  if (event.type === 'run_finished') told.ended = true;
  if (event.type === 'run_finished' && id === undefined) tellEnd(told, event.result);
  else told.emit(event);
  told.begun = true;
}

function tellElsewhere(told: Told, run: KeptRun): void {
  tellBegun(told, run);
  tellNotice(told, 'info', 'it is under way in another process, and only its end is told here');
}

function tellNotice({ emit }: Told, level: 'info' | 'warn', message: string): void {
  emit({ type: 'notice', at: new Date().toISOString(), level, message });
}

function tellBegun(told: Told, { startedAt: at, runId: run, pipelines }: Begun): void {
  told.begun = true;
  told.emit({ type: 'run_started', at, run, pipelines: Object.keys(pipelines) });
}

type Begun = Pick<KeptRun, 'startedAt' | 'runId' | 'pipelines'>;

/** Of a run whose events nobody kept only its end is known; where its process died, not even how its pipelines ended. */
function tellEnd(told: Told, run: Omit<KeptRun, 'status'> & { readonly status: RunResult['status'] }): void {
  if (!told.begun) tellBegun(told, run);
  const at = run.finishedAt ?? run.startedAt;
  const ended = Object.entries(run.pipelines).filter(
    (entry): entry is [string, PipelineResult] => entry[1] !== null,
  );
  for (const [pipeline, result] of ended) told.emit({ type: 'pipeline_finished', at, pipeline, result });
  const result = {
    ...run,
    exitCode: run.exitCode ?? 1,
    finishedAt: at,
    pipelines: Object.fromEntries(ended),
  };
  told.emit({ type: 'run_finished', at, result });
}
