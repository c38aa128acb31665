import { parseDuration } from '../model/duration.ts';
import { SyncError } from '../model/errors.ts';
import { plural } from '../model/plural.ts';
import type { HistoryFilter } from '../state/state.ts';
import { withState } from './open-state.ts';
import { printOne, type Shell } from './shell.ts';

export interface ClearFlags {
  readonly keepLatest?: boolean;
  readonly all?: boolean;
  readonly olderThan?: string;
}

/** Forgets runs that have ended, with their rejects; checkpoints and rows stay as they are. */
export async function clearHistory(shell: Shell, flags: ClearFlags): Promise<void> {
  const filter = filterOf(flags);
  await withState(shell, async (state) => {
    await state.markInterrupted();
    const cleared = await state.clearHistory(filter);
    printOne(shell, { cleared }, () => `${plural(cleared, 'run')} forgotten\n`);
  });
}

function filterOf({ keepLatest, all, olderThan }: ClearFlags): HistoryFilter {
  if ([keepLatest, all, olderThan].filter(Boolean).length > 1)
    throw new SyncError('usage/invalid', '--keep-latest, --all and --older-than exclude each other');
  if (all) return { type: 'all' };
  if (olderThan === undefined) return { type: 'keep_latest' };
  const milliseconds = parseDuration(olderThan);
  if (milliseconds !== undefined) return { type: 'older_than', milliseconds };
  throw new SyncError('usage/invalid', `--older-than: "${olderThan}" is not a duration`, {
    hint: 'Write it with its unit: 24h 7d 2w 3mo.',
  });
}
