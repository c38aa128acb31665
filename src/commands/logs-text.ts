import type { LogLine } from '../model/log-line.ts';
import { printable } from '../tui/printable.ts';

/** A line of the log for people; `several`: it may be of any run, so that its run is named. */
export function logText(line: LogLine, several: boolean): string {
  const { time, level, run, pipeline, message, code, hint } = line;
  // The first and the last line of a run name it themselves.
  const names = [...(several && !message.includes(run) ? [run] : []), ...(pipeline ? [`${pipeline}:`] : [])];
  const told = [time, level.padEnd(5), ...names, message, ...(code ? [` [${code}]`] : [])].join(' ');
  const lines = [told, ...(hint ? [`${' '.repeat(time.length + 7)}${hint}`] : [])];
  return `${printable(lines.join('\n'))}\n`;
}
