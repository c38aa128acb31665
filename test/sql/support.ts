import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Driver from 'libsql';
import { onTestFinished } from 'vitest';
import type { ColumnType, Row, RowBatch, Strategy, Target } from '../../src/model/types.ts';
import type { Committed, OpenSink } from '../../src/plugin/contract.ts';
import { openTargets } from '../../src/sql/index.ts';

/** The path of a database file that is not there yet, in a folder that goes with the test. */
export function databaseFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'syncline-sql-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'test.db');
}

/** Another client: a plain connection of the driver. */
export function otherClient(path: string): Driver.Database {
  const client = new Driver(path);
  client.defaultSafeIntegers(true);
  onTestFinished(() => void client.close());
  return client;
}

/** The rows of a query as another client reads them. */
export function readBack(path: string, sql: string): unknown[][] {
  return otherClient(path).prepare(sql).raw().all([]) as unknown[][];
}

export async function targetsOf(path: string): Promise<OpenSink> {
  const sink = await openTargets({ path, patience: 1_000 });
  onTestFinished(() => sink.close());
  return sink;
}

const firstLease: RowBatch['ledger'] = { fence: 1, basis: 'basis', checkpoint: {} };

export type ColumnShape = readonly [name: string, type: ColumnType, strategy?: Strategy['type']];

export interface TargetShape {
  readonly name?: string;
  readonly pipeline?: string;
  readonly mode?: Target['mode'];
  readonly columns: readonly ColumnShape[];
  readonly key?: readonly number[];
  readonly within?: readonly number[];
  readonly stamps?: Target['stamps'];
}

export function targetOf(shape: TargetShape): Target {
  return {
    pipeline: shape.pipeline ?? 'tested',
    name: shape.name ?? 'rows',
    mode: shape.mode ?? 'upsert',
    columns: shape.columns.map(([name, type, strategy = 'overwrite']) => {
      return { name, type, strategy: { type: strategy } as Strategy, tracked: strategy === 'keep_edits' };
    }),
    primary_key: shape.key ?? [0],
    within: shape.within,
    stamps: shape.stamps ?? {},
    run: { id: '01RUN', started_at: '2026-01-01T00:00:00.000Z' },
  };
}

/** Commits one batch through a writer of its own; each is the first of its run unless `rest` says otherwise. */
export async function commitRows(
  sink: OpenSink,
  shape: TargetShape | Target,
  rows: readonly Row[],
  rest: Partial<Pick<RowBatch, 'scopes' | 'tombstones' | 'number' | 'ledger'>> = {},
): Promise<Committed> {
  const target = 'primary_key' in shape ? shape : targetOf(shape);
  const writer = await sink.begin(target);
  const committed = await writer.commit({ target, number: 1, rows, ledger: firstLease, ...rest });
  await writer.close();
  return committed;
}
