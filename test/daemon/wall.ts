/** What clocks show, told by `Intl` alone: nothing of it comes from the code under test. */

const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** The offset of a zone from UTC at an instant, in milliseconds. */
function offsetAt(zone: string, at: number): number {
  const parts = formatOf(zone).formatToParts(at);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours = '0', minutes = '0'] = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * hour + Number(minutes) * minute);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const format =
    formats.get(zone) ?? new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  formats.set(zone, format);
  return format;
}

/** The instants of a year at which the clocks of a zone are changed. */
export function changes(zone: string, year: number): number[] {
  const found: number[] = [];
  for (let at = Date.UTC(year, 0, 1); at < Date.UTC(year + 1, 0, 1); at += hour / 2)
    if (offsetAt(zone, at) !== offsetAt(zone, at - minute)) found.push(at);
  return found;
}

/** The instants after one and up to another, at each minute of UTC, whose wall clock time fits. */
export function whenWallIs(
  zone: string,
  from: number,
  until: number,
  fits: (hours: number, minutes: number) => boolean,
): number[] {
  const found: number[] = [];
  for (let at = from + minute; at <= until; at += minute) {
    const wall = new Date(at + offsetAt(zone, at));
    if (fits(wall.getUTCHours(), wall.getUTCMinutes())) found.push(at);
  }
  return found;
}

/** The instants at which a time of the day is, once each date: skipped times are taken when the gap ends. */
export function onceADay(
  zone: string,
  from: number,
  until: number,
  hours: number,
  minutes: number,
): number[] {
  const shown = whenWallIs(zone, from - day, until + day, (h, m) => h === hours && m === minutes);
  const dateOf = (at: number) => Math.floor((at + offsetAt(zone, at)) / day);
  const first = shown.filter((at, index) => index === 0 || dateOf(shown[index - 1] ?? 0) !== dateOf(at));
  const gaps = changes(zone, new Date(from).getUTCFullYear()).filter((at) => {
    const [before, after] = [at + offsetAt(zone, at - minute), at + offsetAt(zone, at)];
    const skipped = Math.floor(before / day) * day + hours * hour + minutes * minute;
    return skipped >= before && skipped < after;
  });
  return [...first, ...gaps].filter((at) => at > from && at <= until).sort((a, b) => a - b);
}
