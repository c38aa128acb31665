import { wrapped } from '../fitted.ts';
import { glyphsOf, inGlyphs } from '../glyphs.ts';
import type { Look } from '../look.ts';
import type { Offer } from '../offers.ts';
import type { Size } from '../terminal.ts';

/** What keys do, and the command that does the same: the first lines are what matters, where not all have room. */
export function keyLines(keys: readonly Offer[], command: string, { columns }: Size, look: Look): string[] {
  const { bold } = look.colors;
  return [
    ' The same without a screen:',
    ...wrapped(inGlyphs(command, look), columns - 4).map((line) => `   ${line}`),
    '',
    ...keys.flatMap(({ key, does }) =>
      wrapped(inGlyphs(does, look), columns - 10).map(
        (line, index) => ` ${bold((index === 0 ? key : '').padEnd(7))} ${line}`,
      ),
    ),
  ];
}

/** As many lines as there is room for; where some have none, the last one says so. */
export function cutLines(lines: readonly string[], room: number, look: Look): readonly string[] {
  if (lines.length <= room) return lines;
  const kept = lines.slice(0, Math.max(room - 1, 0));
  return [...kept, look.colors.dim(` ${glyphsOf(look).more} ${lines.length - kept.length} more lines`)];
}
