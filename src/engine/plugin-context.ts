import type { Config } from '../config/config.ts';
import type { PluginContext, Wait } from '../plugin/contract.ts';
import type { PluginStores } from '../state/plugin-store.ts';
import type { Emit } from './events.ts';

/** What a source or sink is opened with; `who` is `source NAME` or `sink NAME`, as people are told of it. */
export function pluginContext(
  { directory, secrets }: Pick<Config, 'directory' | 'secrets'>,
  who: string,
  stores: PluginStores,
  emit: Emit,
  signal: AbortSignal,
): PluginContext {
  const tell = (level: 'info' | 'warn') => (message: string) =>
    emit({ type: 'notice', at: new Date().toISOString(), level, message: `${who}: ${message}` });
  return {
    name: who.replace(/^\w+ /, ''),
    directory,
    signal,
    logger: { info: tell('info'), warn: tell('warn') },
    secrets: [...secrets],
    hide: (texts) => secrets.add(texts),
    onWait: (wait: Wait) => emit({ type: 'waiting', at: new Date().toISOString(), plugin: who, ...wait }),
    store: stores.of(who, signal),
  };
}
