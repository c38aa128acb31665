import type { Diagnostic } from '../config/diagnostics.ts';
import { type ReportOptions, reportDiagnostics } from '../config/report.ts';
import type { Shell } from './shell.ts';

/** Tells warnings, in colour where the shell has it. */
export function tellWarnings(shell: Shell, warnings: readonly Diagnostic[]): void {
  if (warnings.length === 0 || shell.ui === 'quiet') return;
  shell.tell(report(shell, warnings));
}

/** Diagnostics as text or for programs, with places relative to where the command was called. */
export function report(
  shell: Shell,
  diagnostics: readonly Diagnostic[],
  format: ReportOptions['format'] = 'text',
): string {
  return reportDiagnostics(diagnostics, {
    format,
    color: shell.look.colors.isColorSupported,
    unicode: shell.look.unicode,
    // There files are named from the top of the repository.
    directory: (format === 'github' && shell.environment.GITHUB_WORKSPACE) || shell.directory,
  });
}
