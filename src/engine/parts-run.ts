import type { PipelineConfig } from '../config/config.ts';
import type { LedgerEntry } from '../model/checkpoint.ts';
import {
  addCounts,
  countsBeside,
  type Failure,
  latestOf,
  type PipelineResult,
  worstOutcome,
} from '../model/result.ts';
import type { Ledger, OpenSink } from '../plugin/contract.ts';
import type { Holder } from '../state/state.ts';
import { CompleteReads } from './absence.ts';
import { refuseOtherKey } from './key.ts';
import { type PipelinePart, partitionLabel, partsOf, toOf } from './parts.ts';
import type { Ended, RunShared } from './pipeline.ts';
import { ledgerKey, type ReadScope } from './resume.ts';
import { Retry } from './retry.ts';
import { moveCursor } from './rollback.ts';
import { type Begun, begin, type PipelineRun, runPart } from './run.ts';
import { type Reader, shareRead } from './shared-read.ts';
import type { StreamSource } from './stream.ts';
import { expiredIn, resynced } from './sync-token.ts';
import { askedTogether, type PipelineTally, type Tally } from './tally.ts';

/** A part with the sink it writes to; what kept the sink from being opened fails this part alone. */
type Prepared = { readonly part: PipelinePart; readonly entry?: LedgerEntry } & (
  | { readonly sink: OpenSink; readonly ledger: Ledger }
  | { readonly failure: unknown }
);

interface PartResult {
  readonly part: PipelinePart;
  readonly result: PipelineResult;
}

type Lease = Pick<PipelineRun, 'fence' | 'lost'>;

/** How groups of parts are run. */
interface GroupPlan {
  readonly lease: Lease;
  readonly scope: ReadScope;
  /** Targets that are compared with what is read. */
  readonly resynced: ReadonlySet<string>;
}

/** Runs all parts of a pipeline under one lease: those that read the same side by side, groups one after the other. */
export async function runParts(
  pipeline: PipelineConfig,
  scope: ReadScope,
  shared: RunShared,
  tally: PipelineTally,
): Promise<Ended> {
  const { state, id, signal, range } = shared;
  signal.throwIfAborted();
  const groups: (readonly Prepared[])[] = [];
  for (const group of partsOf(pipeline, range.partition))
    groups.push(await Promise.all(group.map((part) => prepare(part, shared))));
  const fences = groups.flat().map(({ entry }) => entry?.fence ?? 0);
  const lease = await state.acquire(pipeline.name, id, Math.max(...fences));
  if (!('fence' in lease)) return { status: 'busy', error: heldBy(pipeline, lease) };
  try {
    const ended = await runGroups(groups, lease, scope, shared, tally);
    const expired = scope.full ? undefined : expiredIn(ended);
    if (expired === undefined) return combine(ended, pipeline);
    tally.notice('warn', `${expired.message}: all of it is read again`);
    return combine(await runGroups(groups, lease, { ...scope, full: true }, shared, tally), pipeline);
  } finally {
    await lease.release();
  }
}

async function prepare(part: PipelinePart, { opened, state }: RunShared): Promise<Prepared> {
  try {
    const sink = await opened.sink(part.sink);
    const ledger = sink.ledger ?? state.ledger(part.sink.name);
    const before = await ledger.read(ledgerKey(part, {}));
    refuseOtherKey(part, before);
    return { part, sink, ledger, entry: before.entry };
  } catch (failure) {
    return { part, failure };
  }
}

async function runGroups(
  groups: readonly (readonly Prepared[])[],
  lease: Lease,
  scope: ReadScope,
  shared: RunShared,
  tally: PipelineTally,
): Promise<PartResult[]> {
  const all = groups.flat();
  const reads = new CompleteReads(all.map(({ part }) => part));
  const plan = { lease, scope, resynced: resynced(all, scope) };
  const ended: PartResult[] = [];
  for (const group of groups) {
    ended.push(...(await runGroup(group, plan, shared, tally, reads)));
    if (!scope.full && expiredIn(ended)) break;
  }
  return ended;
}

async function runGroup(
  group: readonly Prepared[],
  plan: GroupPlan,
  shared: RunShared,
  pipelineTally: PipelineTally,
  reads: CompleteReads,
): Promise<PartResult[]> {
  const labels = group.map(({ part }) => labelOf(part));
  const tallies = pipelineTally.begin(labels, group[0]?.part.partition);
  const began = performance.now();
  const begun = await Promise.all(
    group.map((one, index) => attempt(() => beginPart(one, plan, shared, tallies[index] as Tally))),
  );
  const readers = readersOf(begun.filter((one) => 'io' in one));
  return Promise.all(
    begun.map(async (one, index) => {
      const { part } = group[index] as Prepared;
      const tally = tallies[index] as Tally;
      const ended =
        'io' in one
          ? await runBegun(one, readers.get(one), shared, reads)
          : await shared.failing(one.failure);
      const status = ended.status === 'succeeded' && tally.counts.rejected > 0 ? 'partial' : ended.status;
      const durationMs = Math.round(performance.now() - began);
      return { part, result: { ...ended, status, ...tally.counts, ...tally.asked, durationMs } };
    }),
  );
}

