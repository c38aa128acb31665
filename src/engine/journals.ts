import type { Config, SinkConfig } from '../config/config.ts';
import type { JournaledChanges } from '../model/changes.ts';
import { SyncError } from '../model/errors.ts';
import type { OpenSink } from '../plugin/contract.ts';
import type { Journal } from '../plugin/history-contract.ts';
import { openedPlugins } from './opened.ts';

/** A sink that keeps what runs changed. */
export interface OpenJournal {
  readonly config: SinkConfig;
  readonly sink: OpenSink;
  readonly journal: Journal;
}

export interface ToldChanges extends JournaledChanges {
  /** `sink.target` */
  readonly to: string;
}

/** The journals of a config, between its runs. */
export interface Journals {
  all(): Promise<readonly OpenJournal[]>;
  /** Undefined where the sink keeps none. */
  of(sink: SinkConfig): Promise<OpenJournal | undefined>;
  close(): Promise<void>;
}

export function openJournals(config: Config): Journals {
  const opened = openedPlugins(config, () => undefined, new AbortController().signal);
  const of = async (config: SinkConfig) => {
    if (!config.plugin.capabilities.includes('journal')) return undefined;
    const sink = await opened.sink(config);
    return sink.journal && { config, sink, journal: sink.journal };
  };
  return {
    async all() {
      const found = await Promise.all([...config.sinks.values()].map(of));
      return found.filter((journal) => journal !== undefined);
    },
    of,
    async close() {
      await opened.close();
    },
  };
}

/** What a run changed, batch by batch, in all sinks. Throws `undo/unknown` where no journal has it. */
export async function* changesOf(config: Config, run: string): AsyncGenerator<ToldChanges> {
  const journals = openJournals(config);
  try {
    let found = false;
    for (const { config: sink, journal } of await journals.all())
      for await (const batch of journal.changes(run)) {
        found = true;
        yield { ...batch, to: `${sink.name}.${batch.target}` };
      }
    if (!found)
      throw new SyncError('undo/unknown', `no journal holds what run ${run} changed`, {
        hint: 'Those that are held: syncline runs',
      });
  } finally {
    await journals.close();
  }
}
