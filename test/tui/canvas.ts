import { EventEmitter } from 'node:events';

/** A terminal of a size that keeps the last frame drawn on it. */
class Canvas extends EventEmitter {
  readonly isTTY = true;
  readonly columns: number;
  readonly rows: number;
  frame = '';

  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): boolean {
    if (text.includes('\n')) this.frame = text;
    return true;
  }
}

/** Draws on a canvas with `draw`, and returns the lines of the last frame. */
export function linesOn(
  columns: number,
  rows: number,
  draw: (canvas: NodeJS.WriteStream) => { unmount(): void },
): string[] {
  const canvas = new Canvas(columns, rows);
  // Of a stream, Ink uses what is here.
  draw(canvas as unknown as NodeJS.WriteStream).unmount();
  return canvas.frame.split('\n').slice(0, -1);
}
