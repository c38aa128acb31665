/** A place a person came to, with what is known of it and what they did there. Pure. */

import type { Failure } from '../model/result.ts';
import { wrapped } from './fitted.ts';
import type { RunModel } from './model.ts';
import type { Place, Row, Sheet, Tone } from './page.ts';
import type { View } from './view.ts';

export interface Visit {
  /** No other visit has it. */
  readonly id: number;
  readonly place: Place;
  /** When it began. Milliseconds since 1970, as all times here. */
  readonly since: number;
  readonly sheet?: Sheet;
  /** The rows of the sheet that the filter lets through, in the order they are shown. */
  readonly rows: readonly Row[];
  /** Why it could not be loaded; what was loaded before stays. */
  readonly failure?: Failure;
  readonly mark: Mark;
  /** Rows, by their ids, as in all that follows. */
  readonly opened: ReadonlySet<string>;
  readonly picked: ReadonlySet<string>;
  readonly filter: string;
  readonly sorting: Sorting;
  /** Where the place is a run. */
  readonly watched?: Watched;
}

/** A line: a row, or one of those below it once it is opened. */
interface Mark {
  readonly row?: string;
  /** Where that row is among those that are shown. */
  readonly place: number;
  /** 0 is the row itself. */
  readonly line: number;
}

interface Sorting {
  /** Undefined: as they came. */
  readonly column?: number;
  readonly descending: boolean;
}

export interface Watched {
  readonly run: RunModel;
  readonly view: View;
}

interface LineBelow {
  readonly text: string;
  readonly tone?: Tone;
  /** The text that `text` is a part of, where it is longer than a line. */
  readonly whole: string;
}

/** Lines of opened rows are set in by so much. */
export const indent = 4;

export function visitOf(id: number, place: Place, now: number): Visit {
  return {
    id,
    place,
    since: now,
    rows: [],
    mark: { place: 0, line: 0 },
    opened: new Set(),
    picked: new Set(),
    filter: '',
    sorting: { descending: false },
  };
}

export function markedRow({ rows, mark }: Visit): Row | undefined {
  return rows[mark.place];
}

/** The ids of the rows that are picked, in the order of the sheet. */
export function pickedRows({ sheet, picked }: Visit): readonly string[] {
  return sheet?.rows.map(({ id }) => id).filter((id) => picked.has(id)) ?? [];
}

/** What is below a row once it is opened, in lines of a screen so wide. */
export function linesBelow(row: Row, width: number): LineBelow[] {
  return (row.lines ?? []).flatMap(({ text: whole, tone }) =>
    wrapped(whole, Math.max(width - indent - 1, 1)).map((text) => ({ text, tone, whole })),
  );
}

/** The mark stays with its row; at the end of what grows, with the end. */
export function withSheet(visit: Visit, sheet: Sheet): Visit {
  const { mark, rows, sorting, sheet: before } = visit;
  const isAtEnd = before === undefined || mark.place >= rows.length - 1;
  const follows = sheet.grows === true && isAtEnd && sorting.column === undefined && !sorting.descending;
  const next = arranged({ ...visit, sheet, failure: undefined });
  return follows ? markedAt(next, next.rows.length - 1, 0) : next;
}

export function withFilter(visit: Visit, filter: string): Visit {
  return arranged({ ...visit, filter });
}

/** Sorts by the next column; after the last one, as the rows came. */
export function sortedByNext(visit: Visit): Visit {
  const next = (visit.sorting.column ?? -1) + 1;
  const column = next < (visit.sheet?.columns.length ?? 0) ? next : undefined;
  return arranged({ ...visit, sorting: { column, descending: false } });
}

export function reversed(visit: Visit): Visit {
  return arranged({ ...visit, sorting: { ...visit.sorting, descending: !visit.sorting.descending } });
}

/** Moves the mark by so many lines, and no further than the ends. */
export function moved(visit: Visit, steps: number, width: number): Visit {
  const { rows, opened } = visit;
  const lastLine = (place: number) => {
    const row = rows[place];
    return row !== undefined && opened.has(row.id) ? linesBelow(row, width).length : 0;
  };
  let { place, line } = visit.mark;
  for (let left = Math.abs(steps); left > 0; left--) {
    if (steps > 0 && line < lastLine(place)) line++;
    else if (steps < 0 && line > 0) line = Math.min(line, lastLine(place) + 1) - 1;
    else {
      const next = place + Math.sign(steps);
      if (next < 0 || next >= rows.length) break;
      place = next;
      line = steps > 0 ? 0 : lastLine(next);
    }
  }
  return markedAt(visit, place, line);
}

/** Opens the marked row, or closes it again. */
export function toggled(visit: Visit): Visit {
  const row = markedRow(visit);
  if (!row?.lines?.length) return visit;
  return { ...markedAt(visit, visit.mark.place, 0), opened: turned(visit.opened, row.id) };
}

/** Picks the marked row, or puts it back. */
export function withPick(visit: Visit): Visit {
  const row = markedRow(visit);
  return row === undefined ? visit : { ...visit, picked: turned(visit.picked, row.id) };
}

function turned(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const all = new Set(ids);
  if (!all.delete(id)) all.add(id);
  return all;
}

function markedAt(visit: Visit, place: number, line: number): Visit {
  const at = Math.max(Math.min(place, visit.rows.length - 1), 0);
  return { ...visit, mark: { row: visit.rows[at]?.id, place: at, line } };
}

/** Its rows as filter and sorting say; the mark stays with its row where that is still shown. */
function arranged(visit: Visit): Visit {
  const { sheet, mark, filter, sorting } = visit;
  const wanted = filter.toLowerCase();
  const rows = (sheet?.rows ?? []).filter(({ cells }) => cells.join(' ').toLowerCase().includes(wanted));
  const { column } = sorting;
  if (column !== undefined) rows.sort((a, b) => compared(a, b, column));
  if (sorting.descending) rows.reverse();
  const place = rows.findIndex(({ id }) => id === mark.row);
  const next = { ...visit, rows };
  return place < 0 ? markedAt(next, mark.place, 0) : markedAt(next, place, mark.line);
}

/** Numbers by their size, other texts by the alphabet; what is not there comes last. */
function compared(a: Row, b: Row, column: number): number {
  const [one, other] = [orderOf(a, column), orderOf(b, column)];
  if (one === undefined || other === undefined)
    return Number(one === undefined) - Number(other === undefined);
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return String(one).localeCompare(String(other), 'en', { numeric: true });
}

function orderOf({ cells, orders }: Row, column: number): string | number | undefined {
  if (orders !== undefined) return orders[column];
  const cell = cells[column] ?? '';
  const number = Number(cell.replaceAll(',', ''));
  return cell === '' ? undefined : Number.isNaN(number) ? cell : number;
}
