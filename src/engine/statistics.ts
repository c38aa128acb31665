/** What has come of the pipelines so far: rows in their targets, runs, checkpoints, errors. */

import type { Config, PipelineConfig, SinkConfig } from '../config/config.ts';
import { orAborted } from '../http/abort.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import type { Failure } from '../model/result.ts';
import type { OpenSink } from '../plugin/contract.ts';
import type { LastError, State } from '../state/state.ts';
import { type ReportBug, toFailure } from './failure.ts';
import { openedPlugins } from './opened.ts';
import { type PipelinePart, partitionLabel, partsOf, toOf } from './parts.ts';
import { ledgerKey } from './resume.ts';
import { type PipelineStanding, standings } from './standing.ts';

export interface Statistics {
  readonly targets: readonly TargetStatistics[];
  /** How many of the remembered runs ended so, or are under way. */
  readonly runs: Awaited<ReturnType<State['runsByStatus']>>;
  readonly pipelines: readonly PipelineStatistics[];
}

/** What a pipeline writes to. It has no numbers where its sink cannot count; where there is no target yet, they are 0. */
export type TargetStatistics = {
  readonly pipeline: string;
  readonly sink: string;
  readonly target: string;
} & Counted;

type Counted = RowStatistics | { readonly error: Failure } | { readonly total?: undefined };

interface RowStatistics {
  readonly total: number;
  readonly active: number;
  /** Marked as deleted, under `deletes: soft`. */
  readonly deleted: number;
}

export interface PipelineStatistics
  extends Pick<PipelineStanding, 'pipeline' | 'status' | 'lastRun' | 'lastSuccess'> {
  /** Why it last did not reach its end, be it before or after its last success. */
  readonly lastError?: LastError;
  /** Of all its targets and partitions: held where each of them holds one. */
  readonly checkpoint: CheckpointStatistics;
  /** Where the stream has partitions. */
  readonly partitions?: { readonly [partition: string]: CheckpointStatistics };
}

/** Where the next run begins. A sync token is never told, only that there is one. */
export type CheckpointStatistics = {
  /** By what the stream tells what is new; `none`: each run reads all of it. */
  readonly kind: 'cursor' | 'sync_token' | 'none';
} & ({ readonly held: boolean; readonly cursor?: string } | { readonly error: Failure });

export interface StatisticsOptions {
  /** All of the config unless said otherwise. */
  readonly pipelines?: readonly PipelineConfig[];
  readonly signal?: AbortSignal;
  readonly report_bug?: ReportBug;
}

/** Gathers the statistics, and writes nothing. A sink that cannot be asked is an error at what it holds, and no more. */
export async function statistics(
  config: Config,
  state: State,
  options: StatisticsOptions = {},
): Promise<Statistics> {
  const { signal = new AbortController().signal, report_bug } = options;
  const pipelines = options.pipelines ?? [...config.pipelines.values()];
  const parts = pipelines.flatMap((pipeline) => partsOf(pipeline).flat());
  const opened = openedPlugins(config, () => undefined, signal);
  try {
    const failing = (error: unknown) => toFailure(error, config.secrets.redact, report_bug);
    const asking = [...bySink(parts)].map(async ([sink, those]) => {
      const asked = new AskedSink({ open: () => opened.sink(sink), state, signal, failing });
      for (const part of those) await asked.ask(part);
      return asked;
    });
    const asked = await Promise.all(asking);
    const checkpoints = new Map(asked.flatMap((sink) => [...sink.checkpoints]));
    const rows = new Map(asked.flatMap((sink) => [...sink.rows]));
    return {
      targets: targetsOf(parts, rows),
      runs: await state.runsByStatus(),
      pipelines: await pipelinesOf(config, state, pipelines, checkpoints),
    };
  } finally {
    await opened.close();
  }
}

interface Asking {
  readonly open: () => Promise<OpenSink>;
  readonly state: State;
  readonly signal: AbortSignal;
  readonly failing: (error: unknown) => Promise<Failure>;
}

/** One sink, asked one thing after the other; once it cannot be reached, it is not tried again. */
class AskedSink {
  readonly checkpoints = new Map<PipelinePart, CheckpointStatistics>();
  readonly rows = new Map<string, Counted>();
  readonly #asking: Asking;
  #unreachable: Failure | undefined;

  constructor(asking: Asking) {
    this.#asking = asking;
  }

