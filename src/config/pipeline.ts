import { compileCheck } from '../transform/checks.ts';
import { parsePath } from '../transform/path.ts';
import { createZone } from '../transform/zone.ts';
import { resolveAfter } from './after.ts';
import { type Columns, columnsOf, mappedKey, requireColumn } from './columns.ts';
import type { Config, PipelineConfig, Snapshot, TargetConfig } from './config.ts';
import { type Fields, isFields } from './defaults.ts';
import { checkSnapshotUse, deletesOf } from './deletions.ts';
import type { ConfigPath } from './document.ts';
import { resolveDuration } from './durations.ts';
import { resolveCondition, resolveFields } from './fields.ts';
import type { Findings } from './findings.ts';
import { checkCombination, parentColumns } from './matrix.ts';
import { checkParentPaths } from './parents.ts';
import { checkPartitionPaths } from './partitions.ts';
import { checkTargetStrategies, limitOf, type PipelineTarget, resolveTargets } from './pipeline-targets.ts';
import { resolveFrom } from './references.ts';
import { resolveSchedule } from './schedule.ts';
import type { Checked } from './validate.ts';

/** What a pipeline is resolved against. */
export interface Surroundings extends Pick<Config, 'sources' | 'sinks'> {
  readonly checked: Checked;
  readonly directory: string;
  readonly findings: Findings;
}

interface Ends extends Pick<PipelineConfig, 'source' | 'stream'> {
  readonly targets: readonly [PipelineTarget, ...PipelineTarget[]];
}
type Parts = Pick<
  PipelineConfig,
  | 'fields'
  | 'rest'
  | 'each'
  | 'where'
  | 'checks'
  | 'columns'
  | 'schedule'
  | 'after'
  | 'fresh_for'
  | 'full_every'
  | 'snapshot'
>;

/** A pipeline whose schema was checked, with its defaults; undefined when something in it is wrong, which is told. */
export async function resolvePipeline(
  name: string,
  value: Fields,
  surroundings: Surroundings,
): Promise<PipelineConfig | undefined> {
  const { findings } = surroundings;
  const path = ['pipelines', name];
  const ends = resolveEnds(value, path, surroundings);
  const parts = resolveParts(value, path, surroundings);
  const columns = columnsOf(parts.fields, parts.rest);
  checkStamps(parts.columns, columns, path, findings);
  // Broken fields would only bring complaints about columns that are there.
  if (!findings.touches([...path, 'map'])) {
    checkColumns(value, parts.checks, columns, path, findings);
    const key = listOf(value.primary_key);
    await checkTargetStrategies(value, ends?.targets ?? [], columns, key, path, surroundings);
  }
  if (ends === undefined || findings.touches(path)) return undefined;
  checkPartitionPaths(parts, ends.stream, path, findings);
  checkParentPaths(parts, ends.stream, path, findings);
  return combine(name, value, ends, parts, findings);
}

/** The whole, when each part is right: what they add up to is judged by the mode matrix. */
function combine(name: string, value: Fields, ends: Ends, parts: Parts, findings: Findings): PipelineConfig {
  const columns = columnsOf(parts.fields, parts.rest);
  const { primary_key: streamKey } = ends.stream;
  const inherited = parts.each === undefined ? mappedKey(streamKey, parts.fields, parts.rest) : undefined;
  const primary_key = value.primary_key === undefined ? (inherited ?? []) : listOf(value.primary_key);
  const replaceWithin = value.replace_within === true;
  for (const target of ends.targets) {
    const combination = {
      ...target,
      path: ['pipelines', name],
      source: ends.source,
      stream: ends.stream,
      key: primary_key,
      columns,
      each: parts.each !== undefined,
      strategies: target.merge,
      replaceWithin,
      fullEvery: parts.full_every !== undefined,
      snapshot: parts.snapshot,
      stamps: parts.columns,
    };
    checkCombination(combination, findings);
  }
  checkSnapshotUse(parts.snapshot, ends.targets, ['pipelines', name], findings);
  const targets = ends.targets.map((one) => {
    const { sink, target, mode, merge } = one;
    return { sink, target, mode, merge, deletes: deletesOf(one, ends.stream) };
  });
  const [{ sink, target, mode, merge, deletes }] = targets as [TargetConfig, ...TargetConfig[]];
  return {
    name,
    ...parts,
    source: ends.source,
    stream: ends.stream,
    targets,
    ...{ sink, target, mode, merge, deletes },
    primary_key,
    rejects: { max: limitOf(isFields(value.rejects) ? value.rejects.max : undefined) },
    ...(replaceWithin ? parentColumns(primary_key, columns, parts.each !== undefined) : {}),
    schema_contract: value.schema_contract as PipelineConfig['schema_contract'],
    batch_size: value.batch_size as number,
    enabled: value.enabled as boolean,
    tags: listOf(value.tags),
  };
}

