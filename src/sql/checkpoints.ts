import type { LedgerEntry, LedgerKey, LedgerState } from '../model/checkpoint.ts';
import { SyncError } from '../model/errors.ts';
import type { RowBatch } from '../model/types.ts';
import type { Committed } from '../plugin/contract.ts';
import { quote } from './dialect.ts';
import { hasLedger, prepareLedger } from './ledger.ts';
import type { SqlValue } from './libsql.ts';
import type { Session } from './session.ts';

/** With its checkpoint as JSON text: so it is stored, and so every number stays exact on its way between threads. */
type Stored<Holder> = Omit<Holder, 'checkpoint'> & { readonly checkpoint: string };

export type StoredEntry = Stored<LedgerEntry>;
export type StoredState = Omit<LedgerState, 'entry'> & { readonly entry?: StoredEntry };
export type ListedEntry = LedgerKey & { readonly entry: StoredEntry };
export type StoredBatch = Omit<RowBatch, 'ledger'> & { readonly ledger: Stored<RowBatch['ledger']> };

/** By what a commit is found again. */
export type CommitId = LedgerKey & Pick<LedgerEntry, 'run' | 'batch'>;

export function commitId({ target, number }: Pick<RowBatch, 'target' | 'number'>): CommitId {
  return { pipeline: target.pipeline, target: target.name, run: target.run.id, batch: number };
}

const fields = 'checkpoint, fence, run, batch, basis, wrote';

/** Makes nothing. Throws `ledger/newer`. */
export function readState(session: Session, key: LedgerKey): StoredState {
  const entry = hasLedger(session) ? readEntry(session, key) : undefined;
  const table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?";
  if (session.all(table, [key.target]).length === 0) return { entry, target: 'missing' };
  return { entry, target: hasRows(session, key.target) ? 'rows' : 'empty' };
}

export function hasRows(session: Session, table: string): boolean {
  return session.all(`SELECT 1 FROM ${quote(table)} LIMIT 1`).length > 0;
}

export function listEntries(session: Session): readonly ListedEntry[] {
  if (!hasLedger(session)) return [];
  const sql = `SELECT pipeline, target, ${fields} FROM _syncline_checkpoints ORDER BY pipeline, target`;
  return session.all(sql).map(([pipeline, target, ...row]) => {
    return { pipeline: String(pipeline), target: String(target), entry: toEntry(row) };
  });
}

/** Puts an entry in the place of the one there, or removes it. Throws `lease/lost` under a higher fence. */
export function putEntry(session: Session, key: LedgerKey, entry: StoredEntry | undefined): void {
  if (entry) {
    holdEntry(session, key, entry.fence);
    writeEntry(session, key, entry);
  } else if (hasLedger(session)) {
    session.run('DELETE FROM _syncline_checkpoints WHERE pipeline = ? AND target = ?', [
      key.pipeline,
      key.target,
    ]);
  }
}

/** The entry there is, where the holder of this fence may replace it; makes the ledger. Throws `lease/lost`. */
export function holdEntry(session: Session, key: LedgerKey, fence: number): StoredEntry | undefined {
  prepareLedger(session);
  const entry = readEntry(session, key);
  if (!entry || entry.fence <= fence) return entry;
  throw new SyncError(
    'lease/lost',
    `another run took over what pipeline "${key.pipeline}" writes to ${quote(key.target)} (its fence is ${entry.fence}, ours ${fence})`,
    { hint: 'Nothing was written. The other run goes on from the last batch that was committed.' },
  );
}

export function writeEntry(
  session: Session,
  { pipeline, target }: LedgerKey,
  { checkpoint, fence, run, batch, basis, wrote }: StoredEntry,
  committed?: Committed,
): void {
  session.run(
    `INSERT OR REPLACE INTO _syncline_checkpoints (pipeline, target, ${fields}, committed)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [pipeline, target, checkpoint, fence, run, batch, basis, wrote, committed && JSON.stringify(committed)],
  );
}

/** What a commit did, if it is the last that landed. */
export function findCommit(
  session: Session,
  { pipeline, target, run, batch }: CommitId,
): Committed | undefined {
  if (!hasLedger(session)) return undefined;
  const sql = `SELECT committed FROM _syncline_checkpoints
    WHERE pipeline = ? AND target = ? AND run = ? AND batch = ? AND committed IS NOT NULL`;
  const [found] = session.all(sql, [pipeline, target, run, batch]);
  return found && (JSON.parse(String(found[0])) as Committed);
}

function readEntry(session: Session, { pipeline, target }: LedgerKey): StoredEntry | undefined {
  const sql = `SELECT ${fields} FROM _syncline_checkpoints WHERE pipeline = ? AND target = ?`;
  const [row] = session.all(sql, [pipeline, target]);
  return row && toEntry(row);
}

function toEntry([checkpoint, fence, run, batch, basis, wrote]: readonly SqlValue[]): StoredEntry {
  return {
    checkpoint: String(checkpoint),
    fence: Number(fence),
    run: String(run),
    batch: Number(batch),
    basis: String(basis),
    wrote: wrote === 1,
  };
}
