import type { Config, PipelineConfig } from '../config/config.ts';
import type { LedgerEntry, LedgerKey } from '../model/checkpoint.ts';
import { SyncError } from '../model/errors.ts';
import type { Ledger } from '../plugin/contract.ts';
import type { Lease, State } from '../state/state.ts';
import { openedPlugins } from './opened.ts';

export interface Ledgers {
  /** The ledger that keeps a pipeline's checkpoint: its sink's, or the state where the sink has none. */
  of(pipeline: Pick<PipelineConfig, 'sink'>): Promise<Ledger>;
  close(): Promise<void>;
}

/** The ledgers of a config, between its runs: a sink is opened when its ledger is first asked for. */
export function openLedgers(config: Config, state: State): Ledgers {
  const opened = openedPlugins(config, () => undefined, new AbortController().signal);
  return {
    async of({ sink }) {
      if (!sink.plugin.capabilities.includes('ledger')) return state.ledger(sink.name);
      return (await opened.sink(sink)).ledger ?? state.ledger(sink.name);
    },
    async close() {
      await opened.close();
    },
  };
}

/**
 * Holds a pipeline's lease while its checkpoint is changed, so that no run is under way and none that seems dead can
 * undo it: `change` gets the fence to write with. Throws `lease/held`.
 */
export async function underLease<Result>(
  state: State,
  ledger: Ledger,
  key: LedgerKey,
  /** What is done, for whoever asks for the lease meanwhile. */
  doing: string,
  change: (entry: LedgerEntry | undefined, fence: number) => Promise<Result>,
): Promise<Result> {
  const before = (await ledger.read(key)).entry;
  // What follows the name of the pipeline is the part of it.
  const [name = ''] = key.pipeline.split(' ');
  const lease = await takeLease(state, name, before?.fence ?? 0, doing);
  try {
    return await change((await ledger.read(key)).entry, lease.fence);
  } finally {
    await lease.release();
  }
}

/** The lease of a pipeline, its fence above this one. Throws `lease/held`. */
export async function takeLease(state: State, name: string, above: number, doing: string): Promise<Lease> {
  const lease = await state.acquire(name, doing, above);
  if ('fence' in lease) return lease;
  const { run, pid, host, since } = lease;
  const message = `pipeline "${name}" is in use since ${since} (${run}, process ${pid} on ${host})`;
  throw new SyncError('lease/held', message, {
    hint: 'Wait for it to end, or stop it. Should its process be gone, its lease frees itself within a minute.',
  });
}
