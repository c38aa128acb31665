import type { Cell } from '../../model/types.ts';
import { cellText } from '../changes.ts';
import type { Column, Page, PageKey, Place, Row } from '../page.ts';
import { printable } from '../printable.ts';
import type { Origin, World } from '../world.ts';
import { commandLine } from './command-line.ts';

type At = Extract<Place, { page: 'why' }>;

const columns = [
  { name: 'field', rank: 0 },
  { name: 'value', rank: 0, fills: true },
  { name: 'decided by', rank: 1 },
  { name: 'before', rank: 3 },
  { name: 'source', rank: 4 },
  { name: 'run', rank: 2 },
] as const satisfies readonly Column[];

/** Which run, source and strategy gave the fields of a row their values. */
export const whyPage: Page<At, string> = {
  command: ({ pipeline, key, field }) => commandLine('why', pipeline, key, field),
  async *load(world, { pipeline, key, field }) {
    const origins = await world.why(pipeline, key, field);
    yield {
      title: `Why ${printable(pipeline)} has the row ${printable(key)} so`,
      columns,
      rows: origins.map(rowOf),
      empty: 'The row has no field besides its key.',
    };
  },
  keys: (world, _, row) => [diffKey(world, row)],
};

function diffKey(world: World, row: Row<string> | undefined): PageKey {
  const key = { key: 'd', word: 'diff', does: 'all that the run changed that gave the field its value' };
  const run = row?.about;
  const disabled = world.cannot('changes') ?? (run === undefined ? 'the run is not known' : undefined);
  if (disabled !== undefined || run === undefined) return { ...key, disabled };
  return { ...key, act: { type: 'go', to: { page: 'changes', run } } };
}

function rowOf({ field, value, run, at, pipeline, source, strategy, before, edited }: Origin): Row<string> {
  const decided = run === undefined ? 'not known' : (strategy ?? 'the new row');
  const by = [pipeline, source && `from ${source}`, run && `run ${run}`, at].filter(Boolean).join(', ');
  return {
    id: field,
    about: run,
    cells: [
      printable(field),
      cellText(value),
      edited ? `edited by hand; last ${decided}` : decided,
      before === undefined ? '' : cellText(before),
      printable(source ?? ''),
      printable(run ?? ''),
    ],
    tone: edited ? 'warn' : run === undefined ? 'dim' : 'plain',
    lines: [
      { text: `value   ${whole(value)}` },
      ...(before === undefined ? [] : [{ text: `before  ${whole(before)}` }]),
      ...(edited ? [{ text: 'changed since by somebody else', tone: 'warn' as const }] : []),
      { text: run === undefined ? 'the journal does not go back that far' : printable(`${decided}: ${by}`) },
    ],
  };
}

/** In one line, and longer than a cell has room for. */
function whole(cell: Cell): string {
  const text = typeof cell === 'string' ? printable(JSON.stringify(cell)) : String(cell);
  return text.length <= 2000 ? text : `${text.slice(0, 2000)}…`;
}
