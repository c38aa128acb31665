import type { Config, PipelineConfig } from '../config/config.ts';
import type { Cell, Column, Reject, SourceRecord } from '../model/types.ts';
import type { Batch } from '../plugin/contract.ts';
import { createMapper } from '../transform/mapper.ts';
import { openReading } from '../transform/reading.ts';
import type { Emit } from './events.ts';
import { deletionsOf, filledPart } from './filled.ts';
import { checkHeader } from './header.ts';
import { type PipelinePart, partsOf, readsOf } from './parts.ts';
import { openSource } from './plugin-calls.ts';
import { pluginContext } from './plugin-context.ts';
import { takeSample } from './sample.ts';
import { readStream } from './stream.ts';
import { strategyOf } from './target.ts';

/** One record, and what the pipeline would make of it. */
export interface Previewed {
  readonly record: SourceRecord;
  /** Columns of each row by name; a missing field is left out. */
  readonly rows: readonly ReadonlyMap<string, Cell>[];
  readonly rejects: readonly Reject[];
  /** Rows that were left out: by `where`, or as the source says that the record is deleted. */
  readonly skipped: number;
  /** The source says that the record is deleted: of its row only the key is known. */
  readonly deleted: boolean;
}

export interface Preview {
  /** What was read, as far as the source tells of it. */
  readonly batches: readonly (Pick<Batch, 'detail' | 'calls' | 'stopped'> & { readonly read: number })[];
  readonly columns: readonly Column[];
  readonly records: readonly Previewed[];
}

/** Reads the first records of a pipeline's stream and maps them; opens no sink and writes nothing. */
export async function preview(
  config: Config,
  pipeline: PipelineConfig,
  limit: number,
  { emit, signal }: { readonly emit: Emit; readonly signal: AbortSignal },
): Promise<Preview> {
  const context = pluginContext(config, `source ${pipeline.source.name}`, emit, signal);
  const source = await openSource(pipeline.source, context);
  try {
    const run = { id: 'preview', started_at: new Date().toISOString() };
    const reading = openReading({ now: run.started_at, exact: false, key: [], full: true, hash: () => '' });
    const part: PipelinePart = partsOf(pipeline)[0]?.[0] ?? pipeline;
    const [first = part] = readsOf(part);
    const stream = readStream(source, first, reading, { signal, max_records: limit });
    const { sample, batches } = await takeSample(stream.batches);
    const { partition } = first;
    const filled = filledPart(part, run.started_at);
    const strategy = (column: string) => strategyOf(filled, column);
    const mapper = createMapper({ ...filled, ...deletionsOf(part), partition, strategy, run });
    mapper.learn(sample, undefined);
    const records: Previewed[] = [];
    const read: Preview['batches'][number][] = [];
    for await (const batch of batches) {
      const { detail, calls, stopped } = batch;
      read.push({ read: batch.read, detail, calls, stopped });
      checkHeader(pipeline, batch.header);
      for (const record of batch.records) {
        const { rows, rejects, skipped, tombstones, scopes } = mapper.map([record]);
        const deleted = tombstones.length > 0 || scopes?.some((scope) => scope.deleted) === true;
        const { columns } = mapper;
        records.push({ record, rows: rows.map((row) => named(columns, row)), rejects, skipped, deleted });
      }
    }
    return { batches: read, columns: mapper.columns, records };
  } finally {
    await source.close();
  }
}

function named(columns: readonly Column[], row: readonly (Cell | undefined)[]): ReadonlyMap<string, Cell> {
  const cells = new Map<string, Cell>();
  for (const [place, { name }] of columns.entries()) {
    const cell = row[place];
    if (cell !== undefined) cells.set(name, cell);
  }
  return cells;
}
