import { SyncError } from '../model/errors.ts';
import type { SourceRecord, Value } from '../model/types.ts';
import { type BatchLimits, Gathering, type RecordBatch } from './batch.ts';
import { headerNames } from './csv-header.ts';
import { type CsvRow, CsvRows } from './csv-rows.ts';

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

interface Table {
  readonly gathered: Gathering;
  readonly record: (cells: readonly string[]) => SourceRecord;
  readonly width: number;
}

class CsvRecords {
  readonly #rows: CsvRows;
  readonly #file: string;
  readonly #emptyCell: Value;
  readonly #limits: BatchLimits;
  #table: Table | undefined;

  constructor(file: string, options: CsvOptions, limits: BatchLimits) {
    this.#rows = new CsvRows(file, options.delimiter);
    this.#file = file;
    this.#emptyCell = options.empty === 'text' ? '' : null;
    this.#limits = limits;
  }

  *push(text: string, isLast: boolean): Generator<RecordBatch> {
    for (const row of this.#rows.push(text, isLast)) {
      if (this.#table === undefined) {
        this.#table = this.#openTable(row.cells);
        continue;
      }
      const { gathered, record, width } = this.#table;
      if (row.cells.length !== width) throw ragged(this.#file, row, width);
      if (gathered.add(record(row.cells), row.length)) yield gathered.take();
    }
    if (!isLast) return;
    if (this.#table === undefined) throw noHeader(this.#file, 'is empty');
    if (this.#table.gathered.isWaiting) yield this.#table.gathered.take();
  }

  #openTable(cells: readonly string[]): Table {
    if (cells.some((cell) => cell.includes('\r')))
      throw noHeader(this.#file, 'has lines that end in CR alone');
    const header = headerNames(cells);
    return {
      gathered: new Gathering(this.#limits, header),
      record: recordMaker(header, this.#emptyCell),
      width: header.length,
    };
  }
}

function ragged(file: string, { line, cells }: CsvRow, expected: number): SyncError {
  return new SyncError(
    'source/ragged_row',
    `line ${line} of ${file} has ${cellCount(cells.length)}, where the header has ${expected}`,
    {
      hint: 'A cell that holds the delimiter, a quote or a line end must be quoted. Is `delimiter` right?',
    },
  );
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
