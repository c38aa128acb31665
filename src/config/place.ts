import type { Span } from './diagnostics.ts';

/** A text file of the config. The text has no byte order mark. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
}

/** A place in a text file: lines and columns count from 1. */
interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The line and column of an offset, both from 1; columns count UTF-16 units, as editors do. */
export function placeAt({ file, text }: SourceText, offset: number): Place {
  const lineStart = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < lineStart; at = text.indexOf('\n', at + 1)) line += 1;
  return { file, line, column: offset - lineStart + 1 };
}

export function spanOf({ file, text }: SourceText, start: number, end: number): Span {
  return { file, text, start, end };
}

/** The line an offset lies in, without its line break. */
export function lineAt(text: string, offset: number): { readonly start: number; readonly end: number } {
  const start = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  const newline = text.indexOf('\n', offset);
  const end = newline < 0 ? text.length : newline;
  return { start, end: text[end - 1] === '\r' && end > start ? end - 1 : end };
}
