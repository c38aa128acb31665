import type { Diagnostic } from '../config/diagnostics.ts';
import { reportDiagnostics } from '../config/report.ts';
import type { Shell } from './shell.ts';

/** Tells warnings, in colour where the shell has it. */
export function tellWarnings(shell: Shell, warnings: readonly Diagnostic[]): void {
  if (warnings.length === 0 || shell.ui === 'quiet') return;
  shell.tell(`${report(shell, warnings)}\n`);
}

/** Diagnostics as text, with places relative to where the command was called. */
export function report(shell: Shell, diagnostics: readonly Diagnostic[]): string {
  return reportDiagnostics(diagnostics, {
    format: 'text',
    color: shell.look.colors.isColorSupported,
    directory: shell.directory,
  });
}
