import type { Config, PipelineConfig } from '../config/config.ts';
import type { Cell, Column, Reject, SourceRecord, Value } from '../model/types.ts';
import type { Batch } from '../plugin/contract.ts';
import { createMapper } from '../transform/mapper.ts';
import { openReading } from '../transform/reading.ts';
import type { Emit } from './events.ts';
import { deletionsOf, filledPart } from './filled.ts';
import { checkHeader } from './header.ts';
import { openedPlugins } from './opened.ts';
import { Parents } from './parents.ts';
import { type PipelinePart, partsOf, readsOf } from './parts.ts';
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
  const opened = openedPlugins(config, emit, signal);
  const run = { id: 'preview', started_at: new Date().toISOString() };
  const { started_at } = run;
  const parents = new Parents({ pipelines: [pipeline], started_at, signal, max_records: limit });
  try {
    const source = await opened.source(pipeline.source);
    const reading = openReading({
      incremental: pipeline.stream.incremental,
      now: run.started_at,
      exact: false,
      key: [],
      full: true,
      hash: () => '',
    });
    const part: PipelinePart = partsOf(pipeline)[0]?.[0] ?? pipeline;
    const [first = part] = readsOf(part);
    const whole = parents.around(source, pipeline);
    const stream = readStream(whole, first, reading, { signal, max_records: limit });
    const { sample, siblings, batches } = await takeSample(stream.batches);
    const { partition } = first;
    const filled = filledPart(part, run.started_at);
    const strategy = (column: string) => strategyOf(filled, column);
    const mapper = createMapper({ ...filled, ...deletionsOf(part), partition, strategy, run });
    mapper.learn(sample, undefined, undefined, siblings);
    const records: Previewed[] = [];
    const read: Preview['batches'][number][] = [];
    for await (const batch of batches) {
      const { detail, calls, stopped } = batch;
      read.push({ read: batch.read, detail, calls, stopped });
      checkHeader(pipeline, batch.header);
      const around = batch.siblings?.flatMap(({ parent, records: count }) => Array(count).fill(parent));
      for (const [place, record] of batch.records.entries()) {
        const alone = around && [{ parent: around[place] as Value, records: 1, whole: false }];
        const { rows, rejects, skipped, tombstones, scopes } = mapper.map([record], partition, alone);
        const deleted = tombstones.length > 0 || scopes?.some((scope) => scope.deleted) === true;
        const { columns } = mapper;
        records.push({ record, rows: rows.map((row) => named(columns, row)), rejects, skipped, deleted });
      }
    }
    return { batches: read, columns: mapper.columns, records };
  } finally {
    await parents.close();
    await opened.close();
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
