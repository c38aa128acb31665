import { Box } from 'ink';
import type { ReactNode } from 'react';
import { fitted, widthOf } from '../fitted.ts';
import { glyphsOf } from '../glyphs.ts';
import type { Look } from '../look.ts';
import { type Offer, offersOf } from '../offers.ts';
import type { Shown } from '../store.ts';
import type { Size } from '../terminal.ts';
import { Line, Lines } from './line.tsx';
import { notesOf } from './notes.ts';

/** How many lines a page has for its own between head and foot. */
export function roomOf(shown: Shown): number {
  return innerRoom(shown.size) - notesOf(shown.inside?.browser, shown).length;
}

export function innerRoom(size: Size): number {
  return size.rows - 1 - 4;
}

/** What every page has: its head, its foot, and a rule at both. */
export function Frame({
  size,
  look,
  head,
  notes,
  foot,
  children,
}: {
  readonly size: Size;
  readonly look: Look;
  readonly head: string;
  /** Lines above the foot. */
  readonly notes: readonly string[];
  readonly foot: string;
  readonly children: ReactNode;
}) {
  const rule = look.colors.dim(glyphsOf(look).rule.repeat(size.columns));
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows - 1}>
      <Line>{head}</Line>
      <Line>{rule}</Line>
      <Box flexDirection="column" height={innerRoom(size) - notes.length}>
        {children}
      </Box>
      <Lines lines={notes} />
      <Line>{rule}</Line>
      <Line>{foot}</Line>
    </Box>
  );
}

/** The frame of a run's pages. */
export function RunFrame({
  shown,
  head,
  children,
}: {
  readonly shown: Shown;
  readonly head: string;
  readonly children: ReactNode;
}) {
  const { look, size, inside } = shown;
  return (
    <Frame size={size} look={look} head={head} notes={notesOf(inside?.browser, shown)} foot={footOf(shown)}>
      {children}
    </Frame>
  );
}

function footOf({ view, run, inside, look, size }: Shown): string {
  const asked = view.asking ?? inside?.browser.asking?.type;
  if (asked !== undefined) return look.colors.yellow(fitted(` ${answers[asked]}`, size.columns, look));
  return offersFoot(offersOf(view, run, glyphsOf(look), inside?.keys), size, look);
}

/** What is asked, with the keys that answer it; what a page asks stands above the foot. */
export const answers = {
  stop: 'Stop after the batches under way?   y yes   n no',
  quit: 'The run is not over.   p go on in plain lines   x stop it   esc stay',
  act: 'y yes   n no',
  leave: 'p go on in plain lines   x stop and leave   esc stay',
} as const;

/** The keys of a page, as many as there is room for. */
export function offersFoot(offers: readonly Offer[], { columns }: Size, { colors }: Look): string {
  const told = fitting(offers, columns);
  return ` ${told.map(({ key, word }) => `${colors.bold(key)} ${colors.dim(word)}`).join('  ')}`;
}

/** Where there is no room for all, the last ones before help and quit are left to the help. */
function fitting(offers: readonly Offer[], columns: number): readonly Offer[] {
  const length = offers.reduce((sum, { key, word }) => sum + widthOf(key) + word.length + 3, 0);
  return length <= columns || offers.length <= 2 ? offers : fitting(offers.toSpliced(-3, 1), columns);
}
