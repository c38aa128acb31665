import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from './libsql-connection.ts';
import { quote } from './quote.ts';
import type { Beside, ScratchDatabase } from './scratch.ts';
import type { Session } from './session.ts';

/** A temporary file that stands in for a database file, which is attached to it and only read. */
export function libsqlScratch(path: string, patience: number): ScratchDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'syncline-plan-'));
  const connection = new Connection({
    path: join(folder, 'scratch.db'),
    readonly: false,
    patience,
    // Where there is no file nothing is to be taken over, and none is made.
    beside: existsSync(path) ? path : ':memory:',
  });
  return {
    beside,
    async taken(session) {
      await session.run(`CREATE TABLE IF NOT EXISTS _syncline_taken
        (what TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (what, key)) WITHOUT ROWID`);
      return '_syncline_taken';
    },
    try: (work) => connection.transaction(work),
    async close() {
      connection.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const beside: Beside = {
  table: (target) => `beside.${quote(target)}`,
  ledger: (table) => `beside._syncline_${table}`,
  hasTable,
  hasLedger: (session) => hasTable(session, '_syncline_columns'),
  async columns(session, target) {
    const sql = "SELECT name FROM pragma_table_xinfo(?, 'beside') WHERE hidden = 0 ORDER BY cid";
    return (await session.all(sql, [target])).map(([column]) => String(column));
  },
  async copyTable(session, target) {
    const schema = `SELECT sql FROM beside.sqlite_schema
      WHERE tbl_name = ? AND type IN ('table', 'index') AND sql IS NOT NULL ORDER BY type DESC`;
    for (const [sql] of await session.all(schema, [target])) await session.run(String(sql));
  },
  places: ['rowid', 'oid', '_rowid_'],
};

/** Takes over the newest batch of a run in the journal that is older than this one. */
export async function takeBatch(session: Session, run: string, before: number): Promise<void> {
  if (!(await hasTable(session, '_syncline_journal'))) return;
  await session.run(
    `INSERT INTO main._syncline_journal SELECT * FROM beside._syncline_journal
    WHERE id = (SELECT max(id) FROM beside._syncline_journal WHERE run = ? AND id < ?)`,
    [run, before],
  );
}

async function hasTable(session: Session, table: string): Promise<boolean> {
  const sql = "SELECT 1 FROM beside.sqlite_schema WHERE type = 'table' AND name = ?";
  return (await session.all(sql, [table])).length > 0;
}