  async ask(part: PipelinePart): Promise<void> {
    const kind = kindOf(part);
    const held = await this.#attempt((sink) => this.#checkpoint(part, sink));
    this.checkpoints.set(part, 'error' in held ? { kind, ...held } : { kind, ...toldOf(held) });
    const name = rowsName(part);
    if (!this.rows.has(name)) this.rows.set(name, await this.#attempt((sink) => this.#count(part, sink)));
  }

  async #checkpoint(part: PipelinePart, { ledger }: OpenSink): Promise<Checkpoint> {
    const key = ledgerKey(part, {});
    const { entry } = await (ledger ?? this.#asking.state.ledger(part.sink.name)).read(key);
    return entry?.checkpoint ?? {};
  }

  async #count(part: PipelinePart, sink: OpenSink): Promise<RowStatistics | { total?: undefined }> {
    if (sink.count === undefined) return {};
    const options = { deleted_at: markOf(part), signal: this.#asking.signal };
    const { total, deleted } = (await sink.count(part.target, options)) ?? { total: 0, deleted: 0 };
    return { total, active: total - deleted, deleted };
  }

  async #attempt<Result>(ask: (sink: OpenSink) => Promise<Result>): Promise<Result | { error: Failure }> {
    if (this.#unreachable) return { error: this.#unreachable };
    const { open, signal, failing } = this.#asking;
    try {
      return await orAborted(open().then(ask), signal);
    } catch (cause) {
      signal.throwIfAborted();
      const error = await failing(cause);
      if (unreachable.has(error.code)) this.#unreachable = error;
      return { error };
    }
  }
}

/** After these the sink is not there for anything else either. */
const unreachable: ReadonlySet<string> = new Set([
  'http/connection',
  'http/timeout',
  'sql/connect',
  'sql/open',
]);

function bySink(parts: readonly PipelinePart[]): ReadonlyMap<SinkConfig, readonly PipelinePart[]> {
  const found = new Map<SinkConfig, PipelinePart[]>();
  for (const part of parts) found.set(part.sink, [...(found.get(part.sink) ?? []), part]);
  return found;
}

/** The column that marks deleted rows. */
function markOf({ deletes }: PipelinePart): string | undefined {
  return deletes?.mode === 'soft' ? deletes.column : undefined;
}

/** What is counted once, whoever writes there. */
function rowsName(part: PipelinePart): string {
  return JSON.stringify([toOf(part), markOf(part)]);
}

function targetsOf(
  parts: readonly PipelinePart[],
  rows: ReadonlyMap<string, Counted>,
): readonly TargetStatistics[] {
  const targets = new Map(parts.map((part) => [`${part.name} ${toOf(part)}`, part]));
  return [...targets.values()].map((part) => ({
    pipeline: part.name,
    sink: part.sink.name,
    target: part.target,
    ...rows.get(rowsName(part)),
  }));
}

async function pipelinesOf(
  config: Config,
  state: State,
  pipelines: readonly PipelineConfig[],
  checkpoints: ReadonlyMap<PipelinePart, CheckpointStatistics>,
): Promise<PipelineStatistics[]> {
  const known = new Map((await standings(config, state, Date.now())).map((one) => [one.pipeline, one]));
  const errors = await state.lastErrors();
  return pipelines.map(({ name }) => {
    const { status = 'never_run', lastRun, lastSuccess } = known.get(name) ?? {};
    const own = [...checkpoints].filter(([part]) => part.name === name);
    const labels = new Set(own.flatMap(([{ partition }]) => (partition ? [partitionLabel(partition)] : [])));
    const inPartition = (label: string) =>
      own.filter(([{ partition }]) => partition && partitionLabel(partition) === label);
    const partitions = [...labels].map((label) => [label, together(inPartition(label))] as const);
    return {
      pipeline: name,
      status,
      lastRun,
      lastSuccess,
      lastError: errors.get(name),
      checkpoint: together(own),
      partitions: partitions.length === 0 ? undefined : Object.fromEntries(partitions),
    };
  });
}

function kindOf({ stream }: PipelinePart): CheckpointStatistics['kind'] {
  if (stream.tokens) return 'sync_token';
  return stream.incremental === undefined ? 'none' : 'cursor';
}

function toldOf({ cursor }: Checkpoint): { held: boolean; cursor?: string } {
  return { held: cursor !== undefined, cursor: cursor?.kind === 'token' ? undefined : cursor?.text };
}

/** Of several parts the worst tells: one that is not known, else one that holds none. Their cursor is told where they agree. */
function together(parts: readonly (readonly [PipelinePart, CheckpointStatistics])[]): CheckpointStatistics {
  const all = parts.map(([, checkpoint]) => checkpoint);
  const worst = all.find((one) => 'error' in one) ?? all.find((one) => 'held' in one && !one.held) ?? all[0];
  if (worst === undefined) return { kind: 'none', held: false };
  if ('error' in worst) return worst;
  const cursors = new Set(all.map((one) => ('held' in one ? one.cursor : undefined)));
  return { ...worst, cursor: cursors.size === 1 ? worst.cursor : undefined };
}
