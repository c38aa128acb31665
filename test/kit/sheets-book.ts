/** The sheets of a spreadsheet, and what the API can do to them. */

export type SheetValue = string | number | boolean;

/** A value, and how people see it. */
interface SheetCell {
  readonly value: SheetValue;
  readonly shown: string;
}

export interface Grid {
  readonly id: number;
  readonly title: string;
  wide: number;
  high: number;
  readonly cells: (SheetCell | undefined)[][];
}

/** What the API refuses, and with which status. */
export class ApiError extends Error {
  readonly status: number;
  readonly kind: string;

  constructor(status: number, message: string, kind: string) {
    super(message);
    this.status = status;
    this.kind = kind;
  }
}

interface Entered {
  readonly userEnteredValue?: { readonly [kind: string]: SheetValue };
}

interface RowData {
  readonly values: readonly Entered[];
}

interface Requested {
  readonly addSheet?: { readonly properties: { readonly title: string } };
  readonly updateCells?: {
    readonly start: { readonly sheetId: number; readonly rowIndex: number; readonly columnIndex: number };
    readonly rows: readonly RowData[];
    readonly fields: string;
  };
  readonly appendCells?: {
    readonly sheetId: number;
    readonly rows: readonly RowData[];
    readonly fields: string;
  };
  readonly appendDimension?: {
    readonly sheetId: number;
    readonly dimension: string;
    readonly length: number;
  };
  readonly deleteDimension?: {
    readonly range: {
      readonly sheetId: number;
      readonly dimension: string;
      readonly startIndex: number;
      readonly endIndex: number;
    };
  };
}

/** No cell of the API holds a longer text. */
const longest = 50_000;

export class Book {
  grids: Grid[] = [];

  add(title: string, wide = 26): Grid {
    const grid: Grid = { id: 100 + this.grids.length, title, wide, high: 1_000, cells: [] };
    this.grids.push(grid);
    return grid;
  }

  read(range: string, rendering: string): SheetValue[][] {
    const { grid, area } = this.#place(range);
    if (area === undefined) return this.values(grid, rendering);
    const rows = this.values(grid, rendering).slice(area.row, area.row + area.rows);
    return cut(rows.map((row) => row.slice(area.column, area.column + area.columns)));
  }

  write(range: string, values: readonly (readonly SheetValue[])[], how: string | null): object {
    if (how !== 'RAW' && how !== 'USER_ENTERED')
      throw invalid("'valueInputOption' is required but not specified");
    const { grid, area } = this.#place(range);
    this.put(grid, area?.row ?? 0, area?.column ?? 0, values, how);
    return { updatedRange: range };
  }

  put(
    grid: Grid,
    row: number,
    column: number,
    values: readonly (readonly SheetValue[])[],
    how: 'RAW' | 'USER_ENTERED',
  ): void {
    for (const [down, cells] of values.entries())
      for (const [right, value] of cells.entries())
        set(
          grid,
          row + down,
          column + right,
          value === '' ? undefined : how === 'RAW' ? plain(value) : typed(value),
        );
  }

  /** Up to the last row and, in each, the last cell that is not empty. */
  values(grid: Grid, rendering: string): SheetValue[][] {
    const show = (cell: SheetCell | undefined) =>
      cell === undefined ? '' : rendering === 'FORMATTED_VALUE' ? cell.shown : cell.value;
    return cut(Array.from(grid.cells, (row = []) => Array.from(row, show)));
  }

