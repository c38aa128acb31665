import type { Page, Place, Sheet } from '../../../src/tui/page.ts';
import type { World } from '../../../src/tui/world.ts';

/** The sheets of a page until one is as wanted, which comes back last. */
export async function sheetWhere<At extends Place, About>(
  page: Page<At, About>,
  world: World,
  at: At,
  isWanted: (sheet: Sheet<About>) => boolean,
): Promise<Sheet<About>> {
  const stop = new AbortController();
  try {
    for await (const sheet of page.load(world, at, stop.signal)) if (isWanted(sheet)) return sheet;
    throw new Error('no sheet is as wanted');
  } finally {
    stop.abort();
  }
}

/** The last sheet of a page that comes to an end. */
export async function lastSheet<At extends Place, About>(
  page: Page<At, About>,
  world: World,
  at: At,
): Promise<Sheet<About>> {
  let last: Sheet<About> | undefined;
  for await (const sheet of page.load(world, at, new AbortController().signal)) last = sheet;
  if (last === undefined) throw new Error('the page has no sheet');
  return last;
}

export const cellsOf = ({ rows }: Sheet) => rows.map(({ cells }) => cells.join(' | '));

export const linesOf = ({ rows }: Sheet, place: number) => (rows[place]?.lines ?? []).map(({ text }) => text);

/** All that a sheet shows. */
export const textOf = (sheet: Sheet) =>
  [sheet.title, ...cellsOf(sheet), ...sheet.rows.flatMap((_, place) => linesOf(sheet, place))].join('\n');

/** What a terminal would obey. */
export const obeyed = /(?!\n)\p{Cc}/u;

export interface Came {
  readonly disabled?: string;
  readonly ask?: string;
  readonly said?: string;
  readonly to?: Place;
}

/** Presses a key of a page: what came of it, with what is asked first. */
export async function pressed<At extends Place, About>(
  page: Page<At, About>,
  world: World,
  at: At,
  key: string,
  row?: Sheet<About>['rows'][number],
): Promise<Came> {
  const found = page.keys(world, at, row, []).find((one) => one.key === key);
  if (found?.act === undefined) return { disabled: found?.disabled };
  if (found.act.type === 'go') return { to: found.act.to };
  const { ask, work } = found.act;
  return { ask, ...(await work(world, new AbortController().signal)) };
}
