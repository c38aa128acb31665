import type { Reading, ReadingOptions } from './reading.ts';

/** All records in every run: only an interrupted read goes on. */
export function wholeReading({ checkpoint = {}, full }: ReadingOptions): Reading {
  const start = full ? {} : checkpoint;
  return {
    start,
    range: undefined,
    position: start.position?.source,
    window: {},
    take: ({ records, position }) => ({
      records,
      checkpoint: position === undefined ? {} : { position: { source: position } },
      passed: 0,
    }),
    advance: () => undefined,
    complete: () => ({ checkpoint: {}, warnings: [] }),
  };
}
