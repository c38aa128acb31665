import type { LedgerEntry, LedgerKey } from '../model/checkpoint.ts';
import { parseCheckpoint, printCheckpoint } from '../model/checkpoint-json.ts';
import { SyncError } from '../model/errors.ts';
import type { Ledger } from '../plugin/contract.ts';
import type { Database, SqlValue } from '../sql/index.ts';

const fields = 'checkpoint, fence, run, batch, basis, wrote';

/** The ledger of a sink that keeps none. What its targets hold is not known here: they count as having rows. */
export function checkpointsOf(database: Database, sink: string): Ledger {
  return {
    async read({ pipeline, target }) {
      const sql = `SELECT ${fields} FROM checkpoints WHERE sink = ? AND pipeline = ? AND target = ?`;
      const [row] = await database.all(sql, [sink, pipeline, target]);
      return { entry: row && toEntry(row), target: 'rows' };
    },
    async write(key, entry) {
      const { pipeline, target } = key;
      if (entry) return writeEntry(database, sink, key, entry);
      const sql = 'DELETE FROM checkpoints WHERE sink = ? AND pipeline = ? AND target = ?';
      await database.write([{ sql, rows: [[sink, pipeline, target]] }]);
    },
    async list() {
      const sql = `SELECT pipeline, target, ${fields} FROM checkpoints WHERE sink = ? ORDER BY pipeline, target`;
      const rows = await database.all(sql, [sink]);
      return rows.map(([pipeline, target, ...row]) => {
        return { pipeline: String(pipeline), target: String(target), entry: toEntry(row) };
      });
    },
  };
}

async function writeEntry(
  database: Database,
  sink: string,
  { pipeline, target }: LedgerKey,
  { checkpoint, fence, run, batch, basis, wrote }: LedgerEntry,
): Promise<void> {
  const sql = `
    INSERT INTO checkpoints (sink, pipeline, target, ${fields}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET checkpoint = excluded.checkpoint, fence = excluded.fence, run = excluded.run,
      batch = excluded.batch, basis = excluded.basis, wrote = excluded.wrote
    WHERE fence <= excluded.fence`;
  const text = printCheckpoint(checkpoint);
  const row = [sink, pipeline, target, text, fence, run, batch, basis, wrote ? 1 : 0];
  if ((await database.write([{ sql, rows: [row] }])) === 1) return;
  throw new SyncError(
    'lease/lost',
    `another run took over what pipeline "${pipeline}" writes to ${sink}.${target}`,
    {
      hint: 'The checkpoint was left as it is. The other run goes on from there.',
    },
  );
}

function toEntry([checkpoint, fence, run, batch, basis, wrote]: readonly SqlValue[]): LedgerEntry {
  return {
    checkpoint: parseCheckpoint(String(checkpoint)),
    fence: Number(fence),
    run: String(run),
    batch: Number(batch),
    basis: String(basis),
    wrote: wrote === 1,
  };
}
