import { resolve } from 'node:path';
import { Daemon } from '../daemon/daemon.ts';
import type { Emit } from '../engine/events.ts';
import { jsonLines } from '../tui/json.ts';
import { plainLines } from '../tui/plain.ts';
import { tellWarnings } from './diagnostics.ts';
import { writeCrash } from './error.ts';
import { openConfig, type Shell } from './shell.ts';
import { stopSignal } from './stop.ts';

/** Runs pipelines by their schedules until it is stopped; the exit code is that of the signal. */
export async function daemon(shell: Shell): Promise<number> {
  const config = await openConfig(shell);
  tellWarnings(shell, config.warnings);
  const stop = stopSignal(config.daemon.grace);
  const { environmentFile } = shell;
  const opened = await Daemon.open(config, {
    load: () => openConfig(shell),
    environmentFile: environmentFile && resolve(shell.directory, environmentFile),
    emit: linesOf(shell),
    signal: stop.signal,
    report_bug: (error) => writeCrash(error, shell.redact),
  });
  const reload = () => void opened.reload();
  process.on('SIGHUP', reload);
  try {
    await opened.serve();
    return stop.code ?? 0;
  } finally {
    process.off('SIGHUP', reload);
    stop.forget();
  }
}

function linesOf(shell: Shell): Emit {
  if (shell.ui === 'json') return jsonLines(shell.tell);
  const lines = plainLines({ look: shell.look, dated: true, write: shell.tell });
  if (shell.ui !== 'quiet') return lines;
  // Nothing but what went wrong.
  return (event) => {
    const wrong =
      (event.type === 'notice' && event.level === 'warn') ||
      (event.type === 'run_finished' && event.result.exitCode !== 0);
    if (wrong) lines(event);
  };
}
