/** The public door of Syncline, for plugins and for programs that run pipelines themselves. */

export type { Config, PipelineConfig } from './config/config.ts';
export { ConfigError, type Diagnostic } from './config/diagnostics.ts';
export type { LoadOptions } from './config/document.ts';
export type { RunEvent } from './engine/events.ts';
export type { Runner, RunOptions } from './engine/runner.ts';
export { Decimal } from './model/decimal.ts';
export { RateLimited, type RefusedRow, RowsRefused, SyncError } from './model/errors.ts';
export { parseJson, printJson } from './model/json.ts';
export type { PipelineResult, RunResult } from './model/result.ts';
export type * from './model/types.ts';
export * from './plugin/contract.ts';
export { loadFunctions } from './plugin/merge-functions.ts';
export { compileAnswerCondition, compilePath } from './transform/answer.ts';
export { keyOf } from './transform/cells.ts';
export type { AnswerScope } from './transform/expression.ts';
export { type Change, type Existing, type Folded, fold } from './transform/fold.ts';
export { storedCell } from './transform/stored-cell.ts';

import type { Config } from './config/config.ts';
import type { LoadOptions } from './config/document.ts';
import type { Runner } from './engine/runner.ts';

/** Finds, parses and checks a config. Opens no connection. Throws a `ConfigError` that holds all its mistakes. */
export async function loadConfig(options: LoadOptions): Promise<Config> {
  const { loadConfig: load } = await import('./config/open.ts');
  return load(options);
}

/** A runner for the pipelines of a config; close it when done. */
export async function createRunner(config: Config): Promise<Runner> {
  const { openRunner } = await import('./engine/runner.ts');
  return openRunner(config);
}
