import { topOf } from '../browser.ts';
import { answers, Frame, innerRoom, offersFoot } from '../components/frame.tsx';
import { Lines } from '../components/line.tsx';
import { notesOf } from '../components/notes.ts';
import { rowLines } from '../components/rows.ts';
import { fitted, widthOf, wrapped } from '../fitted.ts';
import { glyphsOf, inGlyphs } from '../glyphs.ts';
import { count } from '../numbers.ts';
import { footOffers } from '../page-offers.ts';
import type { Browsed } from '../store.ts';

/** What is over before has nothing said of its loading. */
const loadingAfter = 300;

/** A page of rows: its heading, as many of its rows as there is room for, and what is wrong. */
export function ListScreen({ shown }: { readonly shown: Browsed }) {
  const { browser, look } = shown;
  const { size } = browser;
  const notes = notesOf(browser, { size, look });
  const room = innerRoom(size) - notes.length;
  const failure = failureLines(shown).slice(0, room);
  const rows = bodyLines(shown, room - failure.length);
  return (
    <Frame size={size} look={look} head={headOf(shown)} notes={notes} foot={footOf(shown)}>
      <Lines lines={[...failure, ...rows]} />
    </Frame>
  );
}

function bodyLines(shown: Browsed, room: number): string[] {
  const { browser, look } = shown;
  const { sheet, rows, filter, failure, since } = topOf(browser);
  const { columns } = browser.size;
  const said = (text: string) => wrapped(inGlyphs(text, look), columns - 2).map((line) => ` ${line}`);
  if (sheet === undefined) {
    const isSlow = failure === undefined && browser.now - since >= loadingAfter;
    return isSlow ? said(`Loading${glyphsOf(look).more}`).slice(0, room) : [];
  }
  if (rows.length > 0) return rowLines(shown, room);
  const none = sheet.rows.length > 0 ? `No row has "${filter}".` : sheet.empty;
  return said(none).slice(0, room);
}

/** What is wrong, above what is known from before. */
function failureLines({ browser, look }: Browsed): string[] {
  const { failure } = topOf(browser);
  if (failure === undefined) return [];
  const lines = (text: string) => wrapped(inGlyphs(text, look), browser.size.columns - 2);
  return [
    ...lines(`${failure.message}  [${failure.code}]`).map((line) => look.colors.red(` ${line}`)),
    ...(failure.hint === undefined ? [] : lines(failure.hint).map((line) => ` ${line}`)),
    '',
  ];
}

/** The title on the left; on the right what is looked at, where there is room for both. */
function headOf({ browser, look, world }: Browsed): string {
  const { sheet, rows, filter } = topOf(browser);
  const { columns } = browser.size;
  const all = sheet?.rows.length ?? 0;
  const counted = filter === '' ? '' : `   ${count(rows.length)} of ${count(all)} with "${filter}"`;
  const title = inGlyphs(` ${sheet?.title ?? ''}`, look);
  const name = inGlyphs(world, look);
  const left = columns - widthOf(name) - 1;
  const needed = widthOf(title) + widthOf(counted);
  if (needed + 2 <= left)
    return look.colors.bold(fitted(title + counted, left, look)) + look.colors.dim(name);
  // Rows that are hidden are never so without a word.
  const shown = needed <= columns ? title : fitted(title, Math.max(columns - widthOf(counted), 0), look);
  return look.colors.bold(fitted(shown + counted, columns, look));
}

function footOf(shown: Browsed): string {
  const { browser, look } = shown;
  const { size, asking, typing } = browser;
  if (asking) return look.colors.yellow(fitted(` ${answers[asking.type]}`, size.columns, look));
  if (typing) {
    const { filter } = topOf(browser);
    return fitted(` filter: ${filter}_   enter keep   esc show all`, size.columns, look);
  }
  return offersFoot(footOffers(shown), size, look);
}
