import type { RunEvent } from '../engine/events.ts';
import { paced, wordsOf } from '../engine/words.ts';
import type { Look } from './look.ts';
import { printable } from './printable.ts';
import { summary } from './summary.ts';

export interface PlainOptions {
  readonly look: Look;
  /** A line without a date where people watch; with one, in UTC, where lines are kept. */
  readonly dated: boolean;
  readonly write: (text: string) => void;
}

/** Tells a run in lines: one per event, and the summary at its end. */
export function plainLines({ look, dated, write }: PlainOptions): (event: RunEvent) => void {
  const isTold = paced();
  return (event) => {
    if (!isTold(event) || (event.type === 'pipeline_finished' && !dated)) return;
    if (event.type === 'run_finished') return write(`${summary(event.result, look)}\n`);
    const about = 'pipeline' in event && event.pipeline !== undefined ? `${event.pipeline}: ` : '';
    const warning = event.type === 'notice' && event.level === 'warn' ? 'warning: ' : '';
    const words = wordsOf(event, look.unicode ? '→' : '->');
    write(`${dated ? `${event.at} ` : ''}${printable(`${about}${warning}${words}`)}\n`);
  };
}
