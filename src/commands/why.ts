import type { PipelineConfig } from '../config/config.ts';
import { openJournals } from '../engine/journals.ts';
import { pipelineNamed } from '../engine/select.ts';
import type { RowHistory } from '../model/changes.ts';
import { SyncError } from '../model/errors.ts';
import type { Cell } from '../model/types.ts';
import { cellText } from '../tui/changes.ts';
import { printable } from '../tui/printable.ts';
import { columns, moment, openConfig, printList, type Shell } from './shell.ts';

/** Where the value of one field comes from. */
interface Reason {
  readonly field: string;
  readonly value: Cell;
  /** Undefined where the journal does not go back that far. */
  readonly run?: string;
  readonly at?: string;
  readonly pipeline?: string;
  readonly source?: string;
  readonly strategy?: string;
  readonly before?: Cell;
  /** True when the value is not the one that was written last. */
  readonly edited?: boolean;
}

/** Tells of a row, or of one field of it, which run gave it its value. */
export async function why(shell: Shell, name: string, key: string, field: string | undefined): Promise<void> {
  const config = await openConfig(shell);
  const pipeline = pipelineNamed(config, name);
  const journals = openJournals(config);
  try {
    const journal = (await journals.of(pipeline.sink))?.journal;
    if (journal === undefined) throw noJournal(pipeline);
    const history = await journal.history(pipeline.target, keyOf(pipeline, key));
    const sourceOf = (pipeline: string) => {
      const found = config.pipelines.get(pipeline.split(' ', 1)[0] ?? '');
      return found && `${found.source.name}.${found.stream.name}`;
    };
    const reasons = reasonsOf(history, pipeline, sourceOf, key, field);
    printList(shell, reasons, () => text(reasons, history, pipeline));
  } finally {
    await journals.close();
  }
}

function keyOf({ name, primary_key }: PipelineConfig, text: string): (readonly [string, string])[] {
  if (primary_key.length === 0)
    throw new SyncError('usage/invalid', `"${name}" has no primary key, so its rows cannot be told apart`);
  const values = primary_key.length === 1 ? [text] : text.split(',');
  if (values.length !== primary_key.length)
    throw new SyncError('usage/invalid', `the key of "${name}" has ${primary_key.length} values`, {
      hint: `Write them with commas between them: ${primary_key.join(',')}.`,
    });
  return primary_key.map((column, index) => [column, values[index] ?? '']);
}

function reasonsOf(
  { row, changes }: RowHistory,
  { name, sink, target, primary_key, columns }: PipelineConfig,
  sourceOf: (pipeline: string) => string | undefined,
  key: string,
  wanted: string | undefined,
): Reason[] {
  if (row === undefined) throw missing(`${sink.name}.${target} has no row ${key}`, changes);
  const stamps = [columns.run_id, columns.synced_at];
  const fields = Object.keys(row).filter((field) =>
    wanted === undefined ? !primary_key.includes(field) && !stamps.includes(field) : field === wanted,
  );
  if (wanted !== undefined && fields.length === 0)
    throw new SyncError('usage/invalid', `the target of "${name}" has no column "${wanted}"`, {
      hint: `Its columns are: ${Object.keys(row).join(', ')}.`,
    });
  return fields.map((field) => {
    const value = row[field] ?? null;
    for (const { run, at, pipeline, change } of changes) {
      const from = { run, at, pipeline, source: sourceOf(pipeline) };
      if (change.kind === 'insert') return { field, value, ...from };
      const { before, after, strategy } = change.fields.find(({ column }) => column === field) ?? {};
      if (strategy !== undefined) return { field, value, ...from, strategy, before, edited: after !== value };
    }
    return { field, value };
  });
}

function text(
  reasons: readonly Reason[],
  { row }: RowHistory,
  { columns: { run_id } }: PipelineConfig,
): string {
  const stamp = run_id === undefined ? undefined : row?.[run_id];
  const last = typeof stamp === 'string' ? `; the row was last written by run ${stamp}` : '';
  return columns([
    ['FIELD', 'VALUE', 'WHY'],
    ...reasons.map((reason) => [
      printable(reason.field),
      cellText(reason.value),
      printable(reason.run === undefined ? `the journal does not go back that far${last}` : sentence(reason)),
    ]),
  ]);
}

function sentence({ run, at, pipeline, source, strategy, before, edited }: Reason): string {
  const by = `${pipeline}${source === undefined ? '' : ` from ${source}`}, run ${run}, ${moment(at)}`;
  if (strategy === undefined) return `with the new row: ${by}`;
  const was = `${strategy}: ${by}; before: ${cellText(before ?? null)}`;
  return edited ? `changed since by somebody else; last ${was}` : was;
}

function noJournal({ name, sink }: PipelineConfig): SyncError {
  return new SyncError('usage/invalid', `the sink "${sink.name}" of "${name}" keeps no journal`, {
    hint: 'SQL sinks do.',
  });
}

function missing(message: string, changes: RowHistory['changes']): SyncError {
  const last = changes[0];
  const hint =
    last === undefined
      ? 'The journal does not know it either.'
      : `The last change the journal knows of it: ${last.change.kind} by ${last.pipeline}, run ${last.run}.`;
  return new SyncError('usage/invalid', message, { hint });
}
