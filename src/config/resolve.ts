import { resolve as resolvePath } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createSecrets } from '../model/secrets.ts';
import { parsePath } from '../transform/path.ts';
import { checkCycles } from './after.ts';
import type { Config, PipelineConfig, SinkConfig, SourceConfig, StreamConfig } from './config.ts';
import { resolveDaemon } from './daemon.ts';
import { isFields } from './defaults.ts';
import type { ConfigPath, Document } from './document.ts';
import { resolveDuration } from './durations.ts';
import { resolveCondition } from './fields.ts';
import type { Findings } from './findings.ts';
import { cursorOptionsOf, resolveIncremental } from './incremental.ts';
import { resolveJournal } from './journal.ts';
import { resolveLogs } from './logs.ts';
import { resolveNotify } from './notify.ts';
import { checkDeletedWhen, checkParentCycles, resolveParent } from './parents.ts';
import { resolvePartitions } from './partitions.ts';
import { resolvePipeline } from './pipeline.ts';
import { checkTargets } from './targets.ts';
import { type Checked, type SinkEntry, type SourceEntry, validateDocument } from './validate.ts';
import { checkWindowPlaceholders } from './window-placeholders.ts';

/**
 * The config a document declares: checked by the schemas, its references and what they mean together, with all
 * defaults. Undefined when something was wrong; then it is among the findings.
 */
export async function resolveConfig(
  document: Document,
  directory: string,
  findings: Findings,
): Promise<Config | undefined> {
  const checked = await validateDocument(document, directory, findings);
  // What the schemas found comes first: the rest may well follow from it.
  findings.sort();
  const sources = resolveSources(checked.sources, findings);
  const sinks = resolveSinks(checked.sinks);
  const history = resolveHistory(checked.history, findings);
  const pipelines = await resolvePipelines(checked, { sources, sinks }, directory, findings);
  const logs = resolveLogs({ checked, sinks, pipelines, directory, findings });
  const daemon = resolveDaemon(checked.daemon, findings);
  const journal = resolveJournal(checked.journal, findings);
  const notify = resolveNotify(checked.notify, pipelines, findings);
  checkTargets(pipelines, findings);
  checkCycles(pipelines, findings);
  findings.sort();
  if (findings.errors.length > 0) return undefined;
  if (logs === undefined || history === undefined || daemon === undefined) return undefined;
  return {
    file: document.file,
    directory,
    files: document.files,
    state: statePath(String(checked.state), directory),
    logs,
    history,
    journal,
    sources,
    sinks,
    pipelines,
    daemon,
    notify,
    warnings: [...document.warnings, ...findings.warnings],
    secrets: createSecrets(findings.secrets),
    key: document.key,
    variables: [...document.variables],
  };
}

function resolveSources(
  entries: ReadonlyMap<string, SourceEntry>,
  findings: Findings,
): Map<string, SourceConfig> {
  const sources = new Map<string, SourceConfig>();
  for (const { name, plugin, own, options, streams } of entries.values()) {
    if (plugin === undefined) continue;
    const resolved = [...streams].map(
      ([stream, { primary_key, incremental, deleted_when, partitions, parents, ...options }]) => {
        const path = ['sources', name, 'streams', stream];
        checkWindowPlaceholders(options, incremental, path, findings);
        const child = { plugin, source: name, streams, options, parents, incremental, path };
        const parent = resolveParent(child, findings);
        const ordered = parent ? { ...plugin, order: 'none' as const } : plugin;
        const condition = resolveCondition(deleted_when, [...path, 'deleted_when'], findings);
        checkDeletedWhen(condition, [...path, 'deleted_when'], findings);
        return {
          name: stream,
          options,
          tokens: plugin.tokenOption !== undefined && options[plugin.tokenOption] !== undefined,
          primary_key: recordFields(primary_key, [...path, 'primary_key'], findings),
          partitions: resolvePartitions(partitions, options, [...path, 'partitions'], findings),
          deleted_when: condition,
          incremental: resolveIncremental(incremental, ordered, [...path, 'incremental'], findings),
          cursorOptions: cursorOptionsOf(incremental, plugin),
          parent,
        } satisfies StreamConfig;
      },
    );
    const known = new Map(resolved.map((stream) => [stream.name, stream]));
    checkParentCycles(name, known, findings);
    sources.set(name, { name, plugin, own, options, streams: known });
  }
  return sources;
}

function resolveSinks(entries: ReadonlyMap<string, SinkEntry>): Map<string, SinkConfig> {
  const sinks = new Map<string, SinkConfig>();
  for (const { name, plugin, own, options } of entries.values()) {
    if (plugin !== undefined) sinks.set(name, { name, plugin, own, options });
  }
  return sinks;
}

async function resolvePipelines(
  checked: Checked,
  resolved: Pick<Config, 'sources' | 'sinks'>,
  directory: string,
  findings: Findings,
): Promise<Map<string, PipelineConfig>> {
  const pipelines = new Map<string, PipelineConfig>();
  for (const [name, value] of checked.pipelines) {
    const pipeline = await resolvePipeline(name, value, { ...resolved, checked, directory, findings });
    if (pipeline !== undefined) pipelines.set(name, pipeline);
  }
  return pipelines;
}

/** Undefined where the schema found it wrong. */
function resolveHistory(value: unknown, findings: Findings): Config['history'] | undefined {
  const { keep, keep_runs } = isFields(value) ? value : {};
  const milliseconds = resolveDuration(keep, ['history', 'keep'], findings);
  if (milliseconds === undefined || typeof keep_runs !== 'number') return undefined;
  return { keep: milliseconds, keep_runs };
}

function recordFields(value: unknown, path: ConfigPath, findings: Findings): readonly string[] {
  if (value === undefined || findings.touches(path)) return [];
  return [value].flat().flatMap((field, index) => {
    const place = Array.isArray(value) ? [...path, index] : path;
    return findings.attempt(place, () => parsePath(String(field))) === undefined ? [] : [String(field)];
  });
}

function statePath(text: string, directory: string): string {
  if (/^file:\/\//.test(text)) return fileURLToPath(new URL(text, pathToFileURL(`${directory}/`)));
  return resolvePath(directory, text.replace(/^file:/, ''));
}
