import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../config/diagnostics.ts';
import { SyncError } from '../model/errors.ts';
import type { Redact } from '../model/redact.ts';
import { workflowCommand } from '../model/workflow-command.ts';
import { printable } from '../tui/printable.ts';
import { report } from './diagnostics.ts';
import { inGithubActions } from './github.ts';
import type { Shell } from './shell.ts';

/** Tells an error that ended a command; returns the exit code. */
export async function printError(shell: Shell, error: unknown): Promise<number> {
  if (error instanceof ConfigError) {
    shell.tell(report(shell, error.diagnostics));
    if (inGithubActions(shell)) shell.tell(report(shell, error.diagnostics, 'github'));
    return 2;
  }
  if (!(error instanceof SyncError)) {
    await printBug(shell, error, 'This is a fault of Syncline, not yours.');
    return 70;
  }
  const { code } = error;
  shell.tell(errorText(shell, error));
  if (inGithubActions(shell)) shell.tell(`${workflowCommand('error', { title: code }, error.message)}\n`);
  // What a plugin threw while it worked is a failure; what keeps it from being loaded is wrong in the config.
  if (code === 'plugin/failed') {
    shell.tell(`  Its stack: ${await writeCrash(error, shell.redact)}\n`);
    return 1;
  }
  if (code === 'lease/held') return 5;
  return /^(usage|config|plugin)\//.test(code) ? 2 : 1;
}

/** Tells an error that was thrown where nothing could catch it, by a timer or a promise that nobody awaits. */
export function printCrash(shell: Shell, error: unknown): Promise<void> {
  return printBug(shell, error, 'It was thrown where nothing could catch it, by Syncline or by a plugin.');
}

async function printBug(shell: Shell, error: unknown, whose: string): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  const file = await writeCrash(error, shell.redact);
  const { colors } = shell.look;
  shell.tell(`${colors.red('bug')} ${printable(message)}\n  ${whose} Please report it with ${file}\n`);
}

function errorText({ look: { colors } }: Shell, { code, message, hint }: SyncError): string {
  const lines = [`${colors.red('error')} ${printable(message)}  [${code}]`];
  if (hint) lines.push(`  help: ${printable(hint)}`);
  return `${lines.join('\n')}\n`;
}

/**
 * Writes a crash report into a new folder that only its owner can enter; returns its path. Where none can be written it
 * goes to the standard error. Never rejects.
 */
export async function writeCrash(error: unknown, redact: Redact): Promise<string> {
  const text = `${process.version} ${process.platform} ${process.arch}\n${redact(stacks(error))}\n`;
  try {
    const file = join(await mkdtemp(join(tmpdir(), 'syncline-crash-')), 'report.txt');
    await writeFile(file, text, { mode: 0o600 });
    return file;
  } catch {
    process.stderr.write(text);
    return 'the lines above: no file could be written';
  }
}

/** The stack of an error, and of what caused it. */
function stacks(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by ${stacks(error.cause)}`;
}
