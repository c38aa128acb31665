import { relative } from 'node:path';
import { printDuration } from '../model/duration.ts';
import type { Mode, Strategy } from '../model/types.ts';
import type { Config, Deletes, PipelineConfig, RowLimit } from './config.ts';
import { coreSchema } from './core-schema.ts';
import { printDaemon } from './daemon.ts';
import { type Fields, isFields, mergeDefaults, toFields } from './defaults.ts';
import type { Document, LoadOptions } from './document.ts';
import { printSize } from './journal.ts';
import { toLines } from './lines.ts';
import { printNotify } from './notify.ts';
import { openConfig } from './open.ts';
import { originOf } from './origin.ts';
import { printSchedule } from './schedule.ts';

export interface ShowOptions {
  /** Also tells on every line where its value comes from. */
  readonly origin?: boolean;
}

/**
 * The config as it is understood, as YAML: defaults are in, short forms are spelled out, secrets are left out. Throws a
 * `ConfigError` for a config with mistakes.
 */
export async function showConfig(load: LoadOptions, { origin = false }: ShowOptions = {}): Promise<string> {
  const { config, document } = await openConfig(load);
  const { secrets } = config;
  // As a whole value even the shortest secret is known for what it is.
  const redact = (text: string) => (secrets.has(text) ? '•••' : secrets.redact(text));
  const lines = toLines(effective(config, document), redact);
  if (!origin) return `${lines.map(({ text }) => text).join('\n')}\n`;
  const width = Math.min(60, Math.max(...lines.map(({ text }) => text.length)));
  const commented = lines.map(({ text, path, value }) => {
    return isFields(value) ? text : `${text.padEnd(width)}  # ${redact(originOf(path, value, document))}`;
  });
  return `${commented.join('\n')}\n`;
}

/** The config in the shape of its file. */
function effective(config: Config, document: Document): Fields {
  const written = mergeDefaults(document.value);
  const sources = [...config.sources.values()].map(({ name, plugin, own, options, streams }) => {
    const long = [...streams.values()].map((stream) => {
      const key = stream.primary_key.length > 0 ? { primary_key: stream.primary_key } : {};
      const cursor = Object.entries({ ...stream.incremental, ...stream.cursorOptions });
      const incremental = stream.incremental && { incremental: toFields(cursor) };
      const deleted = stream.deleted_when === undefined ? {} : { deleted_when: stream.deleted_when };
      return [stream.name, { ...stream.options, ...key, ...incremental, ...deleted }] as const;
    });
    // A connector is shown as what it comes to.
    return [name, { type: own ?? plugin.name, ...options, streams: toFields(long) }] as const;
  });
  const sinks = [...config.sinks.values()].map(
    ({ name, plugin, own, options }) => [name, { type: own ?? plugin.name, ...options }] as const,
  );
  const pipelines = [...config.pipelines.values()].map(
    (pipeline) => [pipeline.name, pipelineOf(pipeline, config)] as const,
  );
  return {
    version: 1,
    state: read(written, 'state') ?? coreSchema.properties.state.default,
    logs: logsOf(config, written),
    history: { keep: printDuration(config.history.keep), keep_runs: config.history.keep_runs },
    daemon: printDaemon(config.daemon, printDuration),
    journal: { keep: printDuration(config.journal.keep), max: printSize(config.journal.max) },
    notify: printNotify(config.notify),
    sources: toFields(sources),
    sinks: toFields(sinks),
    pipelines: toFields(pipelines),
  };
}

function logsOf({ logs }: Config, written: unknown): Fields {
  const { level, keep, database } = logs;
  const { to } = database;
  const dir = read(read(written, 'logs'), 'dir') ?? coreSchema.properties.logs.properties.dir.default;
  return toFields([
    ['dir', dir],
    ['level', level],
    ['keep', printDuration(keep)],
    [
      'database',
      toFields([
        ['level', database.level],
        ['to', to && `${to.sink.name}.${to.target}`],
      ]),
    ],
  ]);
}

function pipelineOf(pipeline: PipelineConfig, { directory }: Config): Fields {
  const { source, stream, sink, target, fields, rest, each, where, merge, checks, columns, within } =
    pipeline;
  const { schedule, after, fresh_for, full_every, rejects, deletes } = pipeline;
  const { max } = rejects;
  const map = fields?.map(({ column, ...field }) => [column, field] as const);
  const strategies = [...merge.fields, ['*', merge.others] as const];
  return {
    from: `${source.name}.${stream.name}`,
    to: `${sink.name}.${target}`,
    primary_key: pipeline.primary_key,
    mode: pipeline.mode,
    map: map && toFields(map),
    rest: map && rest,
    each,
    where,
    merge: toFields(strategies.map(([name, strategy]) => [name, strategyOf(strategy, directory)])),
    replace_within: within !== undefined,
    checks: checks.size > 0 ? toFields(checks) : undefined,
    rejects: { max: printLimit(max) },
    deletes: deletes && deletesOf(deletes, pipeline.mode),
    snapshot: pipeline.mode === 'snapshot' ? pipeline.snapshot : undefined,
    schema_contract: pipeline.schema_contract,
    schedule: schedule && toFields(Object.entries(printSchedule(schedule))),
    after: after.pipelines.length > 0 ? after : undefined,
    fresh_for: fresh_for === undefined ? undefined : printDuration(fresh_for),
    full_every: full_every === undefined ? undefined : printDuration(full_every),
    batch_size: pipeline.batch_size,
    columns: { run_id: columns.run_id ?? false, synced_at: columns.synced_at ?? false },
    enabled: pipeline.enabled,
    tags: pipeline.tags,
  };
}

function deletesOf({ mode, column, max }: Deletes, target: Mode): Fields {
  if (target === 'replace') return { max: printLimit(max) };
  return { mode, column: mode === 'soft' ? column : undefined, max: printLimit(max) };
}

function printLimit(max: RowLimit): number | string {
  return 'rows' in max ? max.rows : `${max.percent}%`;
}

function strategyOf(strategy: Strategy, directory: string): unknown {
  if (strategy.type === 'newest') return { newest: { by: strategy.by } };
  if (strategy.type !== 'function') return strategy.type;
  return `./${relative(directory, strategy.path)}`;
}

function read(value: unknown, key: string): unknown {
  return isFields(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
