import { type Group, unfit } from './plan.ts';

/** The numbers that a field of a cron expression names, in order; and whether it is a bare `*`. */
export interface CronField {
  readonly text: string;
  readonly values: readonly number[];
  readonly any: boolean;
}

/** A cron expression taken apart. Days of the week are 0, Sunday, to 6. */
export interface CronFields {
  readonly second: CronField;
  readonly minute: CronField;
  readonly hour: CronField;
  readonly day: CronField;
  readonly month: CronField;
  readonly weekday: CronField;
}

const names: { readonly [name: string]: string } = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** The expression of a group's schedule, as far as every cron knows it; `every` is turned into one where it can be. */
export function cronFields(group: Group): CronFields {
  const { when } = group.schedule;
  const text = 'every' in when ? everyAsCron(group, when.every) : when.cron;
  const parts = (names[text.toLowerCase()] ?? text).toLowerCase().replaceAll('?', '*').trim().split(/\s+/);
  const [second = '', minute = '', hour = '', day = '', month = '', weekday = ''] =
    parts.length === 5 ? ['0', ...parts] : parts;
  const field = (part: string, first: number, last: number, words: readonly string[] = []) =>
    fieldOf(group, part, [first, last], words);
  const { values, ...days } = field(weekday.replaceAll('-sun', '-7'), 0, 7, weekdays);
  return {
    second: field(second, 0, 59),
    minute: field(minute, 0, 59),
    hour: field(hour, 0, 23),
    day: field(day, 1, 31),
    month: field(month, 1, 12, months),
    weekday: { ...days, values: sorted(values.map((value) => value % 7)) },
  };
}

function fieldOf(
  group: Group,
  part: string,
  [first, last]: readonly [number, number],
  words: readonly string[],
): CronField {
  const text = words.reduce((all, word, index) => all.replaceAll(word, String(index + first)), part);
  const values = text.split(',').flatMap((item) => {
    const [, star, from, to, step = '1'] = /^(?:(\*)|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(item) ?? [];
    if (star === undefined && from === undefined)
      throw unfit(group, `has "${part}", which only the daemon knows`, daemon);
    // Of weekdays 7 is a second name of the first, and no step of `*` reaches it.
    const end =
      star === undefined ? Number(to ?? from) : Math.min(last, first === 0 && last === 7 ? 6 : last);
    return steps(star === undefined ? Number(from) : first, end, Number(step));
  });
  return { text, values: sorted(values), any: text === '*' };
}

function steps(first: number, last: number, step: number): number[] {
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => first + index * step);
}

function sorted(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

/** Multiples of a time since 1970-01-01T00:00Z, a Thursday, are the same each hour, day or week where it divides them. */
function everyAsCron(group: Group, every: number): string {
  const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
  const divides = (unit: number, whole: number) => every % unit === 0 && whole % every === 0;
  if (divides(second, minute) && every < minute) return `*/${every / second} * * * * *`;
  if (divides(minute, hour)) return every === hour ? '0 * * * *' : `*/${every / minute} * * * *`;
  if (divides(hour, day)) return every === day ? '0 0 * * *' : `0 */${every / hour} * * *`;
  if (every === 7 * day) return '0 0 * * 4';
  throw unfit(group, 'does not fall on the same times each hour, day or week', divided);
}

const daemon = 'Write it with numbers, lists, ranges and steps alone, or run `syncline daemon`.';
const divided =
  'Take a time that divides an hour or a day, such as 15m, 30m or 6h, or run `syncline daemon`.';

/** Numbers as cron has them: `1-5,7`. */
function printValues(values: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const value of values) {
    const last = ranges.at(-1);
    if (last !== undefined && value === last[1] + 1) last[1] = value;
    else ranges.push([value, value]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(',');
}

/**
 * The expression in five fields, as every cron takes it. Days are written out but for a bare `*`: cron takes any field
 * that begins with `*` for one, and then a day must fit both fields instead of one.
 */
export function fiveFields(group: Group): string {
  const { second, minute, hour, day, month, weekday } = cronFields(group);
  if (second.values.join() !== '0')
    throw unfit(
      group,
      'has seconds, and cron knows whole minutes',
      'Use `syncline export systemd`, or the daemon.',
    );
  const written = ({ any, values }: CronField) => (any ? '*' : printValues(values));
  return [minute.text, hour.text, written(day), written(month), written(weekday)].join(' ');
}
