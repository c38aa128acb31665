import { ulid } from 'ulid';
import type { Config, SinkConfig } from '../config/config.ts';
import type { JournaledRun, UndoneBatch } from '../model/changes.ts';
import { SyncError } from '../model/errors.ts';
import { plural } from '../model/plural.ts';
import { noCounts, type PipelineResult } from '../model/result.ts';
import type { Ledger } from '../plugin/contract.ts';
import type { State } from '../state/state.ts';
import { type Journals, type OpenJournal, openJournals } from './journals.ts';
import { takeLease } from './ledgers.ts';

export interface UndoOptions {
  /** Take back rows that were changed since, too. */
  readonly force: boolean;
  /** Only tell what would be done. */
  readonly dry_run: boolean;
  /** Aborted to stop between two batches; what is left is undone when it is asked for again. */
  readonly signal: AbortSignal;
  /** Told after each batch how many rows were taken back so far. */
  progress?(rows: number): void;
}

/** What undoing did to the rows of one pipeline, or would do. */
export interface UndonePipeline {
  readonly pipeline: string;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  /** Rows that somebody changed since, as text for people. */
  readonly edited: readonly string[];
}

export interface Undone {
  /** The run that undid; undefined where nothing was to be written. */
  readonly runId?: string;
  readonly pipelines: readonly UndonePipeline[];
}

/** What one journal holds of the run. */
interface Part extends OpenJournal {
  readonly changed: readonly JournaledRun[];
}

/**
 * Takes a run back: its rows, its checkpoints, what it remembered of edits. It is a run of its own, and one that was cut
 * off goes on when it is asked for again.
 */
export async function undoRun(
  config: Config,
  state: State,
  run: string,
  options: UndoOptions,
): Promise<Undone> {
  const journals = openJournals(config);
  try {
    const parts = await partsOf(journals, run);
    if (options.dry_run) return { pipelines: await rehearse(parts, run, options.signal) };
    const runId = ulid();
    const pipelines = await underLeases(
      leasesOf(parts, state),
      { state, runId },
      new Map(),
      async (fences) => {
        if (!options.force) refuseEdited(run, await rehearse(parts, run, options.signal));
        return undoParts(parts, { ...options, state, runId, run, fences });
      },
    );
    return { runId, pipelines };
  } finally {
    await journals.close();
  }
}

async function partsOf(journals: Journals, run: string): Promise<Part[]> {
  const parts: Part[] = [];
  for (const open of await journals.all()) {
    const runs = await open.journal.runs();
    const changed = runs.filter((one) => one.run === run);
    if (changed.length === 0) continue;
    refuseOlder(run, open.config, changed, runs);
    parts.push({ ...open, changed });
  }
  if (parts.length > 0) return parts;
  throw new SyncError('undo/unknown', `no journal holds what run ${run} changed`, {
    hint: 'Those that can be undone: syncline runs. How long they can is told by `journal:` in the config.',
  });
}

/** What came later rests on what this run did. */
function refuseOlder(
  run: string,
  { name }: SinkConfig,
  changed: readonly JournaledRun[],
  runs: readonly JournaledRun[],
): void {
  for (const { target } of changed) {
    const last = Math.max(...changed.filter((one) => one.target === target).map((one) => one.last));
    const later = runs.filter((one) => one.target === target && one.last > last).reverse();
    if (later.length === 0) continue;
    const names = [...new Set(later.map((one) => one.run))];
    throw new SyncError(
      'undo/not_newest',
      `run ${run} is not the newest that wrote to ${name}.${target}: after it came ${names.join(', ')}`,
      { hint: `The newest is undone first: syncline undo ${names[0]}` },
    );
  }
}

async function rehearse(parts: readonly Part[], run: string, signal: AbortSignal): Promise<UndonePipeline[]> {
  const sums = new Sums();
  for (const { journal } of parts)
    for await (const batch of journal.undo({ run, fences: {}, force: true, rehearse: true })) {
      sums.add(batch);
      signal.throwIfAborted();
    }
  return sums.all;
}

function refuseEdited(run: string, pipelines: readonly UndonePipeline[]): void {
  const edited = pipelines.flatMap(({ pipeline, edited }) => edited.map((row) => `${pipeline} ${row}`));
  if (edited.length === 0) return;
  const named = edited.slice(0, 5).join('; ');
  const rest = edited.length > 5 ? ` and ${edited.length - 5} more` : '';
  throw new SyncError(
    'undo/edited',
    `${plural(edited.length, 'row')} that run ${run} wrote changed since: ${named}${rest}`,
    { hint: `Nothing was undone. To take them back all the same: syncline undo ${run} --force` },
  );
}

/** A pipeline whose lease is needed, with the ledgers that keep its checkpoints. */
interface Leased {
  readonly pipeline: string;
  readonly ledgers: readonly Ledger[];
}

