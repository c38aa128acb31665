import { setTimeout } from 'node:timers/promises';
import { SyncError } from '../model/errors.ts';
import type { PluginStore } from '../plugin/contract.ts';
import type { Database } from '../sql/index.ts';
import { keepPrivate, openStateFile } from './file.ts';
import { type Heartbeat, startHeartbeat } from './heartbeat.ts';
import { type Lease, Leases, type LeaseTimes, leaseTimes } from './leases.ts';
import { migrate } from './migrations.ts';
import { seal, unseal } from './seal.ts';

/** What sources and sinks keep for themselves. The state is opened when one of them first asks, also where nothing else writes it. */
export interface PluginStores {
  /** Of `source NAME` or `sink NAME`. Whoever waits there stops to when the signal is aborted. */
  of(owner: string, signal: AbortSignal): PluginStore;
  close(): Promise<void>;
}

interface Opened {
  readonly database: Database;
  readonly leases: Leases;
  readonly heartbeat: Heartbeat;
}

/** How often it is looked whether somebody else is done, in milliseconds. */
const glance = 50;

/** With a key, values are sealed with it. */
export function pluginStores(file: string, key?: string, times: LeaseTimes = leaseTimes): PluginStores {
  let opening: Promise<Opened> | undefined;
  const opened = () => {
    opening ??= open(file, times).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return {
    of: (owner, signal) => storeOf(owner, { file, key, signal, opened }),
    async close() {
      // What could not be opened has nothing to close.
      const { database, leases, heartbeat } = (await opening?.catch(() => undefined)) ?? {};
      await heartbeat?.stop();
      await leases?.releaseAll().finally(() => database?.close());
    },
  };
}

async function open(file: string, times: LeaseTimes): Promise<Opened> {
  const database = await openStateFile(file);
  try {
    await migrate(database, file);
    keepPrivate(file);
  } catch (error) {
    await database.close();
    throw error;
  }
  const leases = new Leases(database, times);
  return { database, leases, heartbeat: startHeartbeat(times.beat, () => leases.renew()) };
}

interface StoreOptions {
  readonly file: string;
  readonly key: string | undefined;
  readonly signal: AbortSignal;
  opened(): Promise<Opened>;
}

function storeOf(owner: string, { file, key, signal, opened }: StoreOptions): PluginStore {
  const placeOf = (name: string) => JSON.stringify([owner, name]);
  return {
    async read(name) {
      const { database } = await opened();
      const sql = 'SELECT value, sealed FROM plugin_values WHERE owner = ? AND name = ?';
      const [row] = await database.all(sql, [owner, name]);
      if (row === undefined) return undefined;
      const [value, sealed] = row;
      if (Number(sealed) === 0) return String(value);
      if (key === undefined) throw unreadable(owner, file, 'SYNCLINE_KEY is not set');
      const text = await unseal(String(value), key, placeOf(name));
      if (text === undefined) throw unreadable(owner, file, 'SYNCLINE_KEY is another one');
      return text;
    },
    async write(name, value) {
      const { database } = await opened();
      if (value === undefined) {
        await database.write([{ sql: `DELETE FROM plugin_values WHERE ${one}`, rows: [[owner, name]] }]);
        return;
      }
      const kept = key === undefined ? value : await seal(value, key, placeOf(name));
      const rows = [[owner, name, kept, key === undefined ? 0n : 1n]];
      await database.write([{ sql: 'INSERT OR REPLACE INTO plugin_values VALUES (?, ?, ?, ?)', rows }]);
    },
    async alone(name, act) {
      const lease = await take((await opened()).leases, `${owner} ${name}`, signal);
      try {
        return await act();
      } finally {
        await lease.release();
      }
    },
  };
}

const one = 'owner = ? AND name = ?';

/** Waits until the lease is free. Its name has a space in it, and that of a pipeline never has. */
async function take(leases: Leases, name: string, signal: AbortSignal): Promise<Lease> {
  for (;;) {
    signal.throwIfAborted();
    const lease = await leases.acquire(name, name, 0);
    if ('fence' in lease) return lease;
    await setTimeout(glance, undefined, { signal }).catch(() => undefined);
  }
}

function unreadable(owner: string, file: string, why: string): SyncError {
  const [, name = ''] = /^\w+ (.*)$/.exec(owner) ?? [];
  return new SyncError('state/key', `what ${owner} keeps in ${file} is sealed, and ${why}`, {
    hint: `Set the key it was sealed with. If that is lost, so are the tokens: syncline auth ${name} --forget`,
  });
}
