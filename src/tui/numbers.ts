import { count } from '../model/plural.ts';

export { count } from '../model/plural.ts';

/** `0.4 s`, `35.1 s`, `2 min 05 s`, `1 h 02 min` */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const padded = (number: number) => String(Math.floor(number)).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${padded(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${padded((whole % 3600) / 60)} min`;
}

/** Rows per second: `7,517/s` */
export function rate(rows: number, milliseconds: number): string {
  return `${count(Math.round((rows * 1000) / Math.max(milliseconds, 1)))}/s`;
}

/** A number of at most four digits and a letter: `120`, `7.5k`, `12M` */
export function rough(number: number): string {
  const whole = Math.round(number);
  if (whole < 1000) return String(whole);
  const [size, letter] = whole < 999_950 ? [1000, 'k'] : [1_000_000, 'M'];
  const scaled = whole / size;
  return `${scaled < 99.95 ? scaled.toFixed(1) : Math.round(scaled)}${letter}`;
}

/** A time to come, roughly: `25s`, `3m05s`, `2h10m` */
export function span(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const padded = (number: number) => String(Math.floor(number)).padStart(2, '0');
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${padded(seconds % 60)}s`;
  return seconds < 360_000 ? `${Math.floor(seconds / 3600)}h${padded((seconds % 3600) / 60)}m` : '>99h';
}

/** A time that has passed: `00:36`, `1:02:05` */
export function elapsed(milliseconds: number): string {
  const seconds = Math.max(Math.floor(milliseconds / 1000), 0);
  const padded = (number: number) => String(Math.floor(number)).padStart(2, '0');
  const short = `${padded((seconds / 60) % 60)}:${padded(seconds % 60)}`;
  return seconds < 3600 ? short : `${Math.floor(seconds / 3600)}:${short}`;
}

/** `512 B`, `4.2 MB`, `31.0 GB` */
export function size(bytes: number): string {
  const units = ['kB', 'MB', 'GB', 'TB'];
  if (bytes < 1000) return `${bytes} B`;
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length);
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`;
}
