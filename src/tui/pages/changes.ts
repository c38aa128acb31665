import type { RowChange } from '../../model/changes.ts';
import { count } from '../../model/plural.ts';
import type { Page, Place, Row, Sheet } from '../page.ts';
import type { World } from '../world.ts';
import { type AboutRow, changeColumns, changeRow, mostChanges, tally, whyKey } from './change-rows.ts';
import { commandLine } from './command-line.ts';

type At = Extract<Place, { page: 'changes' }>;

/** What a run changed, row by row. */
export const changesPage: Page<At, AboutRow> = {
  command: ({ run }) => commandLine('diff', run),
  load: (world, { run }, signal) => load(world, run, signal),
  keys: (world, { run }, row) => [
    whyKey(world, row),
    {
      key: 'u',
      word: 'undo',
      does: 'take the run back, its rows and its checkpoints (asks)',
      act: {
        type: 'do',
        ask: `Undo run ${run}: take back its rows and its checkpoints?`,
        work: async (world) => ({ said: await world.undo(run, { force: false }) }),
      },
    },
  ],
};

async function* load(world: World, run: string, signal: AbortSignal): AsyncGenerator<Sheet<AboutRow>> {
  const rows: Row<AboutRow>[] = [];
  const held: RowChange[] = [];
  for await (const { pipeline, to, changes } of world.changes(run, signal)) {
    const room = mostChanges - held.length;
    for (const change of changes.slice(0, room)) {
      rows.push(changeRow({ pipeline, to, change }, held.length));
      held.push(change);
    }
    if (changes.length > room) {
      const all = commandLine('diff', run);
      return yield sheet(`Run ${run}: its first ${count(mostChanges)} changes; all of them: ${all}`, rows);
    }
    yield sheet(`Run ${run}: ${tally(held)}`, rows);
  }
}

function sheet(title: string, rows: readonly Row<AboutRow>[]): Sheet<AboutRow> {
  return { title, columns: changeColumns, rows: [...rows], empty: 'The run changed no row.' };
}
