import type { PipelineConfig } from '../config/config.ts';
import type { Emit } from '../engine/events.ts';
import { type Plan, plan as planRun } from '../engine/plan.ts';
import type { PlannedChanges } from '../engine/planning.ts';
import { selectPipelines } from '../engine/select.ts';
import type { RowKey } from '../model/changes.ts';
import { showJson } from '../model/json.ts';
import { plural } from '../model/plural.ts';
import type { PipelineResult } from '../model/result.ts';
import type { Value } from '../model/types.ts';
import { changeLines, keyText } from '../tui/changes.ts';
import { count } from '../tui/numbers.ts';
import { printable, shortened } from '../tui/printable.ts';
import { tellWarnings } from './diagnostics.ts';
import { writeCrash } from './error.ts';
import { rangeOf } from './range.ts';
import type { RunFlags } from './run.ts';
import { openConfig, type Shell } from './shell.ts';
import { stopSignal } from './stop.ts';

export interface PlanFlags extends Omit<RunFlags, 'dryRun'> {
  readonly diff: boolean;
  readonly limit?: number;
  readonly exitCode: boolean;
  /** A file to save it to. */
  readonly out?: string;
}

/** So many changes of a pipeline are shown, unless said otherwise. */
const shown = 10;

/** Tells what a run would do. The exit code is that of the run, or 4 where changes are asked about and there are some. */
export async function plan(shell: Shell, names: readonly string[], flags: PlanFlags): Promise<number> {
  const range = rangeOf(flags, new Date());
  const config = await openConfig(shell);
  tellWarnings(shell, config.warnings);
  const pipelines = selectPipelines(config, names, flags.select);
  const stop = stopSignal();
  const planned = await planRun(config, {
    pipelines,
    ...range,
    limit: flags.limit ?? (flags.diff ? Number.POSITIVE_INFINITY : shown),
    out: flags.out,
    allow_again: shell.yes,
    concurrency: flags.concurrency,
    emit: warnings(shell),
    signal: stop.signal,
    max_records: flags.maxRecords,
    adopt: flags.adopt,
    accept_schema: flags.acceptSchema,
    allow_empty: flags.allowEmpty,
    allow_rejects: flags.allowRejects,
    report_bug: (error) => writeCrash(error, shell.redact),
  }).finally(stop.forget);
  if (planned.unsaved) throw planned.unsaved;
  shell.print(shell.output === 'table' ? text(shell, pipelines, planned, flags) : document(shell, planned));
  const { exitCode } = planned.result;
  return flags.exitCode && planned.pending && (exitCode === 0 || exitCode === 3) ? 4 : exitCode;
}

/** Rows that would be rejected are counted, and what went wrong is in the plan. */
function warnings(shell: Shell): Emit {
  return (event) => {
    if (event.type !== 'notice' || event.level !== 'warn' || shell.ui === 'quiet') return;
    const where = event.pipeline === undefined ? '' : `${printable(event.pipeline)}: `;
    shell.tell(`warning: ${where}${printable(event.message)}\n`);
  };
}

function text(
  shell: Shell,
  pipelines: readonly PipelineConfig[],
  { result, changes }: Plan,
  { diff: values, out }: PlanFlags,
): string {
  const parts = pipelines.flatMap((pipeline) => {
    const ended = result.pipelines[pipeline.name];
    const change = changes.get(pipeline.name);
    return ended && change ? pipelineLines(shell, pipeline, ended, change, values) : [];
  });
  const results = Object.values(result.pipelines);
  const sum = (counted: (one: PipelineResult) => number) =>
    count(results.reduce((all, one) => all + counted(one), 0));
  const last = `Plan: ${sum((one) => one.inserted)} to create, ${sum((one) => one.updated)} to update, ${sum((one) => one.deleted)} to delete in ${plural(results.length, 'pipeline')}. Nothing was written.`;
  const saved = out === undefined ? [] : [`To do exactly this: syncline run --plan ${out}`];
  return [...parts, last, ...saved].map((line) => `${line.trimEnd()}\n`).join('');
}

/** What stands on the right begins here. */
const aside = 51;

function pipelineLines(
  { look }: Shell,
  pipeline: PipelineConfig,
  result: PipelineResult,
  { cursor, columns, schema_changes, changes, more, kept, exact }: PlannedChanges,
  values: boolean,
): string[] {
  const { name, source, stream, targets } = pipeline;
  const to = targets.map(({ sink, target }) => `${sink.name}.${target}`).join(', ');
  const arrow = look.unicode ? '→' : '->';
  const from = `${name}   ${source.name}.${stream.name} ${arrow} ${to}`;
  if (result.status === 'skipped') return [`${from.padEnd(aside)}${printable(result.reason ?? 'skipped')}`];
  const field = stream.incremental?.cursor_field;
  const begin =
    cursor?.kind === 'token'
      ? `sync token ${shortened(cursor.text, 40)}`
      : cursor && field && `cursor ${field} ${look.unicode ? '≥' : '>='} ${printable(cursor.text)}`;
  const fields =
    columns.length > 0
      ? `${plural(columns.length, 'field')} change: ${columns.map(printable).join(', ')}`
      : '';
  const lines = [
    `${from.padEnd(aside)}${begin ?? ''}`,
    `${countsText(result).padEnd(aside)}${exact ? fields : 'rows that would be written: what is there is not known'}`,
    ...schema_changes.map((change) => `    ${printable(change)}`),
    ...changes.flatMap((change) => changeLines(change, look, values)),
    ...kept.map(
      (one) =>
        `    = ${keyText(one.key)}   ${one.columns.map(printable).join(', ')}  kept: edited by hand  (keep_edits)`,
    ),
  ];
  if (more > 0) lines.push(`    and ${count(more)} more: --diff, --limit N`);
  if (result.error) lines.push(...errorLines(result.error));
  return lines;
}

function countsText({
  inserted,
  updated,
  deleted,
  unchanged,
  rejected,
  skipped,
  kept,
}: PipelineResult): string {
  const counts = [
    `+ ${count(inserted)}`,
    `~ ${count(updated)}`,
    `- ${count(deleted)}`,
    `= ${count(unchanged)}`,
  ];
  if (rejected > 0) counts.push(`! ${count(rejected)}`);
  if (skipped > 0) counts.push(`${count(skipped)} skipped`);
  if (kept > 0) counts.push(`${count(kept)} kept`);
  return `  ${counts.join('   ')}`;
}

function errorLines({ code, message, hint }: NonNullable<PipelineResult['error']>): string[] {
  return [`    ${printable(message)}  [${code}]`, ...(hint === undefined ? [] : [`    ${printable(hint)}`])];
}

function document(shell: Shell, { result, changes, pending }: Plan): string {
  const pipelines = Object.entries(result.pipelines).map(([name, ended]) => {
    const planned = changes.get(name);
    const told = planned && {
      exact: planned.exact,
      cursor: planned.cursor?.text,
      schema_changes: planned.schema_changes,
      columns: planned.columns,
      changes: planned.changes.map(({ kind, key, fields }) => ({ kind, key: named(key), fields })),
      more: planned.more,
      kept_fields: planned.kept.map(({ key, columns }) => ({ key: named(key), columns })),
    };
    return [name, { ...ended, ...told }] as const;
  });
  const whole = { status: result.status, pending, pipelines: Object.fromEntries(pipelines) };
  return `${showJson(whole, shell.redact)}\n`;
}

function named(key: RowKey): { readonly [column: string]: Value } {
  return Object.fromEntries(key);
}
