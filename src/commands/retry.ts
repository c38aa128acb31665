import { retriable } from '../engine/retriable.ts';
import { openRunner, type Runner, type RunOptions } from '../engine/runner.ts';
import { tellWarnings } from './diagnostics.ts';
import { filterOf } from './rejects.ts';
import { runWatched } from './run.ts';
import { openConfig, printOne, type Shell } from './shell.ts';
import { stopSignal } from './stop.ts';
import { watchRun } from './watch.ts';

/** Maps rejected rows again, of a run, a pipeline or all of them: a run of its own, whose exit code this is. */
export async function retryRejects(
  shell: Shell,
  name: string | undefined,
  allow_rejects: boolean,
): Promise<number> {
  const config = await openConfig(shell);
  tellWarnings(shell, config.warnings);
  const filter = name === undefined ? {} : filterOf(name, config.pipelines);
  const runner = await openRunner(config);
  try {
    const { pipelines, unknown, replaced } = await retriable(config, runner.state, filter);
    for (const each of replaced)
      shell.tell(`rejects of ${each} are left alone: it replaces its target whole with each run\n`);
    for (const each of unknown)
      shell.tell(`rejects of ${each} are left alone: this config has no such pipeline\n`);
    if (pipelines.length > 0)
      return await runRetry(shell, runner, { pipelines, rejects: filter, allow_rejects });
    printOne(shell, { retried: 0 }, () => 'no rows are rejected\n');
    return 0;
  } finally {
    await runner.close();
  }
}

async function runRetry(shell: Shell, runner: Runner, options: RunOptions): Promise<number> {
  const stop = stopSignal();
  const watch = watchRun(shell, options.pipelines, stop, 'syncline rejects retry --ui plain');
  try {
    return await runWatched(shell, runner, options, stop, watch);
  } finally {
    watch.close();
    stop.forget();
  }
}
