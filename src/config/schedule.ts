import { Cron } from 'croner';
import { printDuration } from '../model/duration.ts';
import { createZone } from '../transform/zone.ts';
import { isFields } from './defaults.ts';
import type { ConfigPath } from './document.ts';
import { durationSchema, resolveDuration } from './durations.ts';
import type { Findings } from './findings.ts';
import { printShort } from './quote.ts';
import { didYouMean } from './suggest.ts';

/** When a pipeline runs by itself. Durations are milliseconds. */
export interface Schedule {
  /** When it occurs: a cron expression in a time zone, or every so often since 1970-01-01T00:00Z. */
  readonly when: { readonly cron: string; readonly timezone: string } | { readonly every: number };
  /** What follows occurrences that nobody was there for. */
  readonly catch_up: 'one' | 'none';
  /** What an occurrence does while the pipeline still runs. */
  readonly overlap: 'skip' | 'queue';
  /** Each start is put off by a time up to this. */
  readonly jitter: number;
  /** The first occurrence after an instant, in milliseconds since 1970; undefined when none comes any more. */
  next(after: number): number | undefined;
}

const timezone = 'UTC';

export const scheduleSchema = {
  type: ['string', 'object'],
  minLength: 1,
  additionalProperties: false,
  description:
    'When `syncline daemon` runs the pipeline: a cron expression, a name such as `@hourly`, or `{ every: 30m }`. Without it the pipeline runs when it is asked for, or with those it comes `after`.',
  examples: ['*/30 * * * *', '@daily', { every: '30m' }, { cron: '0 6 * * 1-5', timezone: 'Europe/Berlin' }],
  properties: {
    cron: {
      type: 'string',
      minLength: 1,
      description:
        'Minute, hour, day of the month, month, day of the week, with seconds before them where there are six fields; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.',
      examples: ['0 6 * * 1-5'],
    },
    every: {
      ...durationSchema,
      description: 'At the multiples of this time since 1970-01-01T00:00Z: `6h` is 0, 6, 12 and 18 h UTC.',
      examples: ['30m'],
    },
    timezone: {
      type: 'string',
      minLength: 1,
      description:
        'The time zone of `cron`. A time that clocks skip is taken at the end of the gap; one that comes twice is taken the first time. Default: `UTC`.',
      examples: ['Europe/Berlin'],
    },
    catch_up: {
      enum: ['one', 'none'],
      default: 'one',
      description: 'After an outage: one run for all occurrences that were missed, or none.',
    },
    overlap: {
      enum: ['skip', 'queue'],
      default: 'skip',
      description:
        'While the pipeline still runs, an occurrence is skipped and counted; or one is kept, and runs after.',
    },
    jitter: {
      ...durationSchema,
      description: 'Starts are spread over this time, differently for each pipeline and occurrence.',
      examples: ['30s'],
    },
  },
} as const;

const fields =
  'A cron expression has 5 fields: minute, hour, day of the month, month, day of the week; with 6 the first are seconds. Such as `*/30 * * * *`, or `@daily`.';
const names = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

/** The schedule of a pipeline; undefined without one, and when something in it is wrong, which is told. */
export function resolveSchedule(value: unknown, path: ConfigPath, findings: Findings): Schedule | undefined {
  if (value === undefined || findings.touches(path)) return undefined;
  const long = isFields(value) ? value : { cron: value };
  const when = resolveWhen(long, path, isFields(value), findings);
  const jitter = resolveDuration(long.jitter, [...path, 'jitter'], findings) ?? 0;
  if (when === undefined) return undefined;
  const { catch_up, overlap } = long;
  return {
    when: when.when,
    catch_up: catch_up === 'none' ? 'none' : 'one',
    overlap: overlap === 'queue' ? 'queue' : 'skip',
    jitter,
    next: when.next,
  };
}

type When = Pick<Schedule, 'when' | 'next'>;

function resolveWhen(
  long: { readonly [name: string]: unknown },
  path: ConfigPath,
  isLong: boolean,
  findings: Findings,
): When | undefined {
  const tell = (message: string, help: string, place = path) => {
    findings.error({ path: place, code: 'config/schedule', message, help });
    return undefined;
  };
  const { cron, every } = long;
  if ((cron === undefined) === (every === undefined)) {
    const found = cron === undefined ? 'neither' : 'both';
    return tell(`a schedule has \`cron\` or \`every\`, and here are ${found}`, 'Say one of them.');
  }
  if (cron === undefined) {
    if (long.timezone !== undefined)
      return tell(
        '`every` counts time, not hours of the day: a time zone means nothing to it',
        'Take `timezone` out, or use `cron`.',
        [...path, 'timezone'],
      );
    return resolveEvery(every, [...path, 'every'], findings);
  }
  const zone = String(long.timezone ?? timezone);
  if (findings.attempt([...path, 'timezone'], () => createZone(zone)) === undefined) return undefined;
  const place = isLong ? [...path, 'cron'] : path;
  const found = parseCron(String(cron), zone);
  return 'wrong' in found ? tell(found.wrong, found.help, place) : found;
}

function resolveEvery(value: unknown, path: ConfigPath, findings: Findings): When | undefined {
  const every = resolveDuration(value, path, findings);
  if (every === undefined) return undefined;
  if (every >= 1000) return { when: { every }, next: (after) => (Math.floor(after / every) + 1) * every };
  const message = `${printDuration(every)} is too short: the least is 1s`;
  findings.error({ path, code: 'config/limit', message });
  return undefined;
}

/** A cron expression, or what is wrong with it. */
function parseCron(cron: string, timezone: string): When | { readonly wrong: string; readonly help: string } {
  const text = cron.trim();
  const name = text.toLowerCase();
  if (name.startsWith('@') && !names.includes(name)) {
    const meant = didYouMean(name, names);
    const help = meant === undefined ? `The names are: ${names.join(', ')}.` : `did you mean "${meant}"?`;
    return { wrong: `${printShort(cron)} is not the name of a schedule`, help };
  }
  const count = text.split(/\s+/).length;
  if (!name.startsWith('@') && count !== 5 && count !== 6)
    return {
      wrong: `${printShort(cron)} is not a cron expression: it has ${count} field${count === 1 ? '' : 's'}`,
      help: fields,
    };
  try {
    // Times written out, lists of them too, occur once where clocks are set back; those with a `*` go on.
    const job = new Cron(text, {
      timezone,
      mode: '5-or-6-parts',
      fixedTimeRule: 'no-wildcard',
      paused: true,
    });
    const next = (after: number) => job.nextRun(new Date(after))?.getTime();
    if (next(0) === undefined)
      return {
        wrong: `${printShort(cron)} never comes`,
        help: 'No month has such a day. Correct the day or the month.',
      };
    return { when: { cron: text, timezone }, next };
  } catch (error) {
    const [, reason = ''] =
      /^(?:CronPattern: )?(.*?)\.?$/s.exec(error instanceof Error ? error.message : '') ?? [];
    const said = reason.slice(0, 1).toLowerCase() + reason.slice(1);
    return { wrong: `${printShort(cron)} is not a cron expression: ${said}`, help: fields };
  }
}

/** A schedule as the config has it, spelled out. */
export function printSchedule({ when, catch_up, overlap, jitter }: Schedule) {
  return {
    ...('every' in when ? { every: printDuration(when.every) } : when),
    catch_up,
    overlap,
    jitter: printDuration(jitter),
  };
}
