import type { Cell, Column, ColumnType, Row, Target } from '../model/types.ts';

export const rowsFormats = ['jsonl', 'json', 'csv'] as const;
export type RowsFormat = (typeof rowsFormats)[number];

export interface PrintOptions {
  /** csv: `escape` writes a `'` before text that a spreadsheet would take for a formula. */
  readonly formulas?: 'escape' | 'keep';
}

/** Prints the rows of one target; its stamps follow its columns. */
export interface RowPrinter {
  /** The names of what is written for each row, in order. */
  readonly header: readonly string[];
  /** The text of these rows, for a file that holds `before` rows already. */
  print(rows: readonly Row[], before: number): string;
  /** What ends the text of a file that holds this many rows; for none, its whole text. */
  end(rows: number): string;
}

/**
 * A printer of rows:
 *
 * - jsonl: one object per line. Numbers, decimals too, are JSON numbers with all their digits; a json cell is its own
 *   text; a missing cell is left out, null is `null`.
 * - json: the same objects as one array.
 * - csv: a header row, cells quoted where needed, lines that end in LF. Missing, null and empty text are all an
 *   empty cell.
 *
 * `readRecords` gives back what was printed, but for the types of csv, where every cell is text.
 */
export function printRows(format: RowsFormat, target: Target, options: PrintOptions = {}): RowPrinter {
  if (format === 'csv') return csvPrinter(target, options.formulas ?? 'keep');
  return format === 'jsonl' ? jsonlPrinter(target) : jsonPrinter(target);
}

function jsonlPrinter(target: Target): RowPrinter {
  const object = objectPrinter(target);
  return {
    header: headerOf(target),
    print(rows) {
      let text = '';
      for (const row of rows) text += `${object(row)}\n`;
      return text;
    },
    end: () => '',
  };
}

function jsonPrinter(target: Target): RowPrinter {
  const object = objectPrinter(target);
  return {
    header: headerOf(target),
    print(rows, before) {
      let text = '';
      for (const row of rows) text += `${text === '' && before === 0 ? '[' : ','}\n${object(row)}`;
      return text;
    },
    end: (rows) => (rows === 0 ? '[]\n' : '\n]\n'),
  };
}

function objectPrinter(target: Target): (row: Row) => string {
  const fields = target.columns.map(({ name, type }) => ({
    name: `${JSON.stringify(name)}:`,
    print: jsonCell(type),
  }));
  const stamps = stampsOf(target).map(({ name, text }) => `${JSON.stringify(name)}:${JSON.stringify(text)}`);
  return (row) => {
    let members = '';
    for (let place = 0; place < fields.length; place++) {
      const cell = row[place];
      const field = fields[place];
      if (cell === undefined || field === undefined) continue;
      if (members !== '') members += ',';
      members += field.name + (cell === null ? 'null' : field.print(cell));
    }
    for (const stamp of stamps) members += members === '' ? stamp : `,${stamp}`;
    return `{${members}}`;
  };
}

function jsonCell(type: ColumnType): (cell: NonNullable<Cell>) => string {
  switch (type) {
    case 'string':
    case 'timestamp':
    case 'date':
      return JSON.stringify;
    case 'integer':
    case 'number':
    case 'decimal':
    case 'boolean':
    case 'json':
      return String;
  }
}

function csvPrinter(target: Target, formulas: 'escape' | 'keep'): RowPrinter {
  const safe = formulas === 'escape' ? escapeFormula : (text: string) => text;
  const header = headerOf(target);
  const headerLine = csvLine(header.map((name) => csvCell(safe(name))));
  const stamps = stampsOf(target).map(({ text }) => csvCell(safe(text)));
  const printCell = (column: Column, cell: Cell | undefined): string => {
    if (cell === undefined || cell === null) return '';
    return csvCell(column.type === 'string' ? safe(String(cell)) : String(cell));
  };
  return {
    header,
    print(rows, before) {
      let text = before === 0 && rows.length > 0 ? headerLine : '';
      for (const row of rows) {
        text += csvLine([...target.columns.map((column, place) => printCell(column, row[place])), ...stamps]);
      }
      return text;
    },
    end: (rows) => (rows === 0 ? headerLine : ''),
  };
}

/** Joins printed cells; an only cell that is empty is quoted, or its line would be blank. */
export function csvLine(cells: readonly string[]): string {
  return cells.length === 1 && cells[0] === '' ? '""\n' : `${cells.join(',')}\n`;
}

export function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What spreadsheets take for a formula begins with one of these, or with its full-width twin. */
function escapeFormula(text: string): string {
  return /^[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text;
}

function headerOf(target: Target): readonly string[] {
  return [...target.columns.map((column) => column.name), ...stampsOf(target).map((stamp) => stamp.name)];
}

function stampsOf({ stamps, run }: Target): readonly { readonly name: string; readonly text: string }[] {
  return [
    ...(stamps.run_id === undefined ? [] : [{ name: stamps.run_id, text: run.id }]),
    ...(stamps.synced_at === undefined ? [] : [{ name: stamps.synced_at, text: run.started_at }]),
  ];
}
