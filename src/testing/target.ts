import assert from 'node:assert/strict';
import type { Cell, Column, Mode, Row, RowBatch, RowCounts, Strategy, Target } from '../model/types.ts';
import type { AbsenceCounts, CompleteRead } from '../plugin/absence-contract.ts';
import type { OpenSink, SinkDefinition, Writer } from '../plugin/contract.ts';
import { context, type Test } from './suite.ts';

export interface SinkSuite {
  readonly test: Test;
  readonly definition: SinkDefinition;
  /** The sink's options, complete; called once per test, for a place that has nothing in it. */
  readonly options: () => Promise<{ readonly [name: string]: unknown }>;
  /**
   * The rows now in the target, read with another client, as cells of these columns (null where there is none), in
   * any order; undefined when there is no such target.
   */
  readonly read: (
    target: string,
    columns: readonly Column[],
  ) => Promise<readonly (readonly Cell[])[] | undefined>;
  /** Where a target can have constraints: makes a column of one unique, as its owner would with another client. */
  readonly makeUnique?: (target: string, column: string) => Promise<void>;
  readonly directory?: string;
}

export const columns = [
  { name: 'id', type: 'integer' },
  { name: 'name', type: 'string' },
  { name: 'seen', type: 'integer' },
  { name: 'tags', type: 'json' },
] as const satisfies readonly Column[];

export const run = { id: '01TESTRUN00000000000000000', started_at: '2026-01-02T03:04:05.000Z' };

/** A target of the tests; without columns of its own it has `columns`. */
export interface TargetShape {
  readonly mode: Mode;
  readonly columns?: readonly Column[];
  readonly key?: readonly number[];
  readonly deleted_at?: number;
  readonly strategies?: { readonly [column: string]: Strategy['type'] };
}

/** Gives a test an open sink of its own. */
export async function opened(suite: SinkSuite, work: (sink: OpenSink) => Promise<void>): Promise<void> {
  const sink = await suite.definition.open(await suite.options(), context(suite.directory));
  try {
    await work(sink);
  } finally {
    await sink.close();
  }
}

/** Writes batches to a complete end, and adds up what they did. */
export async function write(
  sink: OpenSink,
  shape: TargetShape,
  batches: readonly (readonly Row[])[],
): Promise<RowCounts> {
  const writer: Writer = await sink.begin({ name: 'rows', mode: shape.mode, run });
  const sum = { ...noRows };
  try {
    for (const [index, rows] of batches.entries()) {
      const batch = batchOf(shape, rows, index + 1);
      if (index === 0 && remembersSeen(sink, shape)) await sink.absence?.forget(readOf(shape, 0));
      const counts = await writer.commit(batch);
      for (const name of Object.keys(sum) as (keyof RowCounts)[]) sum[name] += counts[name];
    }
    await complete(sink, writer, shape, batches.length + 1, sum);
  } finally {
    await writer.close();
  }
  return sum;
}

/** Ends a complete read: what was written aside becomes visible, and what was absent is deleted. */
export async function complete(
  sink: OpenSink,
  writer: Writer,
  shape: TargetShape,
  number: number,
  sum: { -readonly [name in keyof RowCounts]: number } = { ...noRows },
): Promise<AbsenceCounts | undefined> {
  await writer.complete?.();
  if (!remembersSeen(sink, shape)) return undefined;
  const read = readOf(shape, number);
  const counts = await sink.absence?.count(read);
  if (counts === undefined || counts.withheld) return counts;
  const applied = await sink.absence?.apply(read, counts);
  for (const name of Object.keys(sum) as (keyof RowCounts)[]) sum[name] += applied?.[name] ?? 0;
  return counts;
}

const noRows = { inserted: 0, updated: 0, unchanged: 0, deleted: 0, kept: 0 };

function remembersSeen({ absence }: OpenSink, { mode }: TargetShape): boolean {
  return absence !== undefined && (mode === 'mirror' || mode === 'replace');
}

export function readOf(shape: TargetShape, number: number): CompleteRead {
  const { target, ledger } = batchOf(shape, [], number);
  return { target, number, ledger, parts: [target.pipeline], signal: new AbortController().signal };
}

export function batchOf(shape: TargetShape, rows: readonly Row[], number: number): RowBatch {
  const target: Target = {
    pipeline: 'tested',
    name: 'rows',
    mode: shape.mode,
    columns: (shape.columns ?? columns).map((column) => {
      const type = shape.strategies?.[column.name] ?? 'overwrite';
      return { ...column, strategy: { type } as Strategy, tracked: type === 'keep_edits' };
    }),
    primary_key: shape.key ?? [],
    deleted_at: shape.deleted_at,
    stamps: {},
    run,
  };
  const seen = shape.mode === 'mirror' ? { keys: [], withhold: false } : undefined;
  return { target, number, rows, seen, ledger: { fence: 1, basis: 'tested', checkpoint: {} } };
}

export async function expectRows(suite: SinkSuite, rows: readonly (readonly Cell[])[]): Promise<void> {
  assert.deepEqual(sorted(await suite.read('rows', columns)), sorted(rows));
}

/** Rows in an order of their own, so that the order of the target does not matter. */
export function sorted(rows: readonly (readonly Cell[])[] | undefined): string[] | undefined {
  return rows?.map((row) => row.map((cell) => `${typeof cell}:${String(cell)}`).join(' | ')).sort();
}
