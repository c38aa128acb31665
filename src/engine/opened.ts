import type { Config, SinkConfig, SourceConfig } from '../config/config.ts';
import type { OpenSink, OpenSource } from '../plugin/contract.ts';
import { pluginStores } from '../state/plugin-store.ts';
import type { Emit } from './events.ts';
import { openSink, openSource } from './plugin-calls.ts';
import { pluginContext } from './plugin-context.ts';

/** The sources and sinks of a run: opened when a pipeline first needs them, closed in reverse when it ends. */
export interface OpenedPlugins {
  source(config: SourceConfig): Promise<OpenSource>;
  sink(config: SinkConfig): Promise<OpenSink>;
  /** Closes all of them, also where one fails; what failed is returned. */
  close(): Promise<string[]>;
}

export function openedPlugins(
  config: Pick<Config, 'directory' | 'secrets' | 'state' | 'key'>,
  emit: Emit,
  signal: AbortSignal,
): OpenedPlugins {
  const stores = pluginStores(config.state, config.key);
  const opened: { readonly name: string; close(): Promise<void> }[] = [
    { name: 'the state', close: () => stores.close() },
  ];
  const context = (name: string) => pluginContext(config, name, stores, emit, signal);
  const keep = <Opened extends { close(): Promise<void> }>(name: string, plugin: Opened): Opened => {
    opened.push({ name, close: () => plugin.close() });
    return plugin;
  };
  return {
    source: oncePerKey(async (source: SourceConfig) => {
      const name = `source ${source.name}`;
      return keep(name, await openSource(source, context(name)));
    }),
    sink: oncePerKey(async (sink: SinkConfig) => {
      const name = `sink ${sink.name}`;
      return keep(name, await openSink(sink, context(name)));
    }),
    async close() {
      const failures: string[] = [];
      for (let last = opened.pop(); last; last = opened.pop()) {
        try {
          await last.close();
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          failures.push(message.startsWith(last.name) ? message : `${last.name}: ${message}`);
        }
      }
      return failures;
    },
  };
}

/** Opens once for each key, also for those who ask at once; what could not be opened is tried again for the next. */
function oncePerKey<Key, Opened>(open: (key: Key) => Promise<Opened>): (key: Key) => Promise<Opened> {
  const opened = new Map<Key, Promise<Opened>>();
  return (key) => {
    const known = opened.get(key) ?? open(key);
    opened.set(key, known);
    known.catch(() => opened.delete(key));
    return known;
  };
}
