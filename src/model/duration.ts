const units: { readonly [unit: string]: number } = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  mo: 30 * 86_400_000,
};

/** Longer ones lead out of the calendar. */
const longest = 1000 * 365 * 86_400_000;

/** How a duration is written, for schemas. */
export const durationPattern = '^[0-9]{1,12}(ms|s|m|h|d|w|mo)$';

/** The milliseconds of a duration such as `500ms 30s 15m 6h 7d 2w 3mo`; a month counts 30 days. Else undefined. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit = ''] = /^([0-9]{1,12})([a-z]+)$/.exec(text) ?? [];
  const length = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (length === undefined) return undefined;
  const milliseconds = Number(digits) * length;
  return milliseconds <= longest ? milliseconds : undefined;
}

/** The same duration in the largest unit up to days that holds it whole: `90000` is `90s`. */
export function printDuration(milliseconds: number): string {
  const unit = ['d', 'h', 'm', 's'].find((name) => milliseconds % (units[name] ?? 1) === 0) ?? 'ms';
  return milliseconds === 0 ? '0s' : `${milliseconds / (units[unit] ?? 1)}${unit}`;
}
