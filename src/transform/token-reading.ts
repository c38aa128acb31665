import type { Checkpoint, Cursor } from '../model/checkpoint.ts';
import type { Reading, ReadingOptions } from './reading.ts';

/**
 * What changed since a sync token, or everything where none is held or all is wanted (`full`). The token that is held
 * stays until the read is complete; an interrupted one goes on, and asks as it did before.
 */
export function tokenReading({ checkpoint = {}, full, resync = false }: ReadingOptions): Reading {
  const { cursor } = checkpoint;
  const begun = full ? undefined : checkpoint.position;
  let latest = begun?.highest;
  const held = withCursor(cursor);
  return {
    start: begun === undefined ? held : checkpoint,
    range: undefined,
    window: {},
    position: begun?.source,
    token: full || resync ? undefined : cursor?.text,
    take({ records, position: source, token }) {
      if (token !== undefined) latest = { text: token, kind: 'token' };
      const position = { source, ...(latest && { highest: latest }), ...(resync && { full: true as const }) };
      return { records, checkpoint: source === undefined ? held : { ...held, position }, passed: 0 };
    },
    advance: () => undefined,
    complete: () => ({ checkpoint: withCursor(latest ?? cursor), warnings: [] }),
  };
}

function withCursor(cursor: Cursor | undefined): Checkpoint {
  return cursor === undefined ? {} : { cursor };
}
