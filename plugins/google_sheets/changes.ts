import type { Row, Change as RowChange, Target } from 'syncline';
import { type Entered, enteredOf } from './cells.ts';
import type { Change, Tab } from './spreadsheet.ts';
import type { SheetTable } from './table.ts';

/** A column of the target in the sheet, and what a row has there. */
interface Placed {
  readonly at: number;
  /** The place in the target; undefined of what tells the run. */
  readonly place?: number;
  entered(row: Row): Entered;
}

/** Where the columns of a target lie in a sheet, some of them yet to be named in its header. */
export interface Layout {
  readonly columns: readonly Placed[];
  readonly added: readonly string[];
  /** Where the first of these comes to lie. */
  readonly first: number;
}

export function layoutOf(table: SheetTable, target: Target): Layout {
  const added: string[] = [];
  const placeOf = (name: string) => table.columnOf(name) ?? table.width + added.push(name) - 1;
  const columns = target.columns.map(
    ({ name, type }, place): Placed => ({
      at: placeOf(name),
      place,
      entered: (row) => enteredOf(type, row[place] ?? null),
    }),
  );
  const { stamps, run } = target;
  const told = [
    [stamps.run_id, run.id],
    [stamps.synced_at, run.started_at],
  ] as const;
  for (const [name, text] of told)
    if (name !== undefined) columns.push({ at: placeOf(name), entered: () => enteredOf('string', text) });
  return { columns, added, first: table.width };
}

/** What makes room for new columns and names them. */
export function headerChanges({ added, first }: Layout, tab: Tab, head = 0): Change[] {
  if (added.length === 0) return [];
  const end = first + added.length;
  const more = end - tab.width;
  const widening = { sheetId: tab.id, dimension: 'COLUMNS', length: more };
  const names = added.map((name) => enteredOf('string', name));
  return [...(more > 0 ? [{ appendDimension: widening }] : []), updateOf(tab, head, first, names)];
}

/** What writes rows below the last one there is. */
export function appendChange({ columns }: Layout, tab: Tab, rows: readonly Row[]): Change[] {
  if (rows.length === 0) return [];
  const width = columns.reduce((widest, { at }) => Math.max(widest, at + 1), 0);
  const filled = rows.map((row) => {
    const values: Entered[] = Array.from({ length: width }, () => ({}));
    for (const { at, entered } of columns) values[at] = entered(row);
    return { values };
  });
  return [{ appendCells: { sheetId: tab.id, rows: filled, fields: 'userEnteredValue' } }];
}

/** What writes the changed cells of a row, neighbours together, and no other cell. */
export function updateChanges(
  { columns }: Layout,
  tab: Tab,
  at: number,
  { row, changed }: Extract<RowChange, { kind: 'update' }>,
): Change[] {
  const cells = columns
    .filter(({ place }) => place === undefined || changed.includes(place))
    .sort((a, b) => a.at - b.at);
  const runs: Placed[][] = [];
  for (const cell of cells) {
    const last = runs.at(-1);
    if (last !== undefined && last.at(-1)?.at === cell.at - 1) last.push(cell);
    else runs.push([cell]);
  }
  return runs.map((run) =>
    updateOf(
      tab,
      at,
      run[0]?.at ?? 0,
      run.map(({ entered }) => entered(row)),
    ),
  );
}

/** What removes rows, the last first, so that the places of the others stay. */
export function removeChanges(tab: Tab, places: readonly number[]): Change[] {
  return [...places]
    .sort((a, b) => b - a)
    .map((place) => ({
      deleteDimension: {
        range: { sheetId: tab.id, dimension: 'ROWS', startIndex: place, endIndex: place + 1 },
      },
    }));
}

function updateOf(tab: Tab, rowIndex: number, columnIndex: number, values: readonly Entered[]): Change {
  return {
    updateCells: {
      start: { sheetId: tab.id, rowIndex, columnIndex },
      rows: [{ values }],
      fields: 'userEnteredValue',
    },
  };
}
