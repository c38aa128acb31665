import type { Config, PipelineConfig, SinkConfig } from '../config/config.ts';
import { parseCheckpoint, printCheckpoint } from '../model/checkpoint-json.ts';
import { SyncError } from '../model/errors.ts';
import { parseJson } from '../model/json.ts';
import type { RowBatch, Target } from '../model/types.ts';
import type { Ledger, Writer } from '../plugin/contract.ts';
import type { Planner } from '../plugin/history-contract.ts';
import type { NewReject, WrittenKeys } from '../state/state.ts';
import { type OpenedPlugins, openedPlugins } from './opened.ts';
import { heldBy } from './parts-run.ts';
import type { Ended, RunShared } from './pipeline.ts';
import { checkpointName } from './resume.ts';
import type { SavedCommit, SavedPlan, SavedRejects } from './saved-plan.ts';
import type { PipelineTally } from './tally.ts';

/** Compares all a plan rests on with what is there, and writes nothing. Throws `plan/moved`. */
export async function compareAll(config: Config, plan: SavedPlan, signal: AbortSignal): Promise<void> {
  const opened = openedPlugins(config, () => undefined, signal);
  const planners = new Map<string, Planner>();
  const compared = new Set<string>();
  try {
    for await (const line of plan.lines()) {
      signal.throwIfAborted();
      if (!('commit' in line) || !plan.ended.has(mainName(line.commit))) continue;
      const { commit } = line;
      const sink = await opened.sink(sinkOf(config, commit));
      await compareCheckpoint(commit, ledgerIn(sink), compared);
      const place = placeOf(commit);
      const planner = planners.get(place) ?? (await sink.plan?.(requestOf(commit.target)));
      if (planner === undefined) throw cannotReplay(commit);
      planners.set(place, planner);
      await planner.replay(toBatch(commit, commit.target, 0), commit);
    }
  } finally {
    for (const planner of planners.values()) await planner.close();
    await opened.close();
  }
}

/** Commits what was planned for a pipeline, under its lease. */
export async function replayPipeline(
  pipeline: PipelineConfig,
  plan: SavedPlan,
  shared: RunShared,
  pipelineTally: PipelineTally,
): Promise<Ended> {
  const { name } = pipeline;
  const { state, id, config, opened, signal } = shared;
  const ended = plan.ended.get(name);
  if (ended === undefined) throw new Error(`pipeline ${name} is not in the plan`);
  const ledgers = await ledgersOf(pipeline, opened);
  const entriesOf = async (ledger: Ledger) =>
    (await ledger.list()).filter((entry) => mainName(entry) === name);
  const known = (await Promise.all(ledgers.map(entriesOf))).flat();
  const lease = await state.acquire(name, id, Math.max(0, ...known.map(({ entry }) => entry.fence)));
  if (!('fence' in lease)) return { status: 'busy', error: heldBy(pipeline, lease) };
  const [tally] = pipelineTally.begin(['']);
  const writers = new Map<string, Writer>();
  const compared = new Set<string>();
  try {
    for (const ledger of ledgers)
      for (const { entry, ...key } of await entriesOf(ledger))
        await ledger.write(key, { ...entry, fence: lease.fence });
    await settleRejects(pipeline, plan, shared);
    for await (const line of plan.lines()) {
      signal.throwIfAborted();
      lease.lost.throwIfAborted();
      if ('rejects' in line && line.rejects.pipeline === name) await keepRejects(line.rejects, shared);
      if (!('commit' in line) || mainName(line.commit) !== name) continue;
      const { commit } = line;
      const target = { ...commit.target, run: { ...commit.target.run, id } };
      const sink = await opened.sink(sinkOf(config, commit));
      await compareCheckpoint(commit, ledgerIn(sink), compared);
      const writer = writers.get(placeOf(commit)) ?? (await sink.begin(requestOf(target)));
      writers.set(placeOf(commit), writer);
      if (writer.replay === undefined) throw cannotReplay(commit);
      const batch = { ...toBatch(commit, target, lease.fence), journal: config.journal.keep > 0 };
      tally?.commit(await writer.replay(batch, commit));
    }
  } finally {
    for (const writer of writers.values()) await writer.close();
    await lease.release();
  }
  const { read, skipped, rejected, defaulted, status, cursor, targets, partitions } = ended.result;
  tally?.add({ read, skipped, rejected, defaulted });
  return { status, cursor, targets, partitions };
}

