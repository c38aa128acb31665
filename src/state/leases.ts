import { SyncError } from '../model/errors.ts';
import type { Database } from '../sql/index.ts';
import { hasEnded, thisProcess } from './process.ts';

/** The right to run a pipeline, for as long as this process lives and gives signs of life. */
export interface Lease {
  /** Higher than that of every lease before. */
  readonly fence: number;
  /** Aborted, with the reason, when another run took the lease over. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** Who holds a lease that was asked for. */
export interface Holder {
  readonly run: string;
  readonly host: string;
  readonly pid: number;
  /** ISO 8601, UTC. */
  readonly since: string;
}

/** In milliseconds: how often a living process says so, and how long after the last time it counts as dead. */
export interface LeaseTimes {
  readonly beat: number;
  readonly expiry: number;
}

export const leaseTimes: LeaseTimes = { beat: 10_000, expiry: 45_000 };

/** A lease as the state has it. */
interface Held extends Holder {
  readonly fence: number;
  readonly started: string;
  readonly expires_at: number;
}

interface Own {
  readonly pipeline: string;
  readonly run: string;
  readonly fence: number;
  readonly lost: AbortController;
  /** Of the monotonic clock. */
  renewed: number;
}

/** The leases of this process. */
export class Leases {
  readonly #database: Database;
  readonly #times: LeaseTimes;
  readonly #own = new Set<Own>();

  constructor(database: Database, times: LeaseTimes) {
    this.#database = database;
    this.#times = times;
  }

  /** Takes a lease that is free, expired, or whose holder is dead; its fence is greater than `atLeast`. */
  async acquire(pipeline: string, run: string, atLeast: number): Promise<Lease | Holder> {
    for (;;) {
      const held = await this.#read(pipeline);
      if (held && held.expires_at > Date.now() && !hasEnded(held)) {
        const { run: holder, host, pid, since } = held;
        return { run: holder, host, pid, since };
      }
      const fence = Math.max(held?.fence ?? 0, atLeast) + 1;
      if (await this.#take(pipeline, run, fence, held)) return this.#keep(pipeline, run, fence);
    }
  }

  /** Says that this process lives. A lease that another run took over in the meantime is lost. */
  async renew(): Promise<void> {
    const own = [...this.#own];
    if (own.length === 0) return;
    const now = performance.now();
    const expires = Date.now() + this.#times.expiry;
    const rows = own.map(({ pipeline, run, fence }) => [expires, pipeline, run, fence]);
    const sql = `UPDATE leases SET expires_at = ? WHERE ${one}`;
    try {
      const renewed = await this.#database.write([{ sql, rows }]);
      for (const lease of own) {
        if (renewed === own.length || (await this.#isOurs(lease))) lease.renewed = now;
        else this.#lose(lease, `another run took over pipeline "${lease.pipeline}"`);
      }
    } catch {
      // Tried again with the next beat, until nobody can know any more whose they are.
      for (const lease of own)
        if (now - lease.renewed > this.#times.expiry)
          this.#lose(
            lease,
            `the state could not be written, so another run may have taken over "${lease.pipeline}"`,
          );
    }
  }

  async releaseAll(): Promise<void> {
    for (const lease of [...this.#own]) await this.#release(lease);
  }

  async #read(pipeline: string): Promise<Held | undefined> {
    const sql = `SELECT run_id, fence, host, pid, started, acquired_at, expires_at FROM leases WHERE pipeline = ?`;
    const [row] = await this.#database.all(sql, [pipeline]);
    if (row === undefined) return undefined;
    const [run, fence, host, pid, started, since, expires_at] = row;
    return {
      run: String(run),
      fence: Number(fence),
      host: String(host),
      pid: Number(pid),
      started: String(started),
      since: String(since),
      expires_at: Number(expires_at),
    };
  }

  /** Writes a lease, provided that nothing changed since `before` was read: then nobody else had the same idea. */
  async #take(pipeline: string, run: string, fence: number, before: Held | undefined): Promise<boolean> {
    const { host, pid, started } = thisProcess;
    const now = Date.now();
    const sql = `
      INSERT INTO leases (pipeline, run_id, fence, host, pid, started, acquired_at, expires_at)
      SELECT ?, ?, ?, ?, ?, ?, ?, ?
      WHERE coalesce((SELECT fence || ' ' || expires_at FROM leases WHERE pipeline = ?1), '') = ?9
      ON CONFLICT (pipeline) DO UPDATE SET run_id = excluded.run_id, fence = excluded.fence, host = excluded.host,
        pid = excluded.pid, started = excluded.started, acquired_at = excluded.acquired_at,
        expires_at = excluded.expires_at`;
    const since = new Date(now).toISOString();
    const found = before ? `${before.fence} ${before.expires_at}` : '';
    const row = [pipeline, run, fence, host, pid, started, since, now + this.#times.expiry, found];
    return (await this.#database.write([{ sql, rows: [row] }])) === 1;
  }

  #keep(pipeline: string, run: string, fence: number): Lease {
    const lost = new AbortController();
    const own: Own = { pipeline, run, fence, lost, renewed: performance.now() };
    this.#own.add(own);
    return { fence, lost: lost.signal, release: () => this.#release(own) };
  }

  async #release(lease: Own): Promise<void> {
    this.#own.delete(lease);
    const { pipeline, run, fence } = lease;
    await this.#database.write([
      { sql: `UPDATE leases SET expires_at = 0 WHERE ${one}`, rows: [[pipeline, run, fence]] },
    ]);
  }

  async #isOurs({ pipeline, run, fence }: Own): Promise<boolean> {
    const found = await this.#database.all(`SELECT 1 FROM leases WHERE ${one}`, [pipeline, run, fence]);
    return found.length > 0;
  }

  #lose(lease: Own, message: string): void {
    // Given back in the meantime, it cannot be lost.
    if (!this.#own.delete(lease)) return;
    const hint = 'Nothing more is written here. The next run goes on from the last batch that was committed.';
    lease.lost.abort(new SyncError('lease/lost', message, { hint }));
  }
}

const one = 'pipeline = ? AND run_id = ? AND fence = ?';
