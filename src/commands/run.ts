import type { Emit } from '../engine/events.ts';
import { openRunner, type Runner, type RunOptions } from '../engine/runner.ts';
import { selectPipelines } from '../engine/select.ts';
import { jsonLines } from '../tui/json.ts';
import { plainLines } from '../tui/plain.ts';
import { summary } from '../tui/summary.ts';
import { tellWarnings } from './diagnostics.ts';
import { writeCrash } from './error.ts';
import { type RangeFlags, rangeOf } from './range.ts';
import { openConfig, type Shell } from './shell.ts';
import { stopSignal } from './stop.ts';

export interface RunFlags extends RangeFlags {
  readonly select: readonly string[];
  readonly maxRecords?: number;
  readonly allowRejects: boolean;
  readonly allowEmpty: boolean;
  readonly adopt: boolean;
  readonly concurrency?: number;
}

/** Runs pipelines; the exit code is that of the run. */
export async function run(shell: Shell, names: readonly string[], flags: RunFlags): Promise<number> {
  const range = rangeOf(flags, new Date());
  const config = await openConfig(shell);
  tellWarnings(shell, config.warnings);
  const pipelines = selectPipelines(config, names, flags.select);
  const runner = await openRunner(config);
  return runAndPrint(shell, runner, {
    pipelines,
    ...range,
    allow_again: shell.yes,
    concurrency: flags.concurrency,
    max_records: flags.maxRecords,
    adopt: flags.adopt,
    allow_empty: flags.allowEmpty,
    allow_rejects: flags.allowRejects,
  }).finally(() => runner.close());
}

/** Runs, tells of it as the shell wants it, and can be stopped; the exit code is that of the run. */
export async function runAndPrint(shell: Shell, runner: Runner, options: RunOptions): Promise<number> {
  const stop = stopSignal();
  try {
    const result = await runner.run({
      ...options,
      emit: reporter(shell),
      signal: stop.signal,
      report_bug: (error) => writeCrash(error, shell.redact),
    });
    if (shell.output !== 'table')
      shell.print(`${JSON.stringify(result, null, shell.output === 'json' ? 2 : 0)}\n`);
    return result.exitCode;
  } finally {
    stop.forget();
  }
}

function reporter(shell: Shell): Emit {
  if (shell.ui === 'json') return jsonLines(shell.tell);
  if (shell.ui === 'quiet') return quiet(shell);
  return plainLines({ look: shell.look, dated: !shell.interactive, write: shell.tell });
}

/** Nothing but what went wrong. */
function quiet(shell: Shell): Emit {
  return (event) => {
    if (event.type === 'run_finished' && event.result.exitCode !== 0)
      shell.tell(`${summary(event.result, shell.look)}\n`);
  };
}
