import type { PipelineConfig } from '../config/config.ts';
import type { PipelineResult } from '../model/result.ts';
import type { RunShared } from './pipeline.ts';

/** Shortens the journals that this run wrote to. That one cannot be is told, and undoes no run. */
export async function pruneJournals(
  ended: ReadonlyMap<string, PipelineResult>,
  { config, pipelines, opened, emit }: RunShared,
): Promise<void> {
  const wrote = ({ name }: PipelineConfig) =>
    ['succeeded', 'partial'].includes(ended.get(name)?.status ?? '');
  const since = new Date(Date.now() - config.journal.keep).toISOString();
  for (const sink of new Set(pipelines.filter(wrote).map((pipeline) => pipeline.sink))) {
    if (!sink.plugin.capabilities.includes('journal')) continue;
    try {
      await (await opened.sink(sink)).journal?.prune({ since, bytes: config.journal.max });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const message = `the journal of ${sink.name} could not be shortened: ${reason}`;
      emit({ type: 'notice', at: new Date().toISOString(), level: 'warn', message });
    }
  }
}
