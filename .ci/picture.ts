/** What a terminal shows, as text and as a picture that is readable on any page. */

import type xterm from '@xterm/headless';

export const size = { columns: 100, rows: 22 };

const linesOf = ({ buffer: { active } }: xterm.Terminal) =>
  Array.from({ length: size.rows }, (_, y) => active.getLine(active.baseY + y)).filter(
    (line) => line !== undefined,
  );

export function textOf(terminal: xterm.Terminal): string {
  const lines = linesOf(terminal).map((line) => line.translateToString(true).trimEnd());
  return `${lines.join('\n').trimEnd()}\n`;
}

/** The colours of a dark terminal, by their number; the last one is that of text without a colour. */
const colors = ['#282c34', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#dcdfe4'];
const cell = { width: 8.4, height: 18 };

export function pictureOf(name: string, terminal: xterm.Terminal): string {
  const [width, height] = [size.columns * cell.width + 24, size.rows * cell.height + 24];
  const texts = linesOf(terminal).flatMap((line, y) =>
    stretchesOf(line).map(({ x, text, style }) => {
      const place = `x="${(12 + x * cell.width).toFixed(1)}" y="${26 + y * cell.height}"`;
      // However wide the letters of a machine are, columns stay below each other.
      const length = `textLength="${(text.length * cell.width).toFixed(1)}" lengthAdjust="spacingAndGlyphs"`;
      return `<text ${place} ${length} ${style}>${escaped(text)}</text>`;
    }),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" role="img" aria-label="${name}" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">`,
    `<rect width="100%" height="100%" rx="8" fill="${colors[0]}"/>`,
    ...texts,
    '</svg>\n',
  ].join('\n');
}

interface Stretch {
  readonly x: number;
  text: string;
  readonly style: string;
}

/** The words of a line that look alike. */
function stretchesOf(line: xterm.IBufferLine): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (let x = 0; x < size.columns; x++) {
    const one = line.getCell(x);
    const text = one?.getChars() ?? '';
    if (one === undefined || text.trim() === '') continue;
    const color = one.isFgPalette() ? colors[one.getFgColor() % 8] : colors.at(-1);
    const style = `fill="${color}"${one.isBold() ? ' font-weight="bold"' : ''}${one.isDim() ? ' opacity="0.6"' : ''}`;
    const last = stretches.at(-1);
    if (last?.style === style && last.x + last.text.length === x) last.text += text;
    else stretches.push({ x, text, style });
  }
  return stretches;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
