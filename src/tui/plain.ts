import type { RunEvent } from '../engine/events.ts';
import type { PipelineResult } from '../model/result.ts';
import type { Look } from './look.ts';
import { count } from './numbers.ts';
import { printable } from './printable.ts';
import { summary } from './summary.ts';

/** Off a terminal, a running pipeline tells how far it is this often. */
const progressEvery = 10_000;

export interface PlainOptions {
  readonly look: Look;
  /** A line without a date where people watch; with one, in UTC, where lines are kept. */
  readonly dated: boolean;
  readonly write: (text: string) => void;
}

/** Tells a run in lines: one per event, and the summary at its end. */
export function plainLines({ look, dated, write }: PlainOptions): (event: RunEvent) => void {
  const line = (event: RunEvent, text: string) => write(`${dated ? `${event.at} ` : ''}${printable(text)}\n`);
  const told = new Map<string, number>();
  return (event) => {
    switch (event.type) {
      case 'run_started':
        return line(event, `run ${event.run}: ${event.pipelines.join(', ') || 'no pipeline is enabled'}`);
      case 'pipeline_started':
        told.set(event.pipeline, Date.parse(event.at));
        return line(event, `${event.pipeline}: ${event.from} ${look.unicode ? '→' : '->'} ${event.to}`);
      case 'notice':
        return line(
          event,
          `${event.pipeline === undefined ? '' : `${event.pipeline}: `}${event.level === 'warn' ? 'warning: ' : ''}${event.message}`,
        );
      case 'progress':
        if (Date.parse(event.at) - (told.get(event.pipeline) ?? 0) < progressEvery) return;
        told.set(event.pipeline, Date.parse(event.at));
        return line(
          event,
          `${event.pipeline}: ${count(event.counts.read)} read, ${count(event.counts.rejected)} rejected`,
        );
      case 'pipeline_finished':
        if (dated) line(event, `${event.pipeline}: ${ending(event.result)}`);
        return;
      case 'run_finished':
        write(`${summary(event.result, look)}\n`);
    }
  };
}

function ending({ status, reason }: PipelineResult): string {
  return reason === undefined ? status : `${status}: ${reason}`;
}
