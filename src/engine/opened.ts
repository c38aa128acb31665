import type { Config, SinkConfig, SourceConfig } from '../config/config.ts';
import type { OpenSink, OpenSource, PluginContext } from '../plugin/contract.ts';
import type { Emit } from './events.ts';
import { openSink, openSource } from './plugin-calls.ts';

/** The sources and sinks of a run: opened when a pipeline first needs them, closed in reverse when it ends. */
export interface OpenedPlugins {
  source(config: SourceConfig): Promise<OpenSource>;
  sink(config: SinkConfig): Promise<OpenSink>;
  /** Closes all of them, also where one fails; what failed is returned. */
  close(): Promise<string[]>;
}

export function openedPlugins(
  { directory }: Pick<Config, 'directory'>,
  emit: Emit,
  signal: AbortSignal,
): OpenedPlugins {
  const opened: { readonly name: string; close(): Promise<void> }[] = [];
  const context = (name: string): PluginContext => {
    const tell = (level: 'info' | 'warn') => (message: string) =>
      emit({ type: 'notice', at: new Date().toISOString(), level, message: `${name}: ${message}` });
    return { directory, signal, logger: { info: tell('info'), warn: tell('warn') } };
  };
  const keep = <Opened extends { close(): Promise<void> }>(name: string, plugin: Opened): Opened => {
    opened.push({ name, close: () => plugin.close() });
    return plugin;
  };
  return {
    source: oncePerKey(async (config: SourceConfig) => {
      const name = `source ${config.name}`;
      return keep(name, await openSource(config, context(name)));
    }),
    sink: oncePerKey(async (config: SinkConfig) => {
      const name = `sink ${config.name}`;
      return keep(name, await openSink(config, context(name)));
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
