/** Keys that lead on from a run, wherever it is told of. */

import type { PageKey, Place } from '../page.ts';
import type { World } from '../world.ts';

/** Of one run; `disabled` is why there is none, or why it cannot be asked about. */
interface RunOf {
  readonly run: string | undefined;
  readonly none?: string;
  readonly underWay: boolean;
  readonly undone?: boolean;
}

/** What it changed, what it refused, and taking it back. */
export function runKeys(world: World, { run = '', none, underWay, undone }: RunOf): PageKey[] {
  const missing = run === '' ? (none ?? 'no run is known') : undefined;
  return [
    {
      key: 'd',
      word: 'changes',
      does: 'what the run changed, row by row',
      disabled: missing ?? world.cannot('changes'),
      act: { type: 'go', to: { page: 'changes', run } },
    },
    {
      key: 'e',
      word: 'rejects',
      does: 'the rows the run refused, with why',
      disabled: missing ?? world.cannot('rejects'),
      act: { type: 'go', to: { page: 'rejects', run } },
    },
    {
      key: 'u',
      word: 'undo',
      does: 'take back what the run did (asks)',
      disabled: missing ?? (underWay ? 'the run is under way' : undone ? 'it was undone already' : undefined),
      act: {
        type: 'do',
        ask: `Undo run ${run}? Rows and checkpoints of all its pipelines go back to what they were before it.`,
        work: async (world) => ({ said: await world.undo(run, { force: false }) }),
      },
    },
  ];
}

/** On the page of the run itself. */
export function runPlaceKeys(
  world: World,
  { run }: Extract<Place, { page: 'run' }>,
  isOver: boolean,
): PageKey[] {
  return runKeys(world, { run, underWay: !isOver });
}

/** What was logged of a run or a pipeline. */
export function logsKey(
  world: World,
  choice: { readonly run?: string; readonly pipeline?: string },
): PageKey {
  return {
    key: 'l',
    word: 'logs',
    does: 'what was logged of it',
    disabled: world.cannot('logs'),
    act: { type: 'go', to: { page: 'logs', ...choice } },
  };
}