function leasesOf(parts: readonly Part[], state: State): Leased[] {
  const names = new Set(parts.flatMap(({ changed }) => changed.map((one) => pipelineOf(one.pipeline))));
  return [...names].sort().map((pipeline) => {
    const own = parts.filter(({ changed }) => changed.some((one) => pipelineOf(one.pipeline) === pipeline));
    return { pipeline, ledgers: own.map(({ sink, config }) => sink.ledger ?? state.ledger(config.name)) };
  });
}

/** By pipeline. */
type Fences = ReadonlyMap<string, number>;

/** Does the work while all the leases are held. */
async function underLeases<Result>(
  leases: readonly Leased[],
  by: { readonly state: State; readonly runId: string },
  fences: Fences,
  work: (fences: Fences) => Promise<Result>,
): Promise<Result> {
  const [first, ...others] = leases;
  if (first === undefined) return work(fences);
  const entriesOf = async (ledger: Ledger) =>
    (await ledger.list()).filter((entry) => pipelineOf(entry.pipeline) === first.pipeline);
  const known = (await Promise.all(first.ledgers.map(entriesOf))).flat();
  const above = Math.max(0, ...known.map(({ entry }) => entry.fence));
  const lease = await takeLease(by.state, first.pipeline, above, by.runId);
  try {
    // A run that seems dead must find all its checkpoints fenced, those too that are not touched.
    for (const ledger of first.ledgers)
      for (const { entry, ...key } of await entriesOf(ledger))
        await ledger.write(key, { ...entry, fence: lease.fence });
    return await underLeases(others, by, new Map([...fences, [first.pipeline, lease.fence]]), work);
  } finally {
    await lease.release();
  }
}

/** By the name a checkpoint is kept under. */
function fencesOf({ changed }: Part, fences: Fences): { readonly [checkpoint: string]: number } {
  return Object.fromEntries(changed.map(({ pipeline }) => [pipeline, fences.get(pipelineOf(pipeline)) ?? 0]));
}

interface Undoing extends Pick<UndoOptions, 'force' | 'signal' | 'progress'> {
  readonly state: State;
  readonly runId: string;
  readonly run: string;
  readonly fences: Fences;
}

async function undoParts(parts: readonly Part[], undoing: Undoing): Promise<UndonePipeline[]> {
  const { state, runId, run, fences, force, signal } = undoing;
  const startedAt = new Date().toISOString();
  const names = [...new Set(parts.flatMap(({ changed }) => changed.map((one) => pipelineOf(one.pipeline))))];
  await state.startRun(runId, startedAt, names);
  await state.markUndone(run);
  const sums = new Sums();
  const end = async (status: 'succeeded' | 'failed' | 'cancelled') => {
    const results = names.map((name) => [name, resultOf(status, run, sums.of(name), startedAt)] as const);
    for (const [name, result] of results) await state.finishPipeline(runId, name, result, 'part');
    const finishedAt = new Date().toISOString();
    const pipelines = Object.fromEntries(results);
    const exitCode = status === 'succeeded' ? 0 : 1;
    await state.finishRun({ runId, status, exitCode, startedAt, finishedAt, pipelines });
  };
  try {
    for (const part of parts) {
      const request = { run, fences: fencesOf(part, fences), force, rehearse: false };
      for await (const batch of part.journal.undo(request)) {
        sums.add(batch);
        undoing.progress?.(sums.rows);
        signal.throwIfAborted();
      }
    }
  } catch (error) {
    await end(error === signal.reason ? 'cancelled' : 'failed');
    throw error;
  }
  await end('succeeded');
  return sums.all;
}

function resultOf(
  status: 'succeeded' | 'failed' | 'cancelled',
  run: string,
  { inserted, updated, deleted }: UndonePipeline,
  startedAt: string,
): PipelineResult {
  const durationMs = Date.now() - Date.parse(startedAt);
  return { status, reason: `undoes run ${run}`, ...noCounts, inserted, updated, deleted, durationMs };
}

/** Adds up what is undone, by pipeline. */
class Sums {
  readonly #pipelines = new Map<string, UndonePipeline>();

  add({ pipeline: checkpoint, inserted, updated, deleted, edited }: UndoneBatch): void {
    const sum = this.of(pipelineOf(checkpoint));
    this.#pipelines.set(sum.pipeline, {
      pipeline: sum.pipeline,
      inserted: sum.inserted + inserted,
      updated: sum.updated + updated,
      deleted: sum.deleted + deleted,
      edited: [...sum.edited, ...edited],
    });
  }

  of(pipeline: string): UndonePipeline {
    return this.#pipelines.get(pipeline) ?? { pipeline, inserted: 0, updated: 0, deleted: 0, edited: [] };
  }

  get rows(): number {
    return this.all.reduce((sum, one) => sum + one.inserted + one.updated + one.deleted, 0);
  }

  get all(): UndonePipeline[] {
    return [...this.#pipelines.values()];
  }
}

/** The pipeline a checkpoint is of: its name has no space, and what follows one is a window. */
function pipelineOf(checkpoint: string): string {
  return checkpoint.split(' ', 1)[0] ?? checkpoint;
}
