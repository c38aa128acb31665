import { glyphsOf, inGlyphs } from './glyphs.ts';
import type { Look } from './look.ts';
import { printable } from './printable.ts';

const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|^\p{Emoji_Presentation}/u;
const joined = /^[\p{Mn}\p{Me}\p{Cf}]/u;

/** How many columns of a terminal a character takes. */
function columnsOf(character: string): number {
  return joined.test(character) ? 0 : wide.test(character) ? 2 : 1;
}

/** How many columns of a terminal a text without escapes takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/**
 * The text in one line of exactly `width` columns, in characters the locale has: cut where it is longer, padded where it
 * is shorter.
 */
export function fitted(text: string, width: number, look: Look): string {
  const line = inGlyphs(printable(text).replace(/[\t\n]+/g, ' '), look);
  const whole = widthOf(line);
  if (whole <= width) return line + ' '.repeat(width - whole);
  let cut = '';
  let taken = 0;
  for (const character of line) {
    const more = columnsOf(character);
    if (taken + more > width - 1) break;
    cut += character;
    taken += more;
  }
  return width < 1 ? '' : cut + glyphsOf(look).more + ' '.repeat(width - 1 - taken);
}

/** The text as lines of at most `width` columns, broken between words where it has some; what is set in stays so. */
export function wrapped(text: string, width: number): string[] {
  return printable(text)
    .split('\n')
    .flatMap((paragraph) => {
      const words = paragraph.replace(/^ +/, '');
      // Text that is set in very far would have no room left.
      const margin = ' '.repeat(Math.min(paragraph.length - words.length, Math.floor(width / 2)));
      return linesOf(words, width - margin.length).map((line) => (line === '' ? '' : margin + line));
    });
}

function linesOf(paragraph: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(' ').flatMap((each) => pieces(each, width))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/** A word that is longer than a line, in pieces that are not. */
function pieces(word: string, width: number): string[] {
  const all: string[] = [];
  let piece = '';
  for (const character of word) {
    if (widthOf(piece + character) > width) {
      all.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...all, piece];
}
