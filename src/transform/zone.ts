import { SyncError } from '../model/errors.ts';

/** The offsets of one IANA zone. Seconds count from 1970. */
export interface Zone {
  /**
   * The instant at which the zone's clocks show a time, given as if it were UTC. A time that comes twice, when clocks
   * are set back, is taken as the first; one that is skipped, when they are set forward, as if they had not been yet.
   */
  toUtc(local: number): number;
}

const day = 86_400;
const quarter = 900;
/** Since 1973 every zone has changed its offset at a quarter of an hour only, so one answer serves a quarter. */
const quartersBegin = Date.UTC(1973, 0, 1) / 1000;
const maxRemembered = 10_000;

/** Throws a SyncError `config/value` for a name that is no IANA zone. */
export function createZone(name: string): Zone {
  const clock = createClock(name);
  const remembered = new Map<number, number>();

  function offsetAt(utc: number): number {
    if (utc < quartersBegin) return clock(utc) - utc;
    const start = Math.floor(utc / quarter) * quarter;
    let offset = remembered.get(start);
    if (offset === undefined) {
      if (remembered.size >= maxRemembered) remembered.clear();
      offset = clock(start) - start;
      remembered.set(start, offset);
    }
    return offset;
  }

  return {
    toUtc(local) {
      const before = offsetAt(local - day);
      const after = offsetAt(local + day);
      const first = local - Math.max(before, after);
      if (offsetAt(first) === local - first) return first;
      const second = local - Math.min(before, after);
      return offsetAt(second) === local - second ? second : local - before;
    },
  };
}

/** What the zone's clocks show at an instant, given as if it were UTC. */
export function createClock(name: string): (utc: number) => number {
  const format = createFormat(name);
  return (utc) => {
    const parts = new Map(format.formatToParts(utc * 1000).map((part) => [part.type, part.value]));
    const [year, month, date] = [
      Number(parts.get('year')),
      Number(parts.get('month')),
      Number(parts.get('day')),
    ];
    const shown = new Date(0);
    shown.setUTCFullYear(parts.get('era') === 'BC' ? 1 - year : year, month - 1, date);
    shown.setUTCHours(Number(parts.get('hour')), Number(parts.get('minute')), Number(parts.get('second')));
    return shown.getTime() / 1000;
  };
}

function createFormat(timeZone: string): Intl.DateTimeFormat {
  const two = '2-digit';
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: two,
      day: two,
      hour: two,
      minute: two,
      second: two,
    });
  } catch (cause) {
    throw new SyncError('config/value', `timezone: ${JSON.stringify(timeZone)} is not a time zone`, {
      hint: 'Use a name of the IANA list, such as Europe/Berlin or UTC.',
      cause,
    });
  }
}
