import { Box } from 'ink';
import { topOf } from '../browser.ts';
import { Line } from '../components/line.tsx';
import { noteOf } from '../components/notes.ts';
import { fitted } from '../fitted.ts';
import { glyphsOf, inGlyphs } from '../glyphs.ts';
import type { Browsed } from '../store.ts';
import { markedRow } from '../visit.ts';

/** A terminal that is too small for pages has one line: what matters most. */
export function SmallListScreen({ shown }: { readonly shown: Browsed }) {
  const { browser, look } = shown;
  const { size, asking } = browser;
  const top = topOf(browser);
  const { dot } = glyphsOf(look);
  const cells = markedRow(top)?.cells.filter((cell) => cell !== '') ?? [];
  const told = [top.sheet?.title ?? 'Loading', ...cells].join(` ${dot} `);
  const keys = asking?.type === 'act' ? 'y n ' : asking ? 'p x esc ' : '';
  const note = browser.typing ? `filter: ${top.filter}_` : noteOf(browser)?.text;
  const text = note === undefined ? (top.failure?.message ?? told) : `${keys}${note}`;
  return (
    <Box height={size.rows - 1}>
      <Line>{fitted(inGlyphs(text, look), size.columns, look)}</Line>
    </Box>
  );
}
