import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../config/diagnostics.ts';
import { SyncError } from '../model/errors.ts';
import { printable } from '../tui/printable.ts';
import { report } from './diagnostics.ts';
import type { Shell } from './shell.ts';

/** Tells an error that ended a command; returns the exit code. */
export async function printError(shell: Shell, error: unknown): Promise<number> {
  if (error instanceof ConfigError) {
    shell.tell(`${report(shell, error.diagnostics)}\n`);
    return 2;
  }
  if (error instanceof SyncError) {
    shell.tell(errorText(shell, error));
    return error.code.startsWith('usage/') ||
      error.code.startsWith('config/') ||
      error.code.startsWith('plugin/')
      ? 2
      : 1;
  }
  const file = await writeCrash(error);
  const message = error instanceof Error ? error.message : String(error);
  shell.tell(
    `${shell.look.colors.red('bug')} ${printable(message)}\n  This is a fault of Syncline, not yours. Please report it with ${file}\n`,
  );
  return 70;
}

function errorText({ look: { colors } }: Shell, { code, message, hint }: SyncError): string {
  const lines = [`${colors.red('error')} ${printable(message)}  [${code}]`];
  if (hint) lines.push(`  help: ${printable(hint)}`);
  return `${lines.join('\n')}\n`;
}

/** Writes a crash report only its owner can read; returns its path. */
export async function writeCrash(error: unknown): Promise<string> {
  const folder = join(tmpdir(), 'syncline-crashes');
  const file = join(folder, `${new Date().toISOString().replaceAll(':', '-')}.txt`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  await writeFile(file, `${process.version} ${process.platform} ${process.arch}\n${stack}\n`, {
    mode: 0o600,
  });
  return file;
}
