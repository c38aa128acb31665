import type { Span } from './diagnostics.ts';
import { lineAt, placeAt } from './place.ts';

/** How many columns of a line are shown; of longer ones, a window around the span. */
const maxColumns = 100;

export interface FrameLook {
  readonly dim: (text: string) => string;
  readonly mark: (text: string) => string;
  /** Whether the lines of the frame may be drawn with more than ASCII. */
  readonly unicode: boolean;
}

/**
 * The line of a span and the one before it, with carets under the span:
 *
 * ```
 *  2 │   crm:
 *  3 │     type: postgress
 *    │           ^^^^^^^^^
 * ```
 */
export function codeFrame(span: Span, { dim, mark, unicode }: FrameLook): string {
  const line = lineAt(span.text, span.start);
  const number = placeAt(span, span.start).line;
  const digits = String(number).length;
  const before = widthOf(shown(span.text.slice(line.start, span.start)));
  const marked = widthOf(shown(span.text.slice(span.start, Math.min(span.end, line.end))));
  const window = windowAround(before, marked);

  const row = (gutter: string, text: string) => {
    return `${dim(` ${gutter.padStart(digits)} ${unicode ? '│' : '|'}`)} ${text}`.trimEnd();
  };
  const cut = (text: string) => cutTo(shown(text), window, unicode ? ['…', '…'] : ['<', '>']);
  const rows = [row(String(number), cut(span.text.slice(line.start, line.end)))];
  if (number > 1) {
    const previous = lineAt(span.text, line.start - 1);
    rows.unshift(row(String(number - 1), cut(span.text.slice(previous.start, previous.end))));
  }
  const carets = '^'.repeat(Math.max(1, Math.min(marked, window.end - before)));
  rows.push(row('', ' '.repeat(before - window.start) + mark(carets)));
  return rows.join('\n');
}

interface Window {
  readonly start: number;
  readonly end: number;
}

/** The columns to show, so that the mark is inside with some text on its left. */
function windowAround(before: number, marked: number): Window {
  const start = before + marked <= maxColumns ? 0 : Math.max(0, before - maxColumns / 4);
  return { start, end: start + maxColumns };
}

/** The text between two columns, with a mark where something is left out before or after. */
function cutTo(text: string, window: Window, [before, after]: readonly [string, string]): string {
  let column = 0;
  let result = '';
  for (const grapheme of graphemes(text)) {
    if (column >= window.end) return result + after;
    const start = column;
    column += widthOf(grapheme);
    if (column <= window.start) continue;
    // The first character shown makes way for the mark, which takes the columns it has inside the window.
    const isCut = result === '' && start > 0;
    result += isCut ? before.padEnd(column - Math.max(start, window.start)) : grapheme;
  }
  return result;
}

/** The text as a terminal may show it: tabs as four spaces, and nothing that could move the cursor or turn the text. */
function shown(text: string): string {
  return text.replaceAll('\t', '    ').replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

function* graphemes(text: string): Iterable<string> {
  for (const { segment } of segmenter.segment(text)) yield segment;
}

/** East Asian wide characters and emoji take two columns. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\ufe0f|[\u{20000}-\u{3fffd}]/u;

/** How many columns a terminal gives a text. */
function widthOf(text: string): number {
  // Almost every line of a config is ASCII, and a very long one is better not split.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const grapheme of graphemes(text)) width += wide.test(grapheme) ? 2 : 1;
  return width;
}
