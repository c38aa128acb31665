import type { Config, PipelineConfig, SinkConfig } from '../config/config.ts';
import type { KeptFields, RowChange } from '../model/changes.ts';
import type { Cursor } from '../model/checkpoint.ts';
import { printCheckpoint } from '../model/checkpoint-json.ts';
import { SyncError } from '../model/errors.ts';
import type { RowBatch } from '../model/types.ts';
import type { Absence } from '../plugin/absence-contract.ts';
import type { Committed, Ledger, OpenSink, TargetRequest, Writer } from '../plugin/contract.ts';
import type { Planned, PlannedAbsence, PlannedPage } from '../plugin/history-contract.ts';
import { unwrittenLedger } from '../state/unwritten.ts';
import type { OpenedPlugins } from './opened.ts';
import { dependsOn } from './order.ts';
import type { PlanWriter, SavedCommit } from './saved-plan.ts';
import { upstreamOf } from './upstream.ts';

/** What a run would do to the target of a pipeline. */
export interface PlannedChanges {
  /** False where the sink cannot tell what is there: its counts are of rows that would be written. */
  readonly exact: boolean;
  /** Where the read began; undefined: at its beginning. */
  readonly cursor?: Cursor;
  readonly schema_changes: readonly string[];
  /** Columns that change in rows that are there. */
  readonly columns: readonly string[];
  /** The first of the changes, and how many follow them. */
  readonly changes: readonly RowChange[];
  readonly more: number;
  /** The first of the rows with fields that a person edited. */
  readonly kept: readonly KeptFields[];
}

interface Noted {
  exact: boolean;
  cursor?: Cursor;
  readonly schema_changes: string[];
  readonly columns: Set<string>;
  readonly changes: RowChange[];
  more: number;
  readonly kept: KeptFields[];
}

/** Stands between the loop and its sinks: what would be committed is noted, and nothing is written. */
export class Planning {
  readonly #noted = new Map<string, Noted>();
  readonly #sinks = new Map<OpenSink, OpenSink>();
  readonly #config: Config;
  readonly #limit: number;
  readonly #writer: PlanWriter | undefined;

  /** Of each pipeline, the first `limit` changes are noted one by one; with a writer all of them are saved. */
  constructor(config: Config, limit: number, writer?: PlanWriter) {
    this.#writer = writer;
    this.#config = config;
    this.#limit = limit;
  }

  of(pipeline: string): PlannedChanges {
    const { columns, ...noted } = this.#note(pipeline);
    return { ...noted, columns: [...columns] };
  }

