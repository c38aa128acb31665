/** What the mode matrix says of deleting rows, and of snapshots. */

import type { Deletes, PipelineConfig, StreamConfig } from './config.ts';
import type { ConfigPath } from './document.ts';
import type { Findings } from './findings.ts';
import type { Combination } from './matrix.ts';
import type { PipelineTarget } from './pipeline-targets.ts';

/** How a target deletes rows; undefined where nothing ever tells it to. */
export function deletesOf(
  { mode, deletes, sink }: Pick<PipelineTarget, 'mode' | 'deletes' | 'sink'>,
  { deleted_when, tokens }: StreamConfig,
): Deletes | undefined {
  if (mode === 'mirror' || (mode === 'upsert' && (deleted_when !== undefined || tokens))) return deletes;
  // What is absent goes for good.
  if (mode === 'replace' && sink.plugin.capabilities.includes('absence')) return { ...deletes, mode: 'hard' };
  return undefined;
}

/** Refuses what of this does not go together. */
export function checkDeletions(combination: Combination, findings: Findings): void {
  checkDeletedWhen(combination, findings);
  checkDeletes(combination, findings);
  checkMirror(combination, findings);
  checkSyncToken(combination, findings);
  checkFilledColumns(combination, findings);
  if (combination.mode !== 'snapshot' || combination.snapshot !== undefined) return;
  const message = 'the mode snapshot does not say how often: one row per key and period is kept';
  const help = 'Add `snapshot: { every: day }`, or hour, week, month.';
  findings.error({ path: combination.modePath, code: 'config/mode', message, help });
}

function checkDeletedWhen(
  { modePath, path, mode, source, stream, each, replaceWithin }: Combination,
  findings: Findings,
): void {
  if (stream.deleted_when === undefined) return;
  const from = `${source.name}.${stream.name}`;
  if (mode !== 'upsert' && mode !== 'mirror') {
    const message = `the stream ${from} tells which records are deleted (\`deleted_when\`), which is for the modes upsert and mirror, and this is ${mode}`;
    const help = 'Read it as another stream without `deleted_when`, or choose another mode.';
    findings.error({ path: modePath, code: 'config/mode', message, help });
  } else if (each && !replaceWithin) {
    const message = `the stream ${from} tells which records are deleted (\`deleted_when\`), and under \`each\` nothing says which rows were theirs`;
    const help = 'Add `replace_within: true`, or read it as another stream without `deleted_when`.';
    findings.error({ path: [...path, 'each'], code: 'config/mode', message, help });
  }
}

function checkDeletes(combination: Combination, findings: Findings): void {
  const { mode, sink, stream, deletesPath, deleting } = combination;
  if (deleting.length === 0) return;
  const refuse = (path: ConfigPath, message: string, help: string) =>
    findings.error({ path, what: 'key', code: 'config/mode', message, help });
  if (deletesOf(combination, stream) === undefined) {
    const why =
      mode === 'upsert'
        ? 'an upsert deletes only what the stream tells is deleted (`deleted_when`, sync tokens)'
        : mode === 'replace'
          ? `"${sink.name}" (${sink.plugin.name}) is written anew whole`
          : `this is ${mode}`;
    refuse(
      deletesPath,
      `\`deletes\` is for pipelines that delete rows, and ${why}`,
      'Leave `deletes` out (`deletes: null` where it comes from `defaults`), or choose `mode: mirror`.',
    );
    return;
  }
  const stray = mode === 'replace' ? deleting.find((key) => key !== 'max') : undefined;
  if (stray !== undefined)
    refuse(
      [...deletesPath, stray],
      `\`deletes.${stray}\` does not apply to the mode replace: what a read does not contain goes for good`,
      'Leave it out, or choose `mode: mirror`.',
    );
}

