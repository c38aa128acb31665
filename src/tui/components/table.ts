import { cellOf, columnsFor } from '../columns.ts';
import { fitted, widthOf } from '../fitted.ts';
import { glyphsOf, statusGlyph } from '../glyphs.ts';
import type { Look } from '../look.ts';
import type { PipelineModel } from '../model.ts';
import type { Shown } from '../store.ts';

/** Before the columns of a line: its mark, its status, a space. */
const margin = 3;

/** The table of pipelines, in `height` lines: its heading, and the pipelines around the selected one. */
export function tableOf({ run, view, look, size }: Shown, height: number): string[] {
  const pipelines = [...run.pipelines.values()];
  const columns = columnsFor(
    size.columns - margin - 1,
    pipelines.map(({ name }) => widthOf(name)),
  );
  const heading = columns.map(({ name, width, align }) =>
    align === 'left' ? fitted(name, width, look) : name.padStart(width),
  );
  const lines = windowOf(pipelines, view.marked, height - 1).map(({ item, place }) => {
    const cells = columns.map((column) => {
      const text = cellOf(column, item, run, look);
      const cell = column.align === 'left' ? fitted(text, column.width, look) : text.padStart(column.width);
      return colored(column.name === 'note' ? cell.trimEnd() : cell, column.name, item, look);
    });
    const mark = place === view.marked ? look.colors.bold(glyphsOf(look).marked) : ' ';
    return `${mark}${statusGlyph(item, run.now, look)} ${cells.join('  ')}`;
  });
  return [`${' '.repeat(margin)}${look.colors.dim(heading.join('  '))}`, ...lines];
}

/** As many items as there is room for, with the marked one among them. */
export function windowOf<Item>(
  items: readonly Item[],
  marked: number,
  room: number,
): { readonly item: Item; readonly place: number }[] {
  const from = Math.max(0, Math.min(marked - Math.floor(room / 2), items.length - room));
  return items.slice(from, from + Math.max(room, 0)).map((item, index) => ({ item, place: from + index }));
}

function colored(cell: string, column: string, { status, counts }: PipelineModel, look: Look): string {
  const { colors } = look;
  if (column === 'note') return status === 'failed' ? colors.red(cell) : colors.dim(cell);
  if (column === 'rej') return counts.rejected > 0 ? colors.yellow(cell) : cell;
  if (column === 'progress' || column === '%') return colors.cyan(cell);
  return status === 'waiting' || status === 'skipped' ? colors.dim(cell) : cell;
}
