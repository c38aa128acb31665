/** A time on the clock and calendar of the terminal: `2026-01-02 03:04:05` */
export function localTime(time: string): string {
  const date = new Date(time);
  const padded = (number: number) => String(number).padStart(2, '0');
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(padded).join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(padded).join(':')}`;
}

/** `5m ago`, `in 2h` */
export function fromNow(time: string, now: number): string {
  const away = Date.parse(time) - now;
  if (Math.abs(away) < 500) return 'now';
  return away < 0 ? `${roughSpan(-away)} ago` : `in ${roughSpan(away)}`;
}

/** `42s`, `5m`, `2h`, `3d`: a table is calm when little of it changes. */
export function roughSpan(milliseconds: number): string {
  const seconds = Math.max(Math.round(milliseconds / 1000), 0);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