async function beginPart(
  prepared: Prepared,
  { lease, scope, resynced }: GroupPlan,
  shared: RunShared,
  tally: Tally,
): Promise<Begun> {
  if ('failure' in prepared) throw prepared.failure;
  const { part, sink, ledger } = prepared;
  const { id, started_at, range, opened, parents, signal } = shared;
  signal.throwIfAborted();
  lease.lost.throwIfAborted();
  await fenceOthers(ledger, part, scope, lease.fence);
  if (range.rollback !== undefined)
    await moveCursor(ledger, ledgerKey(part, {}), part, {
      value: range.rollback,
      fence: lease.fence,
      now: started_at,
    });
  if (part.mode === 'append' && sink.ledger === undefined && part.stream.incremental)
    tally.notice('info', `${toOf(part)} keeps no ledger: after a crash, rows may be there twice`);
  const retry = scope.rejects && new Retry(shared.state, part, scope.rejects, id);
  const source = retry?.source ?? parents.around(await opened.source(part.source), part);
  const run = { id, started_at };
  return begin({
    ...shared,
    pipeline: part,
    run,
    source,
    sink,
    tally,
    scope,
    resync: resynced.has(toOf(part)),
    retry,
    fence: lease.fence,
    lost: lease.lost,
  });
}

/** A window and a retry are written beside the live checkpoint, and all of them must be fenced, whichever is read. */
async function fenceOthers(
  ledger: Ledger,
  part: PipelinePart,
  scope: ReadScope,
  fence: number,
): Promise<void> {
  const own = ledgerKey(part, scope).pipeline;
  for (const key of [{}, { rejects: {} }].map((other) => ledgerKey(part, other))) {
    const { entry } = key.pipeline === own ? {} : await ledger.read(key);
    if (entry) await ledger.write(key, { ...entry, fence });
  }
}

async function runBegun(
  begun: Begun,
  reader: Reader | undefined,
  { failing }: RunShared,
  reads: CompleteReads,
): Promise<Ended> {
  try {
    const { cursor, whole } = await runPart(begun, reader?.source ?? begun.io.source);
    if (whole) await reads.add(begun.io, whole);
    return { status: 'succeeded', cursor: cursor() };
  } catch (error) {
    return failing(error);
  } finally {
    await reader?.leave();
  }
}

/** Parts that begin at the same place share one read. */
function readersOf(begun: readonly Begun[]): ReadonlyMap<Begun, Reader> {
  const alike = new Map<string, { readonly source: StreamSource; readonly parts: Begun[] }>();
  for (const one of begun) {
    const [{ range, position, token }, ...others] = one.readings;
    if (others.length > 0 || one.io.retry) continue;
    const place = JSON.stringify([range, position, token], (_, value: unknown) =>
      typeof value === 'bigint' ? `${value}n` : value,
    );
    const known = alike.get(place) ?? { source: one.io.source, parts: [] };
    known.parts.push(one);
    alike.set(place, known);
  }
  const shared = [...alike.values()].filter(({ parts }) => parts.length > 1);
  return new Map(
    shared.flatMap(({ source, parts }) => {
      const readers = shareRead(source, parts.length);
      return parts.map((part, index) => [part, readers[index] as Reader] as const);
    }),
  );
}

function combine(ended: readonly PartResult[], pipeline: PipelineConfig): Ended {
  const [only] = ended;
  const { targets, stream } = pipeline;
  if (only && targets.length === 1 && stream.partitions.length === 0) {
    const { status, error, resumeAt, cursor } = only.result;
    return { status, error, resumeAt, cursor };
  }
  const status = worstOutcome(ended.map(({ result }) => result.status));
  const worst = ended.find(({ result }) => result.status === status && result.error !== undefined);
  const error = worst?.result.error;
  const message = error && `${labelOf(worst.part)}: ${error.message}`;
  const partitioned = ended.filter(({ part }) => part.partition !== undefined);
  return {
    status,
    error: error && { ...error, message: message ?? '' },
    resumeAt: latestOf(ended.map(({ result }) => result.resumeAt)),
    targets: targets.length === 1 ? undefined : grouped(ended, toOf, addCounts),
    partitions:
      partitioned.length === 0
        ? undefined
        : grouped(partitioned, ({ partition = {} }) => partitionLabel(partition), countsBeside),
  };
}

function grouped(
  ended: readonly PartResult[],
  nameOf: (part: PipelinePart) => string,
  add: typeof countsBeside,
): { readonly [name: string]: PipelineResult } {
  const byName = new Map<string, PartResult[]>();
  for (const one of ended) {
    const name = nameOf(one.part);
    byName.set(name, [...(byName.get(name) ?? []), one]);
  }
  return Object.fromEntries(
    [...byName].map(([name, parts]) => [
      name,
      parts.map(({ result }) => result).reduce((all, one) => together(all, one, add)),
    ]),
  );
}

function together(all: PipelineResult, one: PipelineResult, add: typeof countsBeside): PipelineResult {
  const { cursor: _, ...others } = all;
  return {
    ...others,
    ...add(all, one),
    ...askedTogether(all, one),
    resumeAt: latestOf([all.resumeAt, one.resumeAt]),
    status: worstOutcome([all.status, one.status]),
    error: all.error ?? one.error,
    durationMs: all.durationMs + one.durationMs,
  };
}

/** What tells a part from the others of its pipeline; empty where it is the only one. */
function labelOf(part: PipelinePart): string {
  const partition = part.partition === undefined ? [] : [partitionLabel(part.partition)];
  return [...partition, ...(part.targets.length > 1 ? [toOf(part)] : [])].join(' → ');
}

async function attempt(act: () => Promise<Begun>): Promise<Begun | { readonly failure: unknown }> {
  try {
    return await act();
  } catch (failure) {
    return { failure };
  }
}

/** Why a pipeline is busy. */
export function heldBy({ name }: PipelineConfig, { run, since, pid, host }: Holder): Failure {
  return {
    code: 'lease/held',
    message: `run ${run} holds pipeline "${name}" since ${since} (process ${pid} on ${host})`,
    hint: 'Wait for it to end. Should its process be gone, its lease frees itself within a minute.',
  };
}
