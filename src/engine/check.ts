/** Whether sources and sinks would work: each is connected to, and nothing is written. */

import type { Config, PipelineConfig, SinkConfig, SourceConfig } from '../config/config.ts';
import { didYouMean } from '../config/suggest.ts';
import { SyncError } from '../model/errors.ts';
import { plural } from '../model/plural.ts';
import type { Failure } from '../model/result.ts';
import type { Checked, OpenSink, OpenSource } from '../plugin/contract.ts';
import { openReading } from '../transform/reading.ts';
import type { Emit } from './events.ts';
import { type ReportBug, toFailure } from './failure.ts';
import { openedPlugins } from './opened.ts';
import { readStream } from './stream.ts';

/** What checking a source or sink came to. */
export interface CheckedPlugin {
  readonly kind: 'source' | 'sink';
  readonly name: string;
  readonly ok: boolean;
  /** One line for people. */
  readonly detail?: string;
  /** How long one answer took, or all of the check. */
  readonly latencyMs?: number;
  /** How far the other's clock is ahead of ours. */
  readonly clockSkewMs?: number;
  readonly error?: Failure;
}

export interface CheckOptions {
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly report_bug: ReportBug;
}

type Plugin =
  | (SourceConfig & { readonly kind: 'source'; readonly pipelines: readonly PipelineConfig[] })
  | (SinkConfig & { readonly kind: 'sink'; readonly pipelines: readonly PipelineConfig[] });
type Of<Kind extends Plugin['kind']> = Extract<Plugin, { kind: Kind }>;

/** Checks sources and sinks side by side, all of them or those of these names; one that fails stops no other. */
export async function checkPlugins(
  config: Config,
  names: readonly string[],
  options: CheckOptions,
): Promise<CheckedPlugin[]> {
  const { redact } = config.secrets;
  return Promise.all(
    pluginsNamed(config, names).map(async (plugin): Promise<CheckedPlugin> => {
      const { kind, name } = plugin;
      const began = performance.now();
      try {
        const checking =
          plugin.kind === 'source'
            ? checkSource(plugin, config, options)
            : checkSink(plugin, config, options);
        const { detail, latency_ms, clock_skew_ms } = await checking;
        const latencyMs = Math.round(latency_ms ?? performance.now() - began);
        return { kind, name, ok: true, detail: redact(detail), latencyMs, clockSkewMs: clock_skew_ms };
      } catch (error) {
        options.signal.throwIfAborted();
        return { kind, name, ok: false, error: await toFailure(error, redact, options.report_bug) };
      }
    }),
  );
}

async function checkSource(source: Of<'source'>, config: Config, options: CheckOptions): Promise<Checked> {
  const { emit, signal } = options;
  const plugins = openedPlugins(config, emit, signal);
  try {
    const opened = await plugins.source(source);
    return (await opened.check?.()) ?? (await readFirst(opened, readable(source), signal));
  } finally {
    await plugins.close();
  }
}

/** Of each stream the first record: what is wrong with one is told by reading it. */
async function readFirst(
  source: OpenSource,
  pipelines: readonly PipelineConfig[],
  signal: AbortSignal,
): Promise<Checked> {
  const now = new Date().toISOString();
  for (const pipeline of pipelines) {
    const reading = openReading({
      incremental: pipeline.stream.incremental,
      now,
      exact: false,
      key: [],
      full: true,
      hash: () => '',
    });
    for await (const _ of readStream(source, pipeline, reading, { signal, max_records: 1 }).batches) break;
  }
  return { detail: pipelines.length === 0 ? 'opened' : `${plural(pipelines.length, 'stream')} can be read` };
}

/** The pipelines of a source by which each of its streams is read that does not depend on another value. */
function readable({ pipelines }: Of<'source'>): PipelineConfig[] {
  const streams = new Map(pipelines.map((pipeline) => [pipeline.stream.name, pipeline]));
  return [...streams.values()].filter(
    ({ stream }) => stream.partitions.length === 0 && stream.parent === undefined,
  );
}

async function checkSink(sink: Of<'sink'>, config: Config, { emit, signal }: CheckOptions): Promise<Checked> {
  const plugins = openedPlugins(config, emit, signal);
  try {
    const opened = await plugins.sink(sink);
    return (await opened.check?.()) ?? (await discoverAll(opened, sink));
  } finally {
    await plugins.close();
  }
}

async function discoverAll(opened: OpenSink, { name, pipelines }: Of<'sink'>): Promise<Checked> {
  const targets = pipelines.flatMap((pipeline) => pipeline.targets.filter(({ sink }) => sink.name === name));
  const names = [...new Set(targets.map(({ target }) => target))];
  let missing = 0;
  for (const target of names) if ((await opened.discover(target)) === undefined) missing += 1;
  const first = missing === 0 ? '' : `, ${missing} of them not there yet`;
  return { detail: names.length === 0 ? 'opened' : `${plural(names.length, 'target')}${first}` };
}

/** Sources first, each in the order of the config. Throws `usage/unknown_source`. */
function pluginsNamed(config: Config, names: readonly string[]): Plugin[] {
  const pipelines = [...config.pipelines.values()];
  const all: Plugin[] = [
    ...[...config.sources.values()].map((source) => {
      return {
        kind: 'source' as const,
        ...source,
        pipelines: pipelines.filter((one) => one.source === source),
      };
    }),
    ...[...config.sinks.values()].map((sink) => {
      const writes = ({ targets }: PipelineConfig) => targets.some((target) => target.sink === sink);
      return { kind: 'sink' as const, ...sink, pipelines: pipelines.filter(writes) };
    }),
  ];
  const known = [...new Set(all.map(({ name }) => name))];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return all.filter(({ name }) => names.length === 0 || names.includes(name));
  const near = didYouMean(unknown, known);
  throw new SyncError('usage/unknown_source', `there is no source or sink "${unknown}" in ${config.file}`, {
    hint: near ? `Did you mean "${near}"?` : `There are: ${known.join(', ')}.`,
  });
}