async function ledgersOf({ targets }: PipelineConfig, opened: OpenedPlugins): Promise<Ledger[]> {
  const sinks = await Promise.all([...new Set(targets.map(({ sink }) => sink))].map(opened.sink));
  return sinks.map(ledgerIn);
}

function ledgerIn({ ledger }: { readonly ledger?: Ledger }): Ledger {
  if (ledger === undefined) throw new Error('a sink whose plans can be saved has a ledger');
  return ledger;
}

/** Once for each checkpoint: later ones are those of the plan itself. */
async function compareCheckpoint(commit: SavedCommit, ledger: Ledger, compared: Set<string>): Promise<void> {
  const place = JSON.stringify([placeOf(commit), commit.target.pipeline]);
  if (compared.has(place)) return;
  compared.add(place);
  const key = { pipeline: commit.target.pipeline, target: commit.target.name };
  const { entry } = await ledger.read(key);
  if ((entry ? printCheckpoint(entry.checkpoint) : null) === commit.before) return;
  throw new SyncError(
    'plan/moved',
    `pipeline "${mainName(commit)}" has run since the plan was made: its checkpoint is another one`,
    { hint: 'Nothing was written. Make a new plan, and look at it.' },
  );
}

/** Rejects of batches that a run before did not come to commit are in the plan again. */
async function settleRejects({ name }: PipelineConfig, plan: SavedPlan, shared: RunShared): Promise<void> {
  const { state, opened, config } = shared;
  const settled = new Set<string>();
  for await (const line of plan.lines()) {
    if (!('commit' in line) || mainName(line.commit) !== name) continue;
    const { target } = line.commit;
    const checkpoint = checkpointName(
      { sink: sinkOf(config, line.commit) },
      { pipeline: target.pipeline, target: target.name },
    );
    if (settled.has(checkpoint)) continue;
    settled.add(checkpoint);
    const ledger = ledgerIn(await opened.sink(sinkOf(config, line.commit)));
    const { entry } = await ledger.read({ pipeline: target.pipeline, target: target.name });
    const { run = '', batch = 0 } = entry ?? {};
    await state.dropUncommitted({ pipeline: name, part: checkpoint, checkpoint, run, batch }, 'later_runs');
  }
}

/** Their run is this one, not that of the plan. */
async function keepRejects({ batch, rejects, written }: SavedRejects, shared: RunShared): Promise<void> {
  const { state, id, redact } = shared;
  const kept = parseJson(rejects) as unknown as readonly NewReject[];
  await state.addRejects({ ...batch, run: id }, kept, redact, parseJson(written) as unknown as WrittenKeys);
}

function toBatch(
  { number, basis, checkpoint }: SavedCommit,
  target: Target,
  fence: number,
): Omit<RowBatch, 'journal'> {
  const { cursor, position } = parseCheckpoint(checkpoint);
  // Which keys were seen is not in the plan: such a read cannot go on after a part of it.
  const reached = target.mode === 'mirror' || position?.full ? { cursor } : { cursor, position };
  return { target, number, rows: [], ledger: { fence, basis, checkpoint: reached } };
}

function requestOf({ name, mode, run }: Target) {
  return { name, mode, run };
}

/** The pipeline a checkpoint is of: its name has no space, and what follows one is a part of it. */
function mainName({ pipeline }: { readonly pipeline: string }): string {
  return pipeline.split(' ', 1)[0] ?? pipeline;
}

function placeOf({ sink, target }: SavedCommit): string {
  return `${sink}.${target.name}`;
}

function sinkOf({ sinks }: Config, { sink }: SavedCommit): SinkConfig {
  const found = sinks.get(sink);
  if (found === undefined) throw new Error(`there is no sink ${sink}`);
  return found;
}

function cannotReplay({ sink }: SavedCommit): SyncError {
  return new SyncError('plan/sink', `the sink "${sink}" cannot do what was planned for it`, {
    hint: 'Run the pipeline without a plan.',
  });
}
