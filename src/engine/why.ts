import type { Config, PipelineConfig } from '../config/config.ts';
import type { RowHistory } from '../model/changes.ts';
import { SyncError } from '../model/errors.ts';
import type { Cell } from '../model/types.ts';
import { openJournals } from './journals.ts';
import { pipelineNamed } from './select.ts';

/** Where the value of one field comes from. */
export interface Origin {
  readonly field: string;
  readonly value: Cell;
  /** Undefined where the journal does not go back that far. */
  readonly run?: string;
  readonly at?: string;
  readonly pipeline?: string;
  /** `source.stream` */
  readonly source?: string;
  /** Undefined where the value came with the new row. */
  readonly strategy?: string;
  readonly before?: Cell;
  /** True when the value is not the one that was written last. */
  readonly edited?: boolean;
}

export interface Origins {
  readonly fields: readonly Origin[];
  /** The run that wrote the row last, where a column of it tells. */
  readonly lastRun?: string;
}

/** Tells of a row, or of one field of it, which run gave it its value. The values of a key have commas between them. */
export async function originsOf(config: Config, name: string, key: string, field?: string): Promise<Origins> {
  const pipeline = pipelineNamed(config, name);
  const journals = openJournals(config);
  try {
    const journal = (await journals.of(pipeline.sink))?.journal;
    if (journal === undefined) throw noJournal(pipeline);
    const history = await journal.history(pipeline.target, keyOf(pipeline, key));
    const { run_id } = pipeline.columns;
    const stamp = run_id === undefined ? undefined : history.row?.[run_id];
    return {
      fields: fieldsOf(config, pipeline, history, key, field),
      lastRun: typeof stamp === 'string' ? stamp : undefined,
    };
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

function fieldsOf(
  config: Config,
  { name, sink, target, primary_key, columns }: PipelineConfig,
  { row, changes }: RowHistory,
  key: string,
  wanted: string | undefined,
): Origin[] {
  if (row === undefined) throw missing(`${sink.name}.${target} has no row ${key}`, changes);
  const stamps = [columns.run_id, columns.synced_at];
  const fields = Object.keys(row).filter((field) =>
    wanted === undefined ? !primary_key.includes(field) && !stamps.includes(field) : field === wanted,
  );
  if (wanted !== undefined && fields.length === 0)
    throw new SyncError('usage/invalid', `the target of "${name}" has no column "${wanted}"`, {
      hint: `Its columns are: ${Object.keys(row).join(', ')}.`,
    });
  return fields.map((field) => originOf(config, field, row[field] ?? null, changes));
}

function originOf(config: Config, field: string, value: Cell, changes: RowHistory['changes']): Origin {
  for (const { run, at, pipeline, change } of changes) {
    const from = { run, at, pipeline, source: sourceOf(config, pipeline) };
    if (change.kind === 'insert') return { field, value, ...from };
    const { before, after, strategy } = change.fields.find(({ column }) => column === field) ?? {};
    if (strategy !== undefined) return { field, value, ...from, strategy, before, edited: after !== value };
  }
  return { field, value };
}

/** By the name of a checkpoint, which begins with the pipeline's. */
function sourceOf({ pipelines }: Config, checkpoint: string): string | undefined {
  const found = pipelines.get(checkpoint.split(' ', 1)[0] ?? '');
  return found && `${found.source.name}.${found.stream.name}`;
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
