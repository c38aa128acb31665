import type { Config } from '../config/config.ts';
import type { PluginContext, PluginStore, Wait } from '../plugin/contract.ts';
import type { Emit } from './events.ts';

/** What a source or sink is opened with; `name` is how people are told of it. */
export function pluginContext(
  { directory, secrets }: Pick<Config, 'directory' | 'secrets'>,
  name: string,
  emit: Emit,
  signal: AbortSignal,
): PluginContext {
  const tell = (level: 'info' | 'warn') => (message: string) =>
    emit({ type: 'notice', at: new Date().toISOString(), level, message: `${name}: ${message}` });
  const logger = { info: tell('info'), warn: tell('warn') };
  const onWait = (wait: Wait) =>
    emit({ type: 'waiting', at: new Date().toISOString(), plugin: name, ...wait });
  return { directory, signal, logger, secrets: [...secrets], onWait, store: forgetful() };
}

function forgetful(): PluginStore {
  const kept = new Map<string, string>();
  return {
    read: async (key) => kept.get(key),
    async write(key, value) {
      if (value === undefined) kept.delete(key);
      else kept.set(key, value);
    },
    alone: (_, act) => act(),
  };
}
