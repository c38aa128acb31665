import Papa from 'papaparse';
import { longestRecord, tooLong } from './batch.ts';
import { lineEnds, malformed } from './record.ts';

export interface CsvRow {
  readonly cells: readonly string[];
  /** The line it begins in. */
  readonly line: number;
  /** How long its text is. */
  readonly length: number;
}

/**
 * Cuts delimited text into rows of cells, as RFC 4180 says: a cell that begins with a quote ends with one, and may
 * hold delimiters, line ends, and quotes written twice. A quote further inside a cell is a character like any other.
 * Lines end with LF or CRLF; blank ones are skipped.
 */
export class CsvRows {
  readonly #file: string;
  readonly #delimiter: string;
  /** The text of a row that has begun and not ended. */
  #rest = '';
  #line = 1;
  /** How much text to wait for, so that a long row is not parsed too often. */
  #wanted = 0;

  constructor(file: string, delimiter: string) {
    this.#file = file;
    this.#delimiter = delimiter;
  }

  /** The rows that end in this text, which goes on where the one before stopped. */
  *push(pushed: string, isLast: boolean): Generator<CsvRow> {
    // The last line may lack its end; if it does not, this is a blank one.
    const text = this.#rest + pushed + (isLast ? '\n' : '');
    this.#rest = text;
    if (!isLast && text.length < this.#wanted) return;
    const { rows, misquoted } = parse(text, this.#delimiter);
    let start = 0;
    for (const [place, cells] of rows.entries()) {
      const stop = misquoted[0] === place ? undefined : cellsEnd(cells, text, start, this.#delimiter);
      if (stop === undefined) throw this.#wrong(afterQuote);
      const end = text.indexOf('\n', stop) + 1;
      const line = this.#line;
      this.#line += lineEnds(text.slice(start, end));
      const row = text.charCodeAt(stop - 1) === returnCode ? withoutReturn(cells) : cells;
      if (!isBlank(row, text, start)) yield { cells: row, line, length: end - start };
      start = end;
    }
    this.#keep(text.slice(start), misquoted.length, isLast);
  }

  #keep(rest: string, misquoted: number, isLast: boolean): void {
    // The quote at the very end may still turn out to be right: a CR and no LF may follow it so far.
    if (misquoted > (isLast ? 0 : 1)) throw this.#wrong(afterQuote);
    if (isLast && rest !== '') throw this.#wrong('opens a quote that is never closed');
    if (rest.length > longestRecord) {
      throw tooLong(this.#file, `the row that begins in line ${this.#line}`, 'Is a quote never closed?');
    }
    this.#rest = rest;
    this.#wanted = rest.length * 2;
  }

  #wrong(what: string): Error {
    const hint =
      'A quote inside a quoted cell is written twice; a closing one is followed by the delimiter or the line end.';
    return malformed(this.#file, this.#line, what, hint);
  }
}

const afterQuote = 'has something after a closing quote';
const quoteCode = 0x22;
const returnCode = 0x0d;

/** The rows that have an end, and for every quote in the wrong place the row it is in. */
function parse(text: string, delimiter: string): { rows: string[][]; misquoted: (number | undefined)[] } {
  // papaparse drops a byte order mark; here it would be the first character of a cell.
  const safe = text.startsWith('\uFEFF') ? `\uFEFF${text}` : text;
  const { data, errors } = Papa.parse<string[]>(safe, { delimiter, newline: '\n' });
  const misquoted = errors.filter(({ code }) => code === 'InvalidQuotes').map(({ row }) => row);
  return { rows: data.slice(0, -1), misquoted };
}

/**
 * Where these cells end; undefined when more is written there than they say. papaparse overlooks blanks behind a
 * closing quote, but nothing in a file may get lost in silence.
 */
function cellsEnd(
  cells: readonly string[],
  text: string,
  start: number,
  delimiter: string,
): number | undefined {
  let at = start - delimiter.length;
  for (const cell of cells) {
    if (at >= start && !text.startsWith(delimiter, at)) return undefined;
    at += delimiter.length;
    at += text.charCodeAt(at) === quoteCode ? cell.replaceAll('"', '""').length + 2 : cell.length;
  }
  return text.startsWith('\n', at) || text.startsWith('\r\n', at) ? at : undefined;
}

/** A line that ends in CRLF gives its CR to the last cell, unless that is quoted. */
function withoutReturn(cells: readonly string[]): readonly string[] {
  return cells.map((cell, place) => (place === cells.length - 1 ? cell.slice(0, -1) : cell));
}

function isBlank(cells: readonly string[], text: string, start: number): boolean {
  return cells.length === 1 && cells[0] === '' && text.charCodeAt(start) !== quoteCode;
}
