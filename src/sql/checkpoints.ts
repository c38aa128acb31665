import type { LedgerEntry, LedgerKey, LedgerState } from '../model/checkpoint.ts';
import { parseCheckpoint, printCheckpoint } from '../model/checkpoint-json.ts';
import { SyncError } from '../model/errors.ts';
import type { RowBatch } from '../model/types.ts';
import type { Committed } from '../plugin/contract.ts';
import { hasLedger, prepareLedger } from './ledger.ts';
import type { SqlValue } from './libsql.ts';
import type { Session } from './session.ts';

/** With its checkpoint as JSON text: so it is stored, and so every number stays exact on its way between threads. */
export type Stored<Holder> = Omit<Holder, 'checkpoint'> & { readonly checkpoint: string };

export type StoredEntry = Stored<LedgerEntry>;
export type StoredState = Omit<LedgerState, 'entry'> & { readonly entry?: StoredEntry };
export type ListedEntry = LedgerKey & { readonly entry: StoredEntry };
export type StoredBatch = Omit<RowBatch, 'ledger'> & { readonly ledger: Stored<RowBatch['ledger']> };

export function toStored<Holder extends Pick<LedgerEntry, 'checkpoint'>>(holder: Holder): Stored<Holder> {
  return { ...holder, checkpoint: printCheckpoint(holder.checkpoint) };
}

export function fromStored(entry: StoredEntry): LedgerEntry {
  return { ...entry, checkpoint: parseCheckpoint(entry.checkpoint) };
}

/** By what a commit is found again. */
export type CommitId = LedgerKey & Pick<LedgerEntry, 'run' | 'batch'>;

export function commitId({ target, number }: Pick<RowBatch, 'target' | 'number'>): CommitId {
  return { pipeline: target.pipeline, target: target.name, run: target.run.id, batch: number };
}

const fields = ['checkpoint', 'fence', 'run', 'batch', 'basis', 'wrote'] as const;
const fieldList = fields.join(', ');

/** Makes nothing. Throws `ledger/newer`. */
export async function readState(session: Session, key: LedgerKey): Promise<StoredState> {
  const entry = (await hasLedger(session)) ? await readEntry(session, key) : undefined;
  if (!(await session.dialect.hasTable(session, key.target))) return { entry, target: 'missing' };
  return { entry, target: (await hasRows(session, key.target)) ? 'rows' : 'empty' };
}

export async function hasRows(session: Session, target: string): Promise<boolean> {
  return (await session.all(`SELECT 1 FROM ${session.dialect.table(target)} LIMIT 1`)).length > 0;
}

export async function listEntries(session: Session): Promise<readonly ListedEntry[]> {
  if (!(await hasLedger(session))) return [];
  const table = session.dialect.ledger('checkpoints');
  const sql = `SELECT pipeline, target, ${fieldList} FROM ${table} ORDER BY pipeline, target`;
  const rows = await session.all(sql);
  return rows.map(([pipeline, target, ...row]) => {
    return { pipeline: String(pipeline), target: String(target), entry: toEntry(row) };
  });
}

/** Puts an entry in the place of the one there, or removes it. Throws `lease/lost` under a higher fence. */
export async function putEntry(
  session: Session,
  key: LedgerKey,
  entry: StoredEntry | undefined,
): Promise<void> {
  const { dialect } = session;
  if (entry) {
    await holdEntry(session, key, entry.fence);
    await writeEntry(session, key, entry);
  } else if (await hasLedger(session)) {
    await dialect.hold(session, key.target);
    const sql = `DELETE FROM ${dialect.ledger('checkpoints')} WHERE pipeline = ? AND target = ?`;
    await session.run(sql, [key.pipeline, key.target]);
  }
}

/** The entry there is, where the holder of this fence may replace it; makes the ledger. Throws `lease/lost`. */
export async function holdEntry(
  session: Session,
  key: LedgerKey,
  fence: number,
): Promise<StoredEntry | undefined> {
  const { dialect } = session;
  await dialect.hold(session, key.target);
  await prepareLedger(session);
  const entry = await readEntry(session, key);
  if (!entry || entry.fence <= fence) return entry;
  throw new SyncError(
    'lease/lost',
    `another run took over what pipeline "${key.pipeline}" writes to ${dialect.table(key.target)} (its fence is ${entry.fence}, ours ${fence})`,
    { hint: 'Nothing was written. The other run goes on from the last batch that was committed.' },
  );
}

export async function writeEntry(
  session: Session,
  { pipeline, target }: LedgerKey,
  { checkpoint, fence, run, batch, basis, wrote }: StoredEntry,
  committed?: Committed,
): Promise<void> {
  const updates = [...fields, 'committed'].map((field) => `${field} = excluded.${field}`);
  await session.run(
    `INSERT INTO ${session.dialect.ledger('checkpoints')} (pipeline, target, ${fieldList}, committed)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (pipeline, target) DO UPDATE SET ${updates.join(', ')}`,
    [
      pipeline,
      target,
      checkpoint,
      fence,
      run,
      batch,
      basis,
      Number(wrote),
      committed && JSON.stringify(committed),
    ],
  );
}

/** Of a target that has no rows any more, because we removed them: nobody else emptied it. */
export async function wroteNothing(
  session: Session,
  target: string,
  pipelines: readonly string[],
): Promise<void> {
  const sql = `UPDATE ${session.dialect.ledger('checkpoints')} SET wrote = 0 WHERE target = ? AND pipeline = ?`;
  for (const pipeline of pipelines) await session.run(sql, [target, pipeline]);
}

/** What a commit did, if it is the last that landed. One that is still under way is waited for. */
export async function findCommit(
  session: Session,
  { pipeline, target, run, batch }: CommitId,
): Promise<Committed | undefined> {
  const { dialect } = session;
  await dialect.hold(session, target);
  if (!(await hasLedger(session))) return undefined;
  const sql = `SELECT committed FROM ${dialect.ledger('checkpoints')}
    WHERE pipeline = ? AND target = ? AND run = ? AND batch = ? AND committed IS NOT NULL`;
  const [found] = await session.all(sql, [pipeline, target, run, batch]);
  return found && (JSON.parse(String(found[0])) as Committed);
}

async function readEntry(
  session: Session,
  { pipeline, target }: LedgerKey,
): Promise<StoredEntry | undefined> {
  const table = session.dialect.ledger('checkpoints');
  const sql = `SELECT ${fieldList} FROM ${table} WHERE pipeline = ? AND target = ?`;
  const [row] = await session.all(sql, [pipeline, target]);
  return row && toEntry(row);
}

function toEntry([checkpoint, fence, run, batch, basis, wrote]: readonly SqlValue[]): StoredEntry {
  return {
    checkpoint: String(checkpoint),
    fence: Number(fence),
    run: String(run),
    batch: Number(batch),
    basis: String(basis),
    wrote: Number(wrote) === 1,
  };
}
