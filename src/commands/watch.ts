import type { PipelineConfig } from '../config/config.ts';
import type { Emit } from '../engine/events.ts';
import { SyncError } from '../model/errors.ts';
import type { BrowseOptions } from '../tui/browse.ts';
import { jsonLines } from '../tui/json.ts';
import { plainLines } from '../tui/plain.ts';
import { Session, type SessionOptions } from '../tui/session.ts';
import { summary } from '../tui/summary.ts';
import { beforeLastWords } from './ending.ts';
import { writeCrash } from './error.ts';
import type { Shell } from './shell.ts';
import type { StopSignal } from './stop.ts';

/** How a run is told, until whoever watches has seen its end. */
export type Watch = Pick<Session, 'emit' | 'seen' | 'close'>;

/** On a screen where one is asked for or goes without saying, else in lines. `command` is the command line that does the same. */
export function watchRun(
  shell: Shell,
  pipelines: readonly PipelineConfig[],
  stop: StopSignal,
  command: string,
): Watch {
  if (!hasScreen(shell, pipelines)) return { emit: linesOf(shell), seen: async () => {}, close: () => {} };
  const session = openSession(shell, stop);
  session.watch(command);
  return session;
}

/** Whether a run of these pipelines has a screen; throws where one was asked for and cannot be. */
export function hasScreen(shell: Shell, pipelines: readonly PipelineConfig[]): boolean {
  if (shell.ui !== 'tui' && shell.ui !== 'auto') return false;
  const printing = pipelines.find(({ targets }) => targets.some(({ sink }) => sink.plugin.name === 'stdout'));
  const hindrance =
    shell.screenHindrance ?? (printing && `pipeline "${printing.name}" writes to the standard output`);
  if (hindrance !== undefined && shell.ui === 'tui')
    throw new SyncError('usage/no_screen', `--ui tui: ${hindrance}`, {
      hint: 'Leave the flag out, and a screen is shown where one can be; --ui plain is for lines.',
    });
  return hindrance === undefined;
}

/** A session that ends with the process, whatever ends it. */
function openSession(shell: Shell, stop: StopSignal): Session {
  const session = new Session(sessionOptions(shell, stop));
  stop.signal.addEventListener('abort', () => session.stopping(), { once: true });
  beforeLastWords(() => session.close());
  return session;
}

/** For browsing, which ends with the process as well. */
export function browseOptions(shell: Shell, stop: StopSignal): BrowseOptions {
  return { ...sessionOptions(shell, stop), signal: stop.signal, lastly: beforeLastWords };
}

function sessionOptions(shell: Shell, stop: StopSignal): SessionOptions {
  return {
    look: shell.look,
    input: process.stdin,
    output: process.stderr,
    lines: linesOf(shell),
    print: shell.tell,
    redact: shell.redact,
    stop: stop.stop,
    reportBug: (error) => writeCrash(error, shell.redact),
  };
}

function linesOf(shell: Shell): Emit {
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