function checkMirror({ modePath, mode, sink, stream, fullEvery }: Combination, findings: Findings): void {
  if (mode !== 'mirror') return;
  if (!sink.plugin.capabilities.includes('absence')) {
    const message = `the sink "${sink.name}" (${sink.plugin.name}) cannot tell what a read did not contain, so it cannot mirror`;
    findings.error({ path: modePath, code: 'config/mode', message, help: 'Choose `mode: upsert`.' });
  }
  if (stream.incremental === undefined || fullEvery) return;
  const message =
    'a mirror deletes what a full read does not contain, and this stream is read from its cursor on';
  const help = 'Say how often all of it is read: `full_every: 1d`.';
  findings.error({ path: modePath, code: 'config/mode', message, help });
}

/** A stream that is read by tokens is read whole when its token expires, and then compared with the target. */
function checkSyncToken(
  { modePath, path, mode, source, sink, stream, deletes }: Combination,
  findings: Findings,
): void {
  const option = source.plugin.tokenOption;
  if (!stream.tokens || option === undefined) return;
  const from = `${source.name}.${stream.name}`;
  const refuse = (place: ConfigPath, message: string, help: string) =>
    findings.error({ path: place, code: 'config/mode', message, help });
  if (stream.incremental !== undefined)
    refuse(
      ['sources', source.name, 'streams', stream.name, option],
      `the stream ${from} has both \`${option}\` and \`incremental\`, and each says where a run begins`,
      'Leave one of the two out.',
    );
  else if (mode !== 'upsert')
    refuse(
      modePath,
      `the stream ${from} is read by sync tokens (\`${option}\`), which is for the mode upsert, and this is ${mode}`,
      `Choose \`mode: upsert\`, or read it as another stream without \`${option}\`.`,
    );
  else if (deletes.mode !== 'ignore' && !sink.plugin.capabilities.includes('absence'))
    refuse(
      [...path, 'to'],
      `the sink "${sink.name}" (${sink.plugin.name}) cannot tell what a read did not contain, which is how deletions are found once a sync token has expired`,
      'Add `deletes: { mode: ignore }` to leave such rows, or write to another sink.',
    );
}

/** The columns that Syncline fills itself may not be mapped, nor be one. */
function checkFilledColumns(combination: Combination, findings: Findings): void {
  const { mode, path, columns, stamps, stream, snapshot, deletesPath } = combination;
  const deletes = deletesOf(combination, stream);
  const filled = [
    ...(deletes?.mode === 'soft' ? [[deletes.column, [...deletesPath, 'column']] as const] : []),
    ...(mode === 'snapshot' && snapshot ? [[snapshot.column, [...path, 'snapshot', 'column']] as const] : []),
  ];
  for (const [name, option] of filled) {
    const isSame = (other: string | undefined) => other?.toLowerCase() === name.toLowerCase();
    const mapped = [...columns.fields.keys()].find(isSame);
    const stamp = Object.values(stamps).find(isSame);
    if (mapped === undefined && stamp === undefined) continue;
    const place = mapped === undefined ? [...path, 'columns'] : [...path, 'map', mapped];
    const message = `"${mapped ?? stamp}" is the column that Syncline fills itself`;
    const help = `Give one of the two another name: \`${option.slice(-2).join(': { ')}: OTHER_NAME }\`.`;
    findings.error({ path: place, what: 'key', code: 'config/column', message, help });
  }
}

/** `snapshot` says something of targets in that mode only. */
export function checkSnapshotUse(
  snapshot: PipelineConfig['snapshot'],
  targets: readonly PipelineTarget[],
  path: ConfigPath,
  findings: Findings,
): void {
  if (snapshot === undefined || targets.some(({ mode }) => mode === 'snapshot')) return;
  const message = `\`snapshot\` is for the mode snapshot, and this is ${targets.map(({ mode }) => mode).join(', ')}`;
  const help = 'Leave it out, or choose `mode: snapshot`.';
  findings.error({ path: [...path, 'snapshot'], what: 'key', code: 'config/mode', message, help });
}
