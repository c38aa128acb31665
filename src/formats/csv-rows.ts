import { longestRecord, tooLong } from './batch.ts';
import { lineEnds, malformed } from './record.ts';

const quoteCode = 0x22;

/**
 * Cuts delimited text into rows of cells, as RFC 4180 says: a cell that begins with a quote ends with one, and may
 * hold delimiters, line ends, and quotes written twice. A quote further inside a cell is a character like any other.
 * Lines end with LF or CRLF; blank ones are skipped.
 */
export class CsvRows {
  /** The line the row last returned begins in. */
  line = 0;
  readonly #file: string;
  readonly #delimiter: string;
  #text = '';
  #at = 0;
  /** The first quote at or after `#at`, as far as it is known. */
  #quote = -1;
  #linesDone = 0;
  /** After a row turned out to be unfinished: how much text to wait for, so that a long row is not scanned too often. */
  #wanted = 0;

  constructor(file: string, delimiter: string) {
    this.#file = file;
    this.#delimiter = delimiter;
  }

  push(text: string): void {
    this.#text = this.#text.slice(this.#at) + text;
    this.#at = 0;
    this.#quote = -1;
  }

  /** The next row's cells; undefined when there is none, or its end must be pushed first. */
  next(isLast: boolean): string[] | undefined {
    if (!isLast && this.#text.length - this.#at < this.#wanted) return undefined;
    while (this.#at < this.#text.length) {
      const end = this.#text.indexOf('\n', this.#at);
      if (end < 0 && !isLast) return this.#unfinished();
      const stop = end < 0 ? this.#text.length : end;
      if (this.#nextQuote() < stop) return this.#quotedRow(isLast);
      this.line = this.#linesDone + 1;
      const line = this.#text.slice(this.#at, withoutReturn(this.#text, stop));
      this.#passed(stop + 1, 1);
      if (line !== '') return line.split(this.#delimiter);
    }
    return undefined;
  }

  /** How far the text of the rows returned reaches in what was pushed last. */
  get at(): number {
    return this.#at;
  }

  #nextQuote(): number {
    if (this.#quote < this.#at) {
      const found = this.#text.indexOf('"', this.#at);
      this.#quote = found < 0 ? this.#text.length : found;
    }
    return this.#quote;
  }

  #passed(at: number, lines: number): void {
    this.#at = Math.min(at, this.#text.length);
    this.#linesDone += lines;
    this.#wanted = 0;
  }

  #unfinished(): undefined {
    const length = this.#text.length - this.#at;
    if (length > longestRecord) {
      throw tooLong(
        this.#file,
        `the row that begins in line ${this.#linesDone + 1}`,
        'Is a quote never closed?',
      );
    }
    this.#wanted = length * 2;
    return undefined;
  }

  #quotedRow(isLast: boolean): string[] | undefined {
    const cells: string[] = [];
    for (let at = this.#at; ; at += this.#delimiter.length) {
      const cell =
        this.#text.charCodeAt(at) === quoteCode ? this.#quotedCell(at, isLast) : this.#bareCell(at, isLast);
      if (cell === undefined) return this.#unfinished();
      cells.push(cell.text);
      at = cell.end;
      if (this.#text.startsWith(this.#delimiter, at)) continue;
      if (this.#text.startsWith('\r\n', at)) at += 1;
      this.line = this.#linesDone + 1;
      this.#passed(at + 1, lineEnds(this.#text.slice(this.#at, at + 1)));
      return cells;
    }
  }

  #bareCell(start: number, isLast: boolean): { text: string; end: number } | undefined {
    const lineEnd = this.#text.indexOf('\n', start);
    if (lineEnd < 0 && !isLast) return undefined;
    const stop = withoutReturn(this.#text, lineEnd < 0 ? this.#text.length : lineEnd);
    const delimiter = this.#text.indexOf(this.#delimiter, start);
    const end = delimiter < 0 || delimiter > stop ? stop : delimiter;
    return { text: this.#text.slice(start, end), end };
  }

  #quotedCell(start: number, isLast: boolean): { text: string; end: number } | undefined {
    let text = '';
    for (let from = start + 1; ; ) {
      const quote = this.#text.indexOf('"', from);
      // A quote at the very end may be the first of two.
      if (!isLast && (quote < 0 || quote + 2 >= this.#text.length)) return undefined;
      if (quote < 0) throw this.#wrong('opens a quote that is never closed');
      text += this.#text.slice(from, quote);
      if (this.#text.charCodeAt(quote + 1) !== quoteCode) {
        this.#expectEnd(quote + 1);
        return { text, end: quote + 1 };
      }
      text += '"';
      from = quote + 2;
    }
  }

  #expectEnd(at: number): void {
    const isEnd =
      at >= this.#text.length ||
      this.#text.startsWith(this.#delimiter, at) ||
      this.#text.startsWith('\n', at) ||
      this.#text.startsWith('\r\n', at) ||
      (this.#text.startsWith('\r', at) && at + 1 === this.#text.length);
    if (!isEnd) throw this.#wrong(`has "${this.#text.charAt(at)}" after a closing quote`);
  }

  #wrong(what: string): Error {
    const hint =
      'A quote inside a quoted cell is written twice; a closing one is followed by the delimiter or the line end.';
    return malformed(this.#file, this.#linesDone + 1, what, hint);
  }
}

/** The end of a line's text: before the CR of a CRLF. */
function withoutReturn(text: string, end: number): number {
  return text.charCodeAt(end - 1) === 0x0d ? end - 1 : end;
}
