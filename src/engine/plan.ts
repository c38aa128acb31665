import type { Config } from '../config/config.ts';
import { SyncError } from '../model/errors.ts';
import { printJson } from '../model/json.ts';
import type { PipelineResult, RunResult } from '../model/result.ts';
import type { Value } from '../model/types.ts';
import type { State } from '../state/state.ts';
import { readState } from '../state/unwritten.ts';
import { type PlannedChanges, Planning } from './planning.ts';
import { type RunOptions, run } from './runner.ts';
import { PlanWriter } from './saved-plan.ts';

export interface PlanOptions extends RunOptions {
  /** So many changes of each pipeline are told one by one. */
  readonly limit: number;
  /** A file to save the plan to, for a run that does exactly this. */
  readonly out?: string;
}

/** What a run would do. */
export interface Plan {
  /** As the run would end. */
  readonly result: RunResult;
  /** By pipeline. */
  readonly changes: ReadonlyMap<string, PlannedChanges>;
  /** True when a row, or a table, would change. */
  readonly pending: boolean;
  /** Why it was not saved, where it should have been. */
  readonly unsaved?: SyncError;
}

/** Goes through a run without its commits: nothing is written anywhere, no lease is taken, nothing is remembered. */
export async function plan(config: Config, options: PlanOptions): Promise<Plan> {
  const writer = options.out === undefined ? undefined : await PlanWriter.open(options.out, config);
  try {
    const planned = await planWith(config, options, writer);
    const unsaved = writer && failureIn(planned);
    if (unsaved === undefined) await writer?.finish();
    else await writer?.abandon();
    return { ...planned, unsaved };
  } catch (error) {
    await writer?.abandon();
    throw error;
  }
}

async function planWith(config: Config, options: PlanOptions, writer?: PlanWriter): Promise<Plan> {
  const planning = new Planning(config, options.limit, writer);
  const state = await readState(config.state);
  try {
    const ledger = (sink: string) => planning.ledger(state.ledger(sink));
    const noted = { ...state, ...(writer && savingState(writer)), ledger };
    const result = await run(config, noted, options, { planning });
    const changes = new Map(options.pipelines.map(({ name }) => [name, planning.of(name)]));
    const pending = [...changes].some(
      ([name, { schema_changes }]) => schema_changes.length > 0 || changesRows(result.pipelines[name]),
    );
    return { result, changes, pending };
  } finally {
    await state.close();
  }
}

/** What a run tells the state, written to the plan. */
function savingState(writer: PlanWriter): Pick<State, 'addRejects' | 'finishPipeline'> {
  return {
    addRejects: ({ run: _, ...batch }, rejects, _redact, written = { keys: [] }) =>
      writer.write({
        rejects: {
          pipeline: batch.pipeline,
          batch,
          rejects: printJson(rejects as unknown as Value),
          written: printJson(written as unknown as Value),
        },
      }),
    finishPipeline: (_, pipeline, result, extent) => writer.write({ ended: { pipeline, result, extent } }),
  };
}

function failureIn({ result }: Plan): SyncError | undefined {
  const bad = Object.entries(result.pipelines).find(
    ([, { status }]) => !['succeeded', 'partial', 'skipped'].includes(status),
  );
  if (bad === undefined) return undefined;
  const [name, { status, error }] = bad;
  return new SyncError(
    'plan/failed',
    `the plan was not saved, because pipeline "${name}" ended ${status}: ${error?.message ?? ''}`,
    { hint: error?.hint ?? 'Mend it, or leave it out of the plan.' },
  );
}

function changesRows(result: PipelineResult | undefined): boolean {
  return result !== undefined && result.inserted + result.updated + result.deleted > 0;
}
