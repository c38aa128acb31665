/**
 * Calls into plugins. An error a plugin of the user's own throws is not Syncline's: unless it is a `SyncError` already,
 * it becomes one that names the plugin and what it was doing. Built-in plugins are called as they are, and what they did
 * not foresee stays a bug.
 */

import type { SinkConfig, SourceConfig } from '../config/config.ts';
import { SyncError } from '../model/errors.ts';
import type { Absence, CompleteRead } from '../plugin/absence-contract.ts';
import type {
  Batch,
  Committed,
  Ledger,
  OpenSink,
  OpenSource,
  PluginContext,
  ReadRequest,
  TargetRequest,
  Writer,
} from '../plugin/contract.ts';
import type { Journal, PlannedAbsence, Planner } from '../plugin/history-contract.ts';

/** Opens a source; its methods are called as above. */
export async function openSource(config: SourceConfig, context: PluginContext): Promise<OpenSource> {
  const { plugin, options, own } = config;
  if (own === undefined) return plugin.open(options, context);
  const who = `source ${config.name} (${own})`;
  return guardedSource(await call(who, 'opening', () => plugin.open(options, context)), who);
}

/** Opens a sink; its methods, and those of its writers and its ledger, are called as above. */
export async function openSink(config: SinkConfig, context: PluginContext): Promise<OpenSink> {
  const { plugin, options, own } = config;
  if (own === undefined) return plugin.open(options, context);
  const who = `sink ${config.name} (${own})`;
  return guardedSink(await call(who, 'opening', () => plugin.open(options, context)), who);
}

async function call<Result>(
  who: string,
  doing: string,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw failed(who, doing, cause);
  }
}

function failed(who: string, doing: string, cause: unknown): SyncError {
  if (cause instanceof SyncError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SyncError('plugin/failed', `${who} failed while ${doing}: ${reason}`, { cause });
}

function guardedSource(source: OpenSource, who: string): OpenSource {
  async function* read(request: ReadRequest): AsyncGenerator<Batch> {
    try {
      for await (const batch of source.read(request)) yield checkBatch(batch);
    } catch (cause) {
      throw failed(who, 'reading', cause);
    }
  }
  return {
    read,
    parallel: source.parallel,
    check: guardedCheck(source, who),
    close: () => call(who, 'closing', () => source.close()),
  };
}

function guardedSink(sink: OpenSink, who: string): OpenSink {
  return {
    discover: (target) => call(who, `looking at ${target}`, () => sink.discover(target)),
    begin: async (target) => {
      const writer = await call(who, `beginning to write ${target.name}`, () => sink.begin(target));
      return guardedWriter(writer, target.name, who);
    },
    plan: sink.plan && ((target) => guardedPlanner(sink, target, who)),
    ledger: sink.ledger && guardedLedger(sink.ledger, who),
    absence: sink.absence && guardedAbsence(sink.absence, who),
    planAbsence: sink.planAbsence && guardedPlan(sink.planAbsence, who),
    check: guardedCheck(sink, who),
    count:
      sink.count &&
      ((target, options) => call(who, `counting ${target}`, async () => sink.count?.(target, options))),
    prune:
      sink.prune &&
      ((target, column, before) =>
        call(who, `pruning ${target}`, async () => sink.prune?.(target, column, before))),
    journal: sink.journal && guardedJournal(sink.journal, who),
    close: () => call(who, 'closing', () => sink.close()),
  };
}

function guardedCheck(plugin: Pick<OpenSource, 'check'>, who: string): OpenSource['check'] {
  return plugin.check && (() => call(who, 'checking', async () => plugin.check?.() ?? { detail: '' }));
}

function guardedWriter(writer: Writer, target: string, who: string): Writer {
  const replay = writer.replay?.bind(writer);
  return {
    commit: (batch) => call(who, `writing ${target}`, async () => checkCommitted(await writer.commit(batch))),
    replay: replay && ((batch, saved) => call(who, `writing ${target}`, () => replay(batch, saved))),
    // Whether a writer has it tells when its rows become visible.
    complete: writer.complete && (() => call(who, `completing ${target}`, () => writer.complete?.())),
    close: () => call(who, `closing ${target}`, () => writer.close()),
  };
}

async function guardedPlanner(sink: OpenSink, target: TargetRequest, who: string): Promise<Planner> {
  const doing = `planning ${target.name}`;
  const planner = await call(who, doing, async () => sink.plan?.(target));
  if (planner === undefined) throw failed(who, doing, new TypeError('`plan` gave back nothing'));
  return {
    plan: (batch, save) => call(who, doing, () => planner.plan(batch, save)),
    replay: (batch, saved) => call(who, doing, () => planner.replay(batch, saved)),
    close: () => call(who, `closing the plan of ${target.name}`, () => planner.close()),
  };
}

function guardedJournal(journal: Journal, who: string): Journal {
  const doing = 'reading its journal';
  async function* each<Item>(items: () => AsyncIterable<Item>, doing: string): AsyncGenerator<Item> {
    try {
      yield* items();
    } catch (cause) {
      throw failed(who, doing, cause);
    }
  }
  return {
    runs: () => call(who, doing, () => journal.runs()),
    changes: (run) => each(() => journal.changes(run), doing),
    history: (target, key) => call(who, doing, () => journal.history(target, key)),
    undo: (request) => each(() => journal.undo(request), `undoing run ${request.run}`),
    prune: (limit) => call(who, 'shortening its journal', () => journal.prune(limit)),
  };
}

function guardedLedger(ledger: Ledger, who: string): Ledger {
  return {
    read: (key) => call(who, 'reading its ledger', () => ledger.read(key)),
    write: (key, entry) => call(who, 'writing its ledger', () => ledger.write(key, entry)),
    list: () => call(who, 'listing its ledger', () => ledger.list()),
  };
}

function guardedPlan(planned: PlannedAbsence, who: string): PlannedAbsence {
  const doing = ({ target }: CompleteRead) => `planning ${target.name}`;
  return {
    forget: (read) => call(who, doing(read), () => planned.forget(read)),
    count: (read) => call(who, doing(read), () => planned.count(read)),
    apply: (read, counts, page, save) =>
      call(who, doing(read), () => planned.apply(read, counts, page, save)),
  };
}

function guardedAbsence(absence: Absence, who: string): Absence {
  return {
    forget: (read) => call(who, `beginning to read for ${read.target.name}`, () => absence.forget(read)),
    count: (read) => call(who, `counting ${read.target.name}`, () => absence.count(read)),
    apply: (read, counts) =>
      call(who, `writing ${read.target.name}`, async () => checkCommitted(await absence.apply(read, counts))),
  };
}

/** A plugin may come without a type check of its own. */
function checkBatch(batch: Batch): Batch {
  if (Array.isArray(batch?.records)) return batch;
  throw new TypeError('it gave a batch that has no list `records`');
}

function checkCommitted(committed: Committed): Committed {
  if (Array.isArray(committed?.schema_changes)) return committed;
  throw new TypeError('what `commit` gave back has no list `schema_changes`');
}