  /** All of the changes or none. */
  change(requests: readonly Requested[]): object[] {
    const before = structuredClone(this.grids);
    try {
      return requests.map((request) => this.#apply(request));
    } catch (error) {
      this.grids = before;
      throw error;
    }
  }

  #apply({ addSheet, updateCells, appendCells, appendDimension, deleteDimension }: Requested): object {
    if (addSheet) {
      const { title } = addSheet.properties;
      if (this.grids.some((grid) => grid.title === title))
        throw invalid(`A sheet with the name "${title}" already exists. Please enter another name.`);
      const { id: sheetId, wide: columnCount } = this.add(title);
      return { addSheet: { properties: { sheetId, title, gridProperties: { columnCount } } } };
    }
    if (updateCells) {
      const { start, rows } = updateCells;
      this.#enter(this.#grid(start.sheetId), start.rowIndex, start.columnIndex, rows, updateCells.fields);
    } else if (appendCells) {
      const grid = this.#grid(appendCells.sheetId);
      const end = this.values(grid, 'UNFORMATTED_VALUE').length;
      grid.high = Math.max(grid.high, end + appendCells.rows.length);
      this.#enter(grid, end, 0, appendCells.rows, appendCells.fields);
    } else if (appendDimension?.dimension === 'COLUMNS') {
      this.#grid(appendDimension.sheetId).wide += appendDimension.length;
    } else if (deleteDimension?.range.dimension === 'ROWS') {
      const { sheetId, startIndex, endIndex } = deleteDimension.range;
      const grid = this.#grid(sheetId);
      grid.cells.splice(startIndex, endIndex - startIndex);
      grid.high -= endIndex - startIndex;
    } else throw invalid('Must specify at least one request.');
    return {};
  }

  #enter(grid: Grid, row: number, column: number, rows: readonly RowData[], fields: string): void {
    if (fields !== 'userEnteredValue') throw invalid('At least one field must be listed in fields.');
    for (const [down, { values }] of rows.entries())
      for (const [right, { userEnteredValue = {} }] of values.entries()) {
        const [value] = Object.values(userEnteredValue);
        set(grid, row + down, column + right, value === undefined ? undefined : plain(value));
      }
  }

  #grid(id: number): Grid {
    const grid = this.grids.find((one) => one.id === id);
    if (grid === undefined) throw invalid(`No grid with id: ${id}`);
    return grid;
  }

  #place(range: string) {
    const [, quoted, bare, cells] = /^(?:'((?:[^']|'')+)'|([^'!]+))(?:!(.+))?$/.exec(range) ?? [];
    const title = quoted?.replaceAll("''", "'") ?? bare;
    const grid = this.grids.find((one) => one.title === title);
    const area = cells === undefined ? undefined : areaOf(cells);
    if (grid === undefined || area === null) throw invalid(`Unable to parse range: ${range}`);
    return { grid, area };
  }
}

/** `B2:C3`; null for what is none. */
function areaOf(cells: string) {
  const [, left, top, right = left, bottom = top] =
    /^([A-Z]+)([0-9]+)(?::([A-Z]+)([0-9]+))?$/.exec(cells) ?? [];
  if (left === undefined || top === undefined) return null;
  const column = columnOf(left);
  const row = Number(top) - 1;
  return { row, column, rows: Number(bottom) - row, columns: columnOf(right ?? left) - column + 1 };
}

function columnOf(letters: string): number {
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function set(grid: Grid, row: number, column: number, cell: SheetCell | undefined): void {
  if (row >= grid.high || column >= grid.wide)
    throw invalid(
      `Range (${grid.title}) exceeds grid limits. Max rows: ${grid.high}, max columns: ${grid.wide}`,
    );
  if (typeof cell?.value === 'string' && cell.value.length > longest)
    throw invalid(`Your input contains more than the maximum of ${longest} characters in a single cell.`);
  grid.cells[row] ??= [];
  const cells = grid.cells[row];
  cells[column] = cell;
}

function plain(value: SheetValue): SheetCell {
  return { value, shown: typeof value === 'boolean' ? String(value).toUpperCase() : String(value) };
}

/** What a person typed: numbers with separators are numbers, and a formula is worked out, here to 42. */
function typed(value: SheetValue): SheetCell {
  const shown = String(value);
  if (shown.startsWith('=')) return { value: 42, shown: '42' };
  const number = Number(shown.replaceAll(',', ''));
  return shown.trim() !== '' && Number.isFinite(number) ? { value: number, shown } : plain(value);
}

function cut(rows: SheetValue[][]): SheetValue[][] {
  const isFull = (value: SheetValue) => value !== '';
  const trimmed = rows.map((row) => row.slice(0, row.findLastIndex(isFull) + 1));
  return trimmed.slice(0, trimmed.findLastIndex((row) => row.length > 0) + 1);
}

function invalid(message: string): ApiError {
  return new ApiError(400, message, 'INVALID_ARGUMENT');
}
