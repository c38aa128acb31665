import { wrapped } from '../fitted.ts';
import { inGlyphs } from '../glyphs.ts';
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
