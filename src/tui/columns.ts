/** The columns of the table of pipelines, and which of them a terminal has room for. */

import { bar, glyphsOf } from './glyphs.ts';
import type { Look } from './look.ts';
import { type PipelineModel, type RunModel, waitAt } from './model.ts';
import { count, duration, rough, span } from './numbers.ts';
import { etaAt, percentOf, rateAt } from './pace.ts';

interface TableColumn {
  readonly name: 'pipeline' | 'progress' | '%' | 'read' | '+' | '~' | 'rej' | 'rate' | 'eta' | 'note';
  readonly width: number;
  readonly align: 'left' | 'right';
}

const gap = 2;
const barWidth = 12;
/** Fewer columns than this hold no note. */
const shortestNote = 12;
const longestName = 24;

/** Those that fit, in their order: the name always, the others as their worth says. */
export function columnsFor(width: number, names: readonly number[]): TableColumn[] {
  const name = Math.min(Math.max(8, ...names), width < 72 ? 12 : longestName);
  const right = (name: TableColumn['name'], width: number): TableColumn => ({ name, width, align: 'right' });
  const byWorth = [
    right('read', 9),
    right('rej', 5),
    right('%', 4),
    right('+', width < 110 ? 7 : 9),
    right('~', width < 110 ? 7 : 9),
    right('rate', 7),
    right('eta', 6),
  ];
  let left = width - name;
  const taken = byWorth.filter((column) => {
    const need = column.width + gap;
    // Below 72 columns a run is told in few words; above, there is always room for a note.
    if (left - need < (width < 72 ? 0 : shortestNote + gap) || (width < 72 && column.name === 'eta'))
      return false;
    left -= need;
    return true;
  });
  const hasBar = left >= barWidth + 1 + shortestNote + gap;
  if (hasBar) left -= barWidth + 1;
  const note =
    left - gap >= shortestNote ? [{ name: 'note', width: left - gap, align: 'left' } as const] : [];
  const has = (name: string) => taken.filter((column) => column.name === name);
  const progress = hasBar ? [{ name: 'progress', width: barWidth + 5, align: 'left' } as const] : has('%');
  const pipeline = { name: 'pipeline', width: name, align: 'left' } as const;
  const numbers = ['read', '+', '~', 'rej', 'rate', 'eta'].flatMap(has);
  return [pipeline, ...progress, ...numbers, ...note];
}

/** What a column says of a pipeline, in plain text. */
export function cellOf(
  { name, width }: TableColumn,
  pipeline: PipelineModel,
  { now }: RunModel,
  look: Look,
): string {
  const { none } = glyphsOf(look);
  const { counts, status, samples, stretch } = pipeline;
  const number = (counted: number) => {
    const exact = count(counted);
    return status === 'waiting' ? none : exact.length > width ? rough(counted) : exact;
  };
  switch (name) {
    case 'pipeline':
      return pipeline.name;
    case '%':
      return stretch === undefined ? '' : `${percentOf(stretch)}%`;
    case 'progress':
      return stretch === undefined ? '' : barOf(percentOf(stretch), look);
    case 'read':
      return number(counts.read);
    case '+':
      return number(counts.inserted);
    case '~':
      return number(counts.updated);
    case 'rej':
      return number(counts.rejected);
    case 'rate': {
      const rate = status === 'running' ? rateAt(samples, now) : undefined;
      return rate === undefined ? none : `${rough(rate)}/s`;
    }
    case 'eta': {
      const eta = status === 'running' && stretch !== undefined ? etaAt(stretch, now) : undefined;
      return eta === undefined ? none : span(eta);
    }
    case 'note':
      return waitAt(pipeline, now) ?? noteOf(pipeline);
  }
}

function barOf(percent: number, look: Look): string {
  return `${bar(percent, barWidth, glyphsOf(look))} ${`${percent}%`.padStart(4)}`;
}

function noteOf({ status, detail, result }: PipelineModel): string {
  if (result === undefined) return status === 'waiting' ? 'waiting' : (detail ?? '');
  const why = result.error?.message ?? result.reason;
  if (status === 'succeeded' || status === 'partial') return duration(result.durationMs);
  if (status === 'rate_limited' && result.resumeAt) return `again after ${result.resumeAt}`;
  return why === undefined ? status : status === 'failed' ? why : `${status}: ${why}`;
}
