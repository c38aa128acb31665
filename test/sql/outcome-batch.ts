import type { LedgerKey } from '../../src/model/checkpoint.ts';
import type { RowBatch } from '../../src/model/types.ts';

export const key: LedgerKey = { pipeline: 'tested', target: 'rows' };

/** So many rows that have only the number of their batch: what is doubled or lost is counted. */
export function batchOf(number: number, rows = 50): RowBatch {
  return {
    target: {
      ...key,
      name: key.target,
      mode: 'append',
      columns: [{ name: 'batch', type: 'integer', strategy: { type: 'overwrite' }, tracked: false }],
      primary_key: [],
      stamps: {},
      run: { id: '01RUN', started_at: '2026-01-01T00:00:00.000Z' },
    },
    number,
    rows: Array(rows).fill([number]),
    ledger: { fence: 1, basis: '', checkpoint: { cursor: { text: String(number), kind: 'number' } } },
  };
}
