import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Daemon } from '../daemon/daemon.ts';
import { openServiceManager } from '../daemon/systemd.ts';
import type { Emit } from '../engine/events.ts';
import { SyncError } from '../model/errors.ts';
import { jsonLines } from '../tui/json.ts';
import { plainLines } from '../tui/plain.ts';
import { tellWarnings } from './diagnostics.ts';
import { writeCrash } from './error.ts';
import { openConfig, type Shell } from './shell.ts';
import { stopSignal } from './stop.ts';
import { unitOf } from './unit.ts';

export interface DaemonFlags {
  /** Only print a unit of systemd that runs it. */
  readonly printUnit: boolean;
  /** A unit for the service manager of this user. */
  readonly user: boolean;
}

/** Runs pipelines by their schedules until it is stopped; the exit code is that of the signal. */
export async function daemon(shell: Shell, flags: DaemonFlags, version: string): Promise<number> {
  if (flags.user && !flags.printUnit) throw new SyncError('usage/invalid', '--user goes with --print-unit');
  const config = await openConfig(shell);
  tellWarnings(shell, config.warnings);
  const environmentFile = shell.environmentFile && resolve(shell.directory, shell.environmentFile);
  if (flags.printUnit) {
    const cli = await realpath(process.argv[1] ?? '');
    shell.print(unitOf(config, { node: process.execPath, cli, environmentFile, user: flags.user }));
    return 0;
  }
  const stop = stopSignal(config.daemon.grace);
  const emit = linesOf(shell);
  const service = openServiceManager({
    environment: process.env,
    pid: process.pid,
    warn: (message) => emit({ type: 'notice', at: new Date().toISOString(), level: 'warn', message }),
  });
  const opened = await Daemon.open(config, {
    load: () => openConfig(shell),
    environmentFile,
    version,
    service,
    emit,
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
    await service.close();
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
