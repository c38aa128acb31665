import { SyncError } from '../model/errors.ts';
import type { SourceRecord, Value } from '../model/types.ts';
import { type BatchLimits, Gathering, type RecordBatch } from './batch.ts';
import { headerNames } from './csv-header.ts';
import { CsvRows } from './csv-rows.ts';

export interface CsvOptions {
  readonly delimiter: string;
  /** What an empty cell becomes: null, or the empty text. */
  readonly empty: null | 'text';
}

/**
 * Reads delimited text with a header row. Every record has every column, with text or null in it. The first batch
 * comes even when there are no records: it tells the header.
 */
export async function* readCsv(
  texts: AsyncIterable<string>,
  file: string,
  options: CsvOptions,
  limits: BatchLimits,
): AsyncGenerator<RecordBatch> {
  const records = new CsvRecords(file, options, limits);
  for await (const text of texts) yield* records.push(text, false);
  yield* records.push('', true);
}

class CsvRecords {
  readonly #rows: CsvRows;
  readonly #file: string;
  readonly #emptyCell: Value;
  readonly #limits: BatchLimits;
  #table:
    | {
        readonly gathered: Gathering;
        readonly record: (cells: readonly string[]) => SourceRecord;
        readonly width: number;
      }
    | undefined;

  constructor(file: string, options: CsvOptions, limits: BatchLimits) {
    this.#rows = new CsvRows(file, options.delimiter);
    this.#file = file;
    this.#emptyCell = options.empty === 'text' ? '' : null;
    this.#limits = limits;
  }

  *push(text: string, isLast: boolean): Generator<RecordBatch> {
    this.#rows.push(text);
    this.#table ??= this.#openTable(isLast);
    if (this.#table === undefined) return;
    const { gathered, record, width } = this.#table;
    for (let from = this.#rows.at, cells = this.#rows.next(isLast); cells; cells = this.#rows.next(isLast)) {
      if (cells.length !== width) throw this.#ragged(cells.length, width);
      if (gathered.add(record(cells), this.#rows.at - from)) yield gathered.take();
      from = this.#rows.at;
    }
    if (isLast && gathered.isWaiting) yield gathered.take();
  }

  #openTable(isLast: boolean) {
    const cells = this.#rows.next(isLast);
    if (cells === undefined) {
      if (isLast) throw noHeader(this.#file, 'is empty');
      return undefined;
    }
    if (cells.some((cell) => cell.includes('\r')))
      throw noHeader(this.#file, 'has lines that end in CR alone');
    const header = headerNames(cells);
    return {
      gathered: new Gathering(this.#limits, header),
      record: recordMaker(header, this.#emptyCell),
      width: header.length,
    };
  }

  #ragged(found: number, expected: number): SyncError {
    const { line } = this.#rows;
    return new SyncError(
      'source/ragged_row',
      `line ${line} of ${this.#file} has ${cellCount(found)}, where the header has ${expected}`,
      {
        hint: 'A cell that holds the delimiter, a quote or a line end must be quoted. Is `delimiter` right?',
      },
    );
  }
}

function cellCount(count: number): string {
  return count === 1 ? '1 cell' : `${count} cells`;
}

function noHeader(file: string, why: string): SyncError {
  return new SyncError('source/no_header', `${file} ${why}, so it has no header row`, {
    hint: 'The first line names the columns; lines end in LF or CRLF.',
  });
}

function recordMaker(header: readonly string[], empty: Value): (cells: readonly string[]) => SourceRecord {
  // An assignment to __proto__ would not make a field.
  if (header.includes('__proto__')) {
    return (cells) => Object.fromEntries(header.map((name, place) => [name, cells[place] || empty]));
  }
  return (cells) => {
    const record: { [field: string]: Value } = {};
    for (let place = 0; place < header.length; place++) {
      record[header[place] as string] = cells[place] || empty;
    }
    return record;
  };
}
