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
