import type { Mode } from '../model/types.ts';
import type { Columns } from './columns.ts';
import type { Deletes, RowLimit, SinkConfig, TargetConfig } from './config.ts';
import { type Fields, isFields, toFields } from './defaults.ts';
import type { ConfigPath } from './document.ts';
import type { Findings } from './findings.ts';
import { resolveTo } from './references.ts';
import { checkStrategies, resolveStrategies } from './strategies.ts';
import type { Checked } from './validate.ts';

/** One target of a pipeline, and where in the config it says what. */
export interface PipelineTarget extends TargetConfig {
  readonly deletes: Deletes;
  readonly path: ConfigPath;
  readonly modePath: ConfigPath;
  readonly mergePath: ConfigPath;
  /** The columns `merge` names, `*` among them. */
  readonly merged: readonly string[];
  readonly deletesPath: ConfigPath;
  /** The keys of `deletes` that were written. */
  readonly deleting: readonly string[];
}

interface Surroundings {
  readonly checked: Checked;
  readonly sinks: ReadonlyMap<string, SinkConfig>;
  readonly directory: string;
  readonly findings: Findings;
}

/** What `to` names, spelled out; what is not there is told, and left out. */
export function resolveTargets(value: Fields, path: ConfigPath, around: Surroundings): PipelineTarget[] {
  const { to } = value;
  const entries = Array.isArray(to)
    ? to.map((entry, index) => [entry, [...path, 'to', index]] as const)
    : [[to, [...path, 'to']] as const];
  const targets = entries.flatMap(([entry, place]) => {
    const own = isFields(entry) ? entry : toFields([]);
    const named = isFields(entry) ? entry.target : entry;
    const written = isFields(entry) ? [...place, 'target'] : place;
    const found = typeof named === 'string' ? resolveEnd(named, written, around) : undefined;
    return found === undefined
      ? []
      : [targetOf(value, own, { path, place: written, own: place }, found, around)];
  });
  refuseRepeated(targets, around.findings);
  return targets.map((target) => withoutDeletes(withoutMerge(target, targets), targets));
}

/** Checks the strategies of targets that have their own, and those of the pipeline. */
export async function checkTargetStrategies(
  value: Fields,
  targets: readonly PipelineTarget[],
  columns: Columns,
  key: readonly string[],
  path: ConfigPath,
  { directory, findings }: Pick<Surroundings, 'directory' | 'findings'>,
): Promise<void> {
  const merges = [{ merge: mergeOf(value), mergePath: [...path, 'merge'] }, ...ownMerges(value, targets)];
  for (const { merge, mergePath } of merges)
    await checkStrategies(merge, resolveStrategies(merge, directory), columns, key, mergePath, findings);
}

function ownMerges({ to }: Fields, targets: readonly PipelineTarget[]) {
  const entries: readonly unknown[] = Array.isArray(to) ? to : [];
  return targets.flatMap(({ mergePath }) => {
    const entry = mergePath[2] === 'to' ? entries[Number(mergePath[3])] : undefined;
    return isFields(entry) ? [{ merge: mergeOf(entry), mergePath }] : [];
  });
}

function resolveEnd(text: string, path: ConfigPath, { checked, sinks, findings }: Surroundings) {
  const written = resolveTo(text, path, checked.sinks, findings);
  const sink = written && sinks.get(written.sink.name);
  return sink && written && { sink, target: written.target };
}

function targetOf(
  value: Fields,
  own: Fields,
  {
    path,
    place,
    own: ownPath,
  }: { readonly path: ConfigPath; readonly place: ConfigPath; readonly own: ConfigPath },
  { sink, target }: Pick<TargetConfig, 'sink' | 'target'>,
  { directory }: Surroundings,
): PipelineTarget {
  const merge = own.merge === undefined ? mergeOf(value) : mergeOf(own);
  const mode = (own.mode ?? value.mode) as Mode | undefined;
  const deletes = fieldsOf(own.deletes ?? value.deletes);
  return {
    sink,
    target,
    mode: mode ?? sink.plugin.modes[0],
    merge: resolveStrategies(merge, directory),
    path: place,
    modePath: [...(own.mode === undefined ? path : ownPath), 'mode'],
    mergePath: [...(own.merge === undefined ? path : ownPath), 'merge'],
    merged: Object.keys(merge),
    deletes: resolveDeletes(deletes),
    deletesPath: [...(own.deletes === undefined ? path : ownPath), 'deletes'],
    deleting: Object.keys(deletes),
  };
}

/** The pipeline's `merge` is for those of several targets that merge. */
function withoutMerge(target: PipelineTarget, all: readonly PipelineTarget[]): PipelineTarget {
  const isOwn = target.mergePath[2] === 'to';
  if (isOwn || merges(target) || !all.some(merges)) return target;
  return { ...target, merge: { fields: new Map(), others: { type: 'overwrite' } }, merged: [] };
}

/** Its `deletes` is for those that mirror, or else for those that replace: the others need not be able to. */
function withoutDeletes(target: PipelineTarget, all: readonly PipelineTarget[]): PipelineTarget {
  const isOwn = target.deletesPath[2] === 'to';
  const meant = (['mirror', 'replace'] as const).find((mode) => all.some((other) => other.mode === mode));
  return isOwn || meant === undefined || target.mode === meant ? target : { ...target, deleting: [] };
}

function merges({ mode }: PipelineTarget): boolean {
  return mode === 'upsert' || mode === 'mirror';
}

function resolveDeletes({ mode = 'soft', column = '_deleted_at', max = '20%' }: Fields): Deletes {
  return { mode: mode as Deletes['mode'], column: String(column), max: limitOf(max) };
}

/** A number of rows, or a share. */
export function limitOf(max: unknown): RowLimit {
  return typeof max === 'string' && max.endsWith('%')
    ? { percent: Number(max.slice(0, -1)) }
    : { rows: Number(max) };
}

function refuseRepeated(targets: readonly PipelineTarget[], findings: Findings): void {
  for (const [index, { sink, target, path }] of targets.entries()) {
    if (!targets.slice(0, index).some((other) => other.sink === sink && other.target === target)) continue;
    const message = `${sink.name}.${target} is named twice`;
    findings.error({ path, code: 'config/target', message, help: 'Name each target once.' });
  }
}

function mergeOf({ merge }: Fields): Fields {
  return fieldsOf(merge);
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : toFields([]);
}
