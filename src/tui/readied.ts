/** Sheets as they come from the world, made fit for a screen: without secrets, in the characters the locale has. */

import type { Redact } from '../model/redact.ts';
import { inGlyphs } from './glyphs.ts';
import type { Look } from './look.ts';
import type { Row, Sheet } from './page.ts';

/** A page that grows gives the same rows again and again: each is made ready once. */
export function readying(look: Look, redact: Redact): (sheet: Sheet) => Sheet {
  const ready = new WeakMap<Row, Row>();
  const text = (raw: string) => inGlyphs(redact(raw), look);
  const rowOf = (row: Row): Row => {
    const known = ready.get(row);
    if (known) return known;
    const made = {
      ...row,
      cells: row.cells.map(text),
      lines: row.lines?.map((line) => ({ ...line, text: text(line.text) })),
    };
    ready.set(row, made);
    return made;
  };
  return (sheet) => ({ ...sheet, title: text(sheet.title), rows: sheet.rows.map(rowOf) });
}
