import { topOf } from '../browser.ts';
import { fitted } from '../fitted.ts';
import { glyphsOf } from '../glyphs.ts';
import { gap, type Placed, placedColumns } from '../listing.ts';
import type { Look } from '../look.ts';
import type { Row, Tone } from '../page.ts';
import type { Browsed } from '../store.ts';
import { indent, linesBelow, pickedRows, type Visit } from '../visit.ts';
import { windowOf } from './table.ts';

/** The heading, and the rows around the mark with what is below them, in `height` lines. */
export function rowLines({ browser, look, picks }: Browsed, height: number): string[] {
  const visit = topOf(browser);
  const { columns: width } = browser.size;
  const margin = picks ? 3 : 2;
  const columns = placedColumns(visit.sheet?.columns ?? [], visit.rows, width - margin - 1);
  const picked = new Set(picks ? pickedRows(visit) : []);
  const { lines, marked } = linesOf(visit, width);
  const shown = windowOf(lines, marked, height - 1).map(({ item, place }) => {
    const mark = place === marked ? look.colors.bold(glyphsOf(look).marked) : ' ';
    if (item.below !== undefined) {
      const text = fitted(item.below.text, width - indent - 1, look);
      return `${mark}${' '.repeat(indent - 1)}${toned(text, item.below.tone, look)}`;
    }
    const isPicked = picked.has(item.row.id);
    return `${mark}${picks ? pickBox(isPicked, look) : ''} ${cells(item.row, columns, look)}`;
  });
  return [`${' '.repeat(margin)}${heading(visit, columns, look)}`, ...shown];
}

interface ShownLine {
  readonly row: Row;
  readonly below?: { readonly text: string; readonly tone?: Tone };
}

function linesOf({ rows, opened, mark }: Visit, width: number) {
  const lines: ShownLine[] = [];
  let marked = 0;
  rows.forEach((row, place) => {
    if (place === mark.place) marked = lines.length;
    lines.push({ row });
    if (!opened.has(row.id)) return;
    const below = linesBelow(row, width);
    if (place === mark.place) marked += Math.min(mark.line, below.length);
    lines.push(...below.map((line) => ({ row, below: line })));
  });
  return { lines, marked };
}

function heading({ sorting }: Visit, columns: readonly Placed[], look: Look): string {
  const { ascending, descending } = glyphsOf(look);
  const names = columns.map(({ name, place, width, align }) => {
    const isSorted = place === sorting.column;
    const text = isSorted ? `${name}${sorting.descending ? descending : ascending}` : name;
    return aligned(text, width, align, look);
  });
  return look.colors.dim(names.join(' '.repeat(gap)).trimEnd());
}

function cells({ cells, tone }: Row, columns: readonly Placed[], look: Look): string {
  const texts = columns.map(({ place, width, align }) => aligned(cells[place] ?? '', width, align, look));
  return toned(texts.join(' '.repeat(gap)).trimEnd(), tone, look);
}

function aligned(text: string, width: number, align: Placed['align'], look: Look): string {
  const cell = fitted(text, width, look);
  if (align !== 'right') return cell;
  const bare = cell.trimEnd();
  return ' '.repeat(cell.length - bare.length) + bare;
}

function pickBox(isPicked: boolean, look: Look): string {
  const { picked, unpicked } = glyphsOf(look);
  return isPicked ? look.colors.green(picked) : look.colors.dim(unpicked);
}

function toned(text: string, tone: Tone = 'plain', { colors }: Look): string {
  if (tone === 'plain') return text;
  return { good: colors.green, warn: colors.yellow, bad: colors.red, dim: colors.dim }[tone](text);
}
