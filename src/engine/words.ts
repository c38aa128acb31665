/** Events in words: what the lines on a console and those of the log have in common. */

import type { LogLevel, LogLine } from '../model/log-line.ts';
import { count } from '../model/plural.ts';
import type { Redact } from '../model/redact.ts';
import type { Counts, Outcome, PipelineResult } from '../model/result.ts';
import type { Wait } from '../plugin/contract.ts';
import type { RunEvent } from './events.ts';

/** So often a running pipeline tells in a line how far it is, in milliseconds. */
const progressEvery = 10_000;
const shortestWait = 1_000;

/** An event in one sentence; the pipeline it is about is not named in it. */
export function wordsOf(event: RunEvent, arrow = '→'): string {
  switch (event.type) {
    case 'run_started':
      return `run ${event.run}: ${event.pipelines.join(', ') || 'no pipeline is enabled'}`;
    case 'pipeline_started':
      return `${event.from} ${arrow} ${event.to}`;
    case 'notice':
      return event.message;
    case 'waiting':
      return `${event.plugin}: ${waitingWords(event.ms, event.reason)}`;
    case 'progress':
      return howFar(event.counts);
    case 'pipeline_finished':
      return `${event.result.status}: ${howEnded(event.result)}`;
    case 'run_finished':
      return `run ${event.result.runId} ended: ${event.result.status}, exit ${event.result.exitCode}`;
  }
}

const waitReasons: { readonly [reason in Wait['reason']]: string } = {
  told: 'the server asked',
  budget: 'the `rate_limit` of the config is used up',
  backoff: 'before trying again',
};

/** `waiting 42 s: the server asked` */
export function waitingWords(ms: number, reason: Wait['reason']): string {
  return `waiting ${Math.ceil(ms / 1000)} s: ${waitReasons[reason]}`;
}

function howEnded(result: PipelineResult): string {
  return result.error?.message ?? result.reason ?? howFar(result);
}

function howFar({ read, rejected }: Counts): string {
  return `${count(read)} read, ${count(rejected)} rejected`;
}

/** Tells which events get a line: all, but of a pipeline's progress only so much, and no wait that is over at once. */
export function paced(): (event: RunEvent) => boolean {
  const told = new Map<string, number>();
  return (event) => {
    const at = Date.parse(event.at);
    if (event.type === 'waiting') return event.ms >= shortestWait;
    if (event.type === 'progress' && at - (told.get(event.pipeline) ?? 0) < progressEvery) return false;
    if (event.type === 'progress' || event.type === 'pipeline_started') told.set(event.pipeline, at);
    return true;
  };
}

/** An event as a line of the log. */
export function toLine(event: RunEvent, run: string, redact: Redact): LogLine {
  const clean = (text: string) => redact(text).toWellFormed().replaceAll('\0', '\\0');
  const line = {
    time: event.at,
    level: levelOf(event),
    run,
    ...('pipeline' in event && { pipeline: event.pipeline }),
    event: event.type,
    message: clean(wordsOf(event)),
  };
  if (event.type === 'progress') return { ...line, counts: event.counts };
  if (event.type === 'run_finished') return { ...line, status: event.result.status };
  if (event.type !== 'pipeline_finished') return line;
  const {
    status,
    durationMs,
    error,
    reason,
    resumeAt,
    calls,
    stopped,
    cursor,
    targets,
    partitions,
    ...counts
  } = event.result;
  const ended = { ...line, status, counts, durationMs };
  if (error === undefined) return ended;
  return { ...ended, code: error.code, ...(error.hint !== undefined && { hint: clean(error.hint) }) };
}

/** The end of a run that could not tell it any more: its process died. `time` is the last that was seen of it. */
export function interruptedLine(run: string, time: string): LogLine {
  const message = `run ${run} ended: interrupted, its process died`;
  return { time, level: 'error', run, event: 'run_finished', message, status: 'interrupted' };
}

const wellEnded: readonly Outcome[] = ['succeeded', 'skipped'];

function levelOf(event: RunEvent): LogLevel {
  if (event.type === 'notice') return event.level;
  if (event.type !== 'pipeline_finished' || wellEnded.includes(event.result.status)) return 'info';
  return event.result.status === 'failed' ? 'error' : 'warn';
}
