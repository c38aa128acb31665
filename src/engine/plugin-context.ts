import type { Config } from '../config/config.ts';
import type { PluginContext, PluginStore } from '../plugin/contract.ts';
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
  return { directory, signal, logger, secrets: [...secrets], onWait: () => undefined, store: forgetful() };
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
