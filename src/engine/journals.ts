import type { Config, SinkConfig } from '../config/config.ts';
import type { OpenSink } from '../plugin/contract.ts';
import type { Journal } from '../plugin/history-contract.ts';
import { openedPlugins } from './opened.ts';

/** A sink that keeps what runs changed. */
export interface OpenJournal {
  readonly config: SinkConfig;
  readonly sink: OpenSink;
  readonly journal: Journal;
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
