import type { RowLimit } from '../config/config.ts';
import { openRunner, type Runner, type RunOptions } from '../engine/runner.ts';
import { openPlan } from '../engine/saved-plan.ts';
import { selectPipelines } from '../engine/select.ts';
import { SyncError } from '../model/errors.ts';
import { tellWarnings } from './diagnostics.ts';
import { writeCrash } from './error.ts';
import { inGithubActions, reportToGithub } from './github.ts';
import { openNotifications } from './notifications.ts';
import { type RangeFlags, rangeOf } from './range.ts';
import { openConfig, type Shell } from './shell.ts';
import { type StopSignal, stopSignal } from './stop.ts';
import { type Watch, watchRun } from './watch.ts';

export interface RunFlags extends RangeFlags {
  readonly select: readonly string[];
  readonly maxRecords?: number;
  readonly allowRejects: boolean;
  readonly allowEmpty: boolean;
  readonly acceptSchema: boolean;
  readonly allowDelete?: RowLimit;
  readonly adopt: boolean;
  readonly concurrency?: number;
  /** A plan to do, as it was saved. */
  readonly plan?: string;
  /** Only plan it. */
  readonly dryRun: boolean;
}

/** Runs pipelines; the exit code is that of the run. */
export async function run(shell: Shell, names: readonly string[], flags: RunFlags): Promise<number> {
  if (flags.dryRun) {
    const { plan } = await import('./plan.ts');
    return plan(shell, names, { ...flags, diff: false, exitCode: false });
  }
  const range = rangeOf(flags, new Date());
  const config = await openConfig(shell);
  tellWarnings(shell, config.warnings);
  const saved = flags.plan === undefined ? undefined : await openPlan(flags.plan, config);
  if (saved) refuseChoice(names, flags);
  const chosen = saved ? [...saved.ended.keys()] : names;
  const pipelines = selectPipelines(config, chosen, flags.select);
  const stop = stopSignal();
  const command = ['syncline run', ...names, '--ui plain'].join(' ');
  const watch = watchRun(shell, pipelines, stop, command);
  try {
    const runner = await openRunner(config);
    const options = {
      pipelines,
      ...range,
      allow_again: shell.yes,
      concurrency: flags.concurrency,
      max_records: flags.maxRecords,
      adopt: flags.adopt,
      saved,
      allow_empty: flags.allowEmpty,
      accept_schema: flags.acceptSchema,
      allow_delete: flags.allowDelete,
      allow_rejects: flags.allowRejects,
    };
    return await runWatched(shell, runner, options, stop, watch).finally(() => runner.close());
  } finally {
    watch.close();
    stop.forget();
  }
}

/** A saved plan says by itself what is done. */
function refuseChoice(names: readonly string[], flags: RunFlags): void {
  const { select, all, from, to, last, rollback, partition = [], maxRecords, adopt } = flags;
  const range = [from, to, last, rollback, maxRecords].some((flag) => flag !== undefined);
  if (names.length + select.length + partition.length === 0 && !range && !all && !adopt) return;
  throw new SyncError('usage/invalid', '--plan takes no pipelines, and no flags that say what is read', {
    hint: 'The plan says what is done: syncline run --plan FILE',
  });
}

/** Runs until whoever watches has seen the end, and closes the watch; the exit code is that of the run. */
export async function runWatched(
  shell: Shell,
  runner: Runner,
  options: RunOptions,
  stop: StopSignal,
  watch: Watch,
): Promise<number> {
  const notifications = openNotifications(shell, runner);
  const result = await runner
    .run({
      ...options,
      emit: (event) => {
        watch.emit(event);
        notifications.emit(event);
      },
      signal: stop.signal,
      report_bug: (error) => writeCrash(error, shell.redact),
    })
    .catch(async (error: unknown) => {
      await notifications.close();
      throw error;
    });
  stop.reached();
  await watch.seen();
  watch.close();
  if (shell.output !== 'table')
    shell.print(`${JSON.stringify(result, null, shell.output === 'json' ? 2 : 0)}\n`);
  if (inGithubActions(shell)) await reportToGithub(shell, result);
  await notifications.close();
  return result.exitCode;
}
