import { SyncError } from '../model/errors.ts';
import { type Filling, fillPlaceholders, placeholdersIn, type WindowEdge } from '../plugin/placeholders.ts';
import { dateFormat } from '../transform/date-format.ts';
import type { Reading } from '../transform/reading.ts';
import type { PipelinePart } from './parts.ts';

/** A stream's options as they are for a range of time: `{window.start}`, `{window.end}`, `{window.last}` are filled in. */
export function fillWindow(
  { source, stream }: Pick<PipelinePart, 'source' | 'stream'>,
  window: Reading['window'],
): { readonly [name: string]: unknown } {
  const { options } = stream;
  if (!hasWindow(options)) return options;
  return fillPlaceholders(options, source.plugin.streamOptions, (placeholder): Filling | undefined => {
    if (placeholder.kind !== 'window') return undefined;
    const { edge, format } = placeholder;
    const instant = instantOf(edge, window);
    if (instant === undefined) throw noTime(`${source.name}.${stream.name}`, edge);
    return { value: print(edge, format)(instant) };
  });
}

export function hasWindow(options: unknown): boolean {
  return placeholdersIn(options).some(({ placeholder }) => placeholder.kind === 'window');
}

/** The end is exclusive: the last day is that of the instant before. */
function instantOf(edge: WindowEdge, { start, end }: Reading['window']): number | undefined {
  if (edge === 'start') return start;
  return end === undefined || edge === 'end' ? end : end - 1;
}

function print(edge: WindowEdge, format: string | undefined): (instant: number) => string {
  if (format !== undefined) return dateFormat(format);
  return edge === 'last' ? dateFormat('yyyy-MM-dd') : (instant) => new Date(instant).toISOString();
}

function noTime(stream: string, edge: WindowEdge): SyncError {
  return new SyncError(
    'source/cursor_type',
    `{window.${edge}} of ${stream} is a time, and its cursor field holds none`,
    { hint: 'Choose a cursor field that holds dates or timestamps, or leave the placeholder out.' },
  );
}