  /** Why a pipeline cannot be planned: what it reads is written by another one of the same run. */
  dependence(pipeline: PipelineConfig, all: readonly PipelineConfig[]): string | undefined {
    const upstream = upstreamOf(pipeline, all, this.#config.directory);
    return upstream && `${dependsOn}${upstream.name}`;
  }

  /** The same plugins; what is committed to their sinks is noted. */
  opened(plugins: OpenedPlugins): OpenedPlugins {
    return { ...plugins, sink: async (config) => this.#sink(await plugins.sink(config), config) };
  }

  /** The same ledger, which remembers what is written only here; it tells where reads begin. */
  ledger(ledger: Ledger): Ledger {
    return {
      ...ledger,
      read: async (key) => {
        const state = await ledger.read(key);
        this.#note(key.pipeline).cursor = state.entry?.checkpoint.cursor;
        return state;
      },
    };
  }

  #sink(sink: OpenSink, config: SinkConfig): OpenSink {
    const known = this.#sinks.get(sink);
    if (known) return known;
    const planned: OpenSink = {
      discover: (target) => sink.discover(target),
      begin: (target) =>
        config.plugin.capabilities.includes('plan')
          ? this.#planner(sink, target, config)
          : this.#counter(config),
      ledger: sink.ledger && this.ledger(unwrittenLedger(sink.ledger)),
      absence: sink.planAbsence && this.#absence(sink.planAbsence, sink, config),
      close: () => sink.close(),
    };
    this.#sinks.set(sink, planned);
    return planned;
  }

  async #planner(sink: OpenSink, target: TargetRequest, config: SinkConfig): Promise<Writer> {
    const planner = await sink.plan?.(target);
    if (planner === undefined) return this.#counter(config);
    if (this.#writer !== undefined && target.mode === 'replace') throw replaceNotSaved(target.name);
    const { ledger } = sink;
    return {
      commit: async (batch) => {
        const planned = await planner.plan(batch, this.#writer !== undefined);
        const committed = this.#add(batch.target.pipeline, planned);
        await this.#writer?.write({ commit: await savedCommit(config, ledger, batch, planned, committed) });
        return committed;
      },
      close: () => planner.close(),
    };
  }

  /** What a complete read did not contain would be deleted page by page. */
  #absence(planned: PlannedAbsence, { ledger }: OpenSink, config: SinkConfig): Absence {
    return {
      forget: (read) => planned.forget(read),
      count: (read) => planned.count(read),
      apply: (read, counts) => {
        let { number } = read;
        const page = async ({ changes, more, steps }: PlannedPage) => {
          this.#noteChanges(this.#note(read.target.pipeline), changes, more);
          if (this.#writer === undefined) return;
          const committed = { ...noRows, deleted: changes.length };
          const batch = { ...read, number, rows: [] };
          number += 1;
          await this.#writer.write({
            commit: await savedCommit(config, ledger, batch, { steps }, committed),
          });
        };
        return planned.apply(read, counts, page, this.#writer !== undefined);
      },
    };
  }

  /** Of a sink that cannot tell: every row would be written. */
  async #counter({ name, plugin }: SinkConfig): Promise<Writer> {
    if (this.#writer !== undefined) throw notSaved(name, plugin.name);
    return {
      commit: async ({ target, rows }) => {
        this.#note(target.pipeline).exact = false;
        const counts = { updated: 0, unchanged: 0, deleted: 0, kept: 0 };
        return { ...counts, inserted: rows.length, schema_changes: [] };
      },
      close: async () => undefined,
    };
  }

  #add(pipeline: string, { changes, kept_fields, steps: _, ...committed }: Planned): Committed {
    const noted = this.#note(pipeline);
    noted.schema_changes.push(...committed.schema_changes);
    this.#noteChanges(noted, changes, 0);
    noted.kept.push(...kept_fields.slice(0, this.#limit - noted.kept.length));
    return committed;
  }

  #noteChanges(noted: Noted, changes: readonly RowChange[], more: number): void {
    noted.more += more;
    for (const change of changes) {
      if (noted.changes.length < this.#limit) noted.changes.push(change);
      else noted.more += 1;
      if (change.kind !== 'update') continue;
      for (const { column } of change.fields) noted.columns.add(column);
    }
  }

  /** By the name of a checkpoint, which begins with the pipeline's, and goes on after a space. */
  #note(checkpoint: string): Noted {
    const pipeline = checkpoint.split(' ', 1)[0] ?? '';
    const known = this.#noted.get(pipeline);
    if (known) return known;
    const noted: Noted = {
      exact: true,
      schema_changes: [],
      columns: new Set(),
      changes: [],
      more: 0,
      kept: [],
    };
    this.#noted.set(pipeline, noted);
    return noted;
  }
}

async function savedCommit(
  { name }: SinkConfig,
  ledger: Ledger | undefined,
  { target, number, ledger: reached }: RowBatch,
  { steps }: Pick<Planned, 'steps'>,
  committed: Committed,
): Promise<SavedCommit> {
  const { pipeline, name: table } = target;
  if (ledger === undefined || steps === undefined) throw notSaved(name, 'this plugin');
  const { entry } = await ledger.read({ pipeline, target: table });
  const before = entry ? printCheckpoint(entry.checkpoint) : null;
  const checkpoint = printCheckpoint(reached.checkpoint);
  return { pipeline, sink: name, target, number, basis: reached.basis, checkpoint, before, steps, committed };
}

const noRows = { schema_changes: [], inserted: 0, updated: 0, unchanged: 0, deleted: 0, kept: 0 };

function replaceNotSaved(target: string): SyncError {
  return new SyncError(
    'plan/sink',
    `the plan of ${target} cannot be saved: in the mode replace all is written in one transaction`,
    { hint: 'Leave that pipeline out, or run it without a plan.' },
  );
}

function notSaved(sink: string, plugin: string): SyncError {
  return new SyncError(
    'plan/sink',
    `a plan that writes to the sink "${sink}" (${plugin}) cannot be saved: what is there is not known`,
    { hint: 'Leave out the pipelines that write there.' },
  );
}
