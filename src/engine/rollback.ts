import type { PipelineConfig } from '../config/config.ts';
import type { LedgerKey } from '../model/checkpoint.ts';
import type { Ledger } from '../plugin/contract.ts';
import { cursorAt } from '../transform/cursor-bound.ts';
import { basis } from './resume.ts';

/** Where a cursor is moved to: `value` is of the cursor field; `now`, from which offsets count, is ISO 8601, UTC. */
export interface Move {
  readonly value: string;
  readonly fence: number;
  readonly now: string;
}

/** Moves a pipeline's cursor, so that its next read begins there; a read that was under way is given up. */
export async function moveCursor(
  ledger: Ledger,
  key: LedgerKey,
  pipeline: PipelineConfig,
  { value, fence, now }: Move,
): Promise<void> {
  const { entry } = await ledger.read(key);
  const field = pipeline.stream.incremental?.cursor_field ?? '';
  const { text, kind } = cursorAt(value, entry?.checkpoint.cursor, { field, now });
  const fresh = { run: '', batch: 0, wrote: false };
  await ledger.write(key, {
    ...fresh,
    ...entry,
    basis: basis(pipeline),
    fence,
    checkpoint: { cursor: { text, kind } },
  });
}
