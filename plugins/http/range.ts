import { type CursorRange, type OptionsSchema, SyncError } from 'syncline';
import { type Placement, placementSchema } from './pagination-options.ts';
import type { Sent } from './request.ts';

/** The keys of `incremental` that say how an API is asked for what is new. */
export interface RangeOptions {
  readonly param?: string;
  readonly until_param?: string;
  readonly in?: Placement;
  readonly format?: Format;
}

type Format = 'iso8601' | 'date' | 'epoch' | 'epoch_ms';

export const cursorOptions: OptionsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    param: {
      type: 'string',
      minLength: 1,
      description:
        'The parameter under which the API is asked for records from the cursor on. Without it, everything is asked for and what is old left out, unless a placeholder says the range.',
      examples: ['modifiedSince'],
    },
    until_param: {
      type: 'string',
      minLength: 1,
      description: 'The parameter for the end of the range, where there is one: under `step` and `--to`.',
      examples: ['modifiedBefore'],
    },
    in: placementSchema,
    format: {
      type: 'string',
      enum: ['iso8601', 'date', 'epoch', 'epoch_ms'],
      default: 'iso8601',
      description:
        'How a time is sent: as the source itself wrote it, as a date (2024-01-31), or in seconds or milliseconds since 1970. Numbers are sent as they are.',
      examples: ['date'],
    },
  },
};

/** What is sent for a range. */
export function rangeSent(
  range: CursorRange | undefined,
  { param, until_param, in: place, format = 'iso8601' }: RangeOptions,
): readonly Sent[] {
  const from = range?.from === undefined ? undefined : written(range, range.from, format, Math.floor);
  const before = range?.before === undefined ? undefined : written(range, range.before, format, Math.ceil);
  return [
    ...(param === undefined || from === undefined ? [] : [{ name: param, value: from, in: place }]),
    ...(until_param === undefined || before === undefined
      ? []
      : [{ name: until_param, value: before, in: place }]),
  ];
}

const day = 86_400_000;

/** Rounded outwards: what is too much is left out by the caller. */
function written(
  { field, kind }: CursorRange,
  text: string,
  format: Format,
  round: (value: number) => number,
): string | number {
  if (kind === 'number' || format === 'iso8601') return text;
  // A time without zone is taken for UTC, as dates are.
  const time = Date.parse(/T.*(Z|[+-][0-9:]+)$|^[0-9-]+$/i.test(text) ? text : `${text.replace(' ', 'T')}Z`);
  if (Number.isNaN(time))
    throw new SyncError(
      'source/cursor_type',
      `${JSON.stringify(text)}, the cursor of ${field}, is no time that can be sent as ${format}`,
      { hint: 'Remove `format` from `incremental`: the value is then sent as the source wrote it.' },
    );
  if (format === 'date') return new Date(round(time / day) * day).toISOString().slice(0, 10);
  return format === 'epoch' ? round(time / 1000) : time;
}
