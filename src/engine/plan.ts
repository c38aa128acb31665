import type { Config } from '../config/config.ts';
import type { PipelineResult, RunResult } from '../model/result.ts';
import { readState } from '../state/unwritten.ts';
import { type PlannedChanges, Planning } from './planning.ts';
import { type RunOptions, run } from './runner.ts';

export interface PlanOptions extends RunOptions {
  /** So many changes of each pipeline are told one by one. */
  readonly limit: number;
}

/** What a run would do. */
export interface Plan {
  /** As the run would end. */
  readonly result: RunResult;
  /** By pipeline. */
  readonly changes: ReadonlyMap<string, PlannedChanges>;
  /** True when a row, or a table, would change. */
  readonly pending: boolean;
}

/** Goes through a run without its commits: nothing is written anywhere, no lease is taken, nothing is remembered. */
export async function plan(config: Config, options: PlanOptions): Promise<Plan> {
  const planning = new Planning(config, options.limit);
  const state = await readState(config.state);
  try {
    const ledger = (sink: string) => planning.ledger(state.ledger(sink));
    const result = await run(config, { ...state, ledger }, options, planning);
    const changes = new Map(options.pipelines.map(({ name }) => [name, planning.of(name)]));
    const pending = [...changes].some(
      ([name, { schema_changes }]) => schema_changes.length > 0 || changesRows(result.pipelines[name]),
    );
    return { result, changes, pending };
  } finally {
    await state.close();
  }
}

function changesRows(result: PipelineResult | undefined): boolean {
  return result !== undefined && result.inserted + result.updated + result.deleted > 0;
}
