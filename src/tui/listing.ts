/** Which columns of a sheet a terminal has room for, and how wide they are. Pure. */

import { widthOf } from './fitted.ts';
import type { Column, Row } from './page.ts';

export interface Placed extends Column {
  /** Where it is among the columns of the sheet. */
  readonly place: number;
  readonly width: number;
}

export const gap = 2;
/** No column needs more than this, but one that fills. */
const widest = 40;
/** A column that fills needs no more than this. */
const leastFilled = 12;
/** A column is not cut below this. */
const narrowest = 4;
/** So many rows tell how wide a column is. */
const measured = 1000;

/** Those that fit into `width`: where there is no room for all, those of the highest rank go first. */
export function placedColumns(columns: readonly Column[], rows: readonly Row[], width: number): Placed[] {
  const sample = rows.length > measured ? rows.slice(0, measured) : rows;
  const all = columns.map((column, place): Placed => {
    const longest = sample.reduce(
      (most, { cells }) => Math.max(most, widthOf(cells[place] ?? '')),
      widthOf(column.name) + (column.name === '' ? 0 : 1),
    );
    return { ...column, place, width: Math.min(longest, column.fills ? leastFilled : widest) };
  });
  const kept = fitting(all, width);
  return shared(kept, width - needOf(kept));
}

function needOf(columns: readonly Placed[]): number {
  return columns.reduce((sum, { width }) => sum + width, 0) + gap * Math.max(columns.length - 1, 0);
}

function fitting(columns: readonly Placed[], width: number): readonly Placed[] {
  const over = needOf(columns) - width;
  if (over <= 0) return columns;
  const highest = Math.max(...columns.map(({ rank }) => rank));
  const last = columns.findLastIndex(({ rank }) => rank === highest);
  if (highest > 0 && columns.length > 1) return fitting(columns.toSpliced(last, 1), width);
  const broadest = columns.reduce((most, column) => (column.width > most.width ? column : most));
  const less = Math.max(broadest.width - over, narrowest);
  if (less === broadest.width) return columns;
  const cut = columns.map((column) => (column === broadest ? { ...column, width: less } : column));
  return fitting(cut, width);
}

/** What is left goes to the columns that fill, each as much. */
function shared(columns: readonly Placed[], left: number): Placed[] {
  const filled = columns.filter(({ fills }) => fills).length;
  return columns.map((column) =>
    column.fills && left > 0 ? { ...column, width: column.width + Math.floor(left / filled) } : column,
  );
}
