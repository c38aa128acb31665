import { fitted } from '../fitted.ts';
import { glyphsOf } from '../glyphs.ts';
import type { LogLine } from '../model.ts';
import type { Shown } from '../store.ts';

/** The last lines of the log that `height` has room for, `back` lines before its end. */
export function logOf({ run, look, size }: Shown, height: number, back = 0): string[] {
  const { colors } = look;
  const end = run.log.length - Math.min(back, Math.max(run.log.length - height, 0));
  return run.log.slice(Math.max(end - height, 0), Math.max(end, 0)).map((line) => {
    const text = fitted(
      ` ${clock(line.at)}  ${what(line, glyphsOf(look).dot)}`,
      size.columns,
      look,
    ).trimEnd();
    if (line.level === 'error') return colors.red(text);
    return line.level === 'warn' ? colors.yellow(text) : text;
  });
}

/** Colour is not all that tells a warning. */
function what({ pipeline, level, text }: LogLine, dot: string): string {
  const whose = pipeline === undefined ? '' : `${pipeline} ${dot} `;
  return `${level === 'info' ? '' : `${level === 'warn' ? 'warning' : 'error'} ${dot} `}${whose}${text}`;
}

/** A time of the day, where the terminal is. */
export function clock(at: number): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}