/** Where records come from, and where rows go. */
function resolveEnds(value: Fields, path: ConfigPath, surroundings: Surroundings): Ends | undefined {
  const { sources, checked, findings } = surroundings;
  const { from } = value;
  const read =
    typeof from === 'string' ? resolveFrom(from, [...path, 'from'], checked.sources, findings) : undefined;
  const [first, ...others] = resolveTargets(value, path, surroundings);
  const source = read && sources.get(read.source.name);
  const stream = read && source?.streams.get(read.stream);
  if (source === undefined || stream === undefined || first === undefined) return undefined;
  return { source, stream, targets: [first, ...others] };
}

/** The keys that can be judged each for itself. */
function resolveParts(value: Fields, path: ConfigPath, { checked, findings }: Surroundings): Parts {
  const { map, each } = value;
  if (typeof each === 'string') findings.attempt([...path, 'each'], () => parsePath(each));
  return {
    fields: isFields(map) ? resolveFields(map, [...path, 'map'], findings) : undefined,
    rest: value.rest === 'keep' ? 'keep' : 'drop',
    each: typeof each === 'string' ? each : undefined,
    where: resolveCondition(value.where, [...path, 'where'], findings),
    checks: new Map(isFields(value.checks) ? Object.entries(value.checks) : []),
    columns: stampsOf(value.columns),
    schedule: resolveSchedule(value.schedule, [...path, 'schedule'], findings),
    after: resolveAfter(value.after, checked.pipelines, [...path, 'after'], findings),
    fresh_for: resolveDuration(value.fresh_for, [...path, 'fresh_for'], findings),
    full_every: resolveDuration(value.full_every, [...path, 'full_every'], findings),
    snapshot: resolveSnapshot(value.snapshot, [...path, 'snapshot'], findings),
  };
}

function resolveSnapshot(value: unknown, path: ConfigPath, findings: Findings): Snapshot | undefined {
  if (!isFields(value) || findings.touches(path)) return undefined;
  const { every, timezone, column } = value as unknown as Snapshot;
  findings.attempt([...path, 'timezone'], () => createZone(timezone));
  return { every, timezone, column };
}

/** Names in `primary_key` and `checks` against the columns of the mapping. */
function checkColumns(
  value: Fields,
  checks: PipelineConfig['checks'],
  columns: Columns,
  path: ConfigPath,
  findings: Findings,
): void {
  const keyPath = [...path, 'primary_key'];
  const key = findings.touches(keyPath) ? [] : listOf(value.primary_key);
  for (const [index, column] of key.entries()) {
    requireColumn(
      columns,
      column,
      Array.isArray(value.primary_key) ? [...keyPath, index] : keyPath,
      findings,
    );
  }
  for (const [column, check] of checks) {
    const place = [...path, 'checks', column];
    if (findings.touches(place)) continue;
    requireColumn(columns, column, place, findings, 'key');
    findings.attempt(place, () => compileCheck(column, check));
  }
}

/** The columns that the sink fills may not be mapped as well. */
function checkStamps(stamps: Parts['columns'], columns: Columns, path: ConfigPath, findings: Findings): void {
  const names = Object.entries(stamps).filter(([, name]) => name !== undefined);
  for (const [stamp, name] of names) {
    const mapped = [...columns.fields.keys()].find((column) => column.toLowerCase() === name.toLowerCase());
    const twin = names.find(([other, text]) => other !== stamp && text.toLowerCase() === name.toLowerCase());
    if (mapped === undefined && twin === undefined) continue;
    const message =
      mapped === undefined
        ? `"${name}" is named twice in \`columns\``
        : `"${mapped}" is the column that Syncline fills itself`;
    const help = `Rename the mapped column, or say \`columns: { ${stamp}: OTHER_NAME }\`, or \`columns: { ${stamp}: false }\` to do without.`;
    const place = mapped === undefined ? [...path, 'columns', stamp] : [...path, 'map', mapped];
    findings.error({
      path: place,
      what: mapped === undefined ? 'value' : 'key',
      code: 'config/column',
      message,
      help,
    });
  }
}

function stampsOf(value: unknown): Parts['columns'] {
  const { run_id, synced_at } = isFields(value) ? value : {};
  const name = (stamp: unknown) => (typeof stamp === 'string' && stamp !== '' ? stamp : undefined);
  return { run_id: name(run_id), synced_at: name(synced_at) };
}

/** A list that may be written as one string. */
function listOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
