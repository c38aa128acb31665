import { existsSync, statSync } from 'node:fs';
import type { Database } from '../sql/index.ts';
import { openStateFile } from './file.ts';
import { deadRuns } from './history.ts';
import { type Holder, leaseTimes } from './leases.ts';
import { ageOf, type StateAge } from './migrations.ts';
import { hasEnded } from './process.ts';
import { statusOf } from './status.ts';

export { libsqlVersion } from '../sql/libsql-version.ts';

/** What can be seen of a state from outside, also of one that cannot be used. */
export interface StateInspection {
  /** With its log. */
  readonly bytes: number;
  /** What a look at every page of the file found to be wrong; nothing, where it is whole. */
  readonly damage: readonly string[];
  readonly age: StateAge;
  /** Who has the leases that are given. */
  readonly holders: readonly (Holder & { readonly pipeline: string; readonly alive: boolean })[];
  /** Runs whose process died, which the next command marks as interrupted. */
  readonly dead: readonly string[];
  /** Pipelines whose last run was interrupted. */
  readonly interrupted: readonly string[];
  /** When the newest run began: ISO 8601, UTC. */
  readonly latest?: string;
}

/** Looks at a state and writes nothing; undefined where there is none. Throws what keeps it from being opened. */
export async function inspectState(file: string): Promise<StateInspection | undefined> {
  if (!existsSync(file)) return undefined;
  const bytes = [file, `${file}-wal`].map((each) => statSync(each, { throwIfNoEntry: false })?.size ?? 0);
  const database = await openStateFile(file, true);
  try {
    const age = await ageOf(database);
    const known = age === 'current' ? await remembered(database) : nothing;
    return { bytes: bytes.reduce((sum, one) => sum + one), damage: await damageIn(database), age, ...known };
  } finally {
    await database.close();
  }
}

type Remembered = Pick<StateInspection, 'holders' | 'dead' | 'interrupted' | 'latest'>;

const nothing: Remembered = { holders: [], dead: [], interrupted: [] };

async function damageIn(database: Database): Promise<string[]> {
  const found = await database.all('PRAGMA quick_check(5)');
  return found.map(([line]) => String(line)).filter((line) => line !== 'ok');
}

async function remembered(database: Database): Promise<Remembered> {
  const sql = `SELECT pipeline, run_id, acquired_at, host, pid, started, expires_at FROM leases
    WHERE expires_at > 0 ORDER BY pipeline`;
  const holders = (await database.all(sql)).map(([pipeline, run, since, host, pid, started, expires]) => {
    const process = { host: String(host), pid: Number(pid), started: String(started) };
    const alive = Number(expires) > Date.now() && !hasEnded(process);
    const { started: _, ...holder } = process;
    return { pipeline: String(pipeline), run: String(run), since: String(since), ...holder, alive };
  });
  const dead = (await deadRuns(database, leaseTimes.expiry)).map(({ id }) => id);
  const interrupted = (await statusOf(database))
    .filter(({ lastRun }) => lastRun?.status === 'interrupted')
    .map(({ pipeline }) => pipeline);
  const latest = (await database.all('SELECT max(started_at) FROM runs'))[0]?.[0] ?? undefined;
  return { holders, dead, interrupted, latest: latest === undefined ? undefined : String(latest) };
}
