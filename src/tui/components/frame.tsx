import { Box } from 'ink';
import type { ReactNode } from 'react';
import { fitted, widthOf } from '../fitted.ts';
import { glyphsOf } from '../glyphs.ts';
import { type Offer, offersOf } from '../offers.ts';
import type { Shown } from '../store.ts';
import { Line } from './line.tsx';

/** How many lines a page has for its own between head and foot. */
export function roomOf({ size }: Shown): number {
  return size.rows - 1 - 4;
}

/** What every page has: its head, its foot, and a rule at both. */
export function Frame({
  shown,
  head,
  children,
}: {
  readonly shown: Shown;
  readonly head: string;
  readonly children: ReactNode;
}) {
  const { look, size } = shown;
  const rule = look.colors.dim(glyphsOf(look).rule.repeat(size.columns));
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows - 1}>
      <Line>{head}</Line>
      <Line>{rule}</Line>
      <Box flexDirection="column" height={roomOf(shown)}>
        {children}
      </Box>
      <Line>{rule}</Line>
      <Line>{footOf(shown)}</Line>
    </Box>
  );
}

function footOf(shown: Shown): string {
  const { view, look, size } = shown;
  const { colors } = look;
  if (view.asking === 'stop')
    return colors.yellow(fitted(' Stop after the batches under way?   y yes   n no', size.columns, look));
  if (view.asking === 'quit')
    return colors.yellow(
      fitted(' The run is not over.   p go on in plain lines   x stop it   esc stay', size.columns, look),
    );
  if (view.typing) return fitted(` filter: ${view.filter}_   enter keep   esc show all`, size.columns, look);
  const offers = fitting(offersOf(view, shown.run, glyphsOf(look)), size.columns);
  return ` ${offers.map(({ key, word }) => `${colors.bold(key)} ${colors.dim(word)}`).join('  ')}`;
}

/** Where there is no room for all, the last ones before help and quit are left to the help. */
function fitting(offers: readonly Offer[], columns: number): readonly Offer[] {
  const length = offers.reduce((sum, { key, word }) => sum + widthOf(key) + word.length + 3, 0);
  return length <= columns || offers.length <= 2 ? offers : fitting(offers.toSpliced(-3, 1), columns);
}
