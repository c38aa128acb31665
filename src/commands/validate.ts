import { ConfigError, type Diagnostic } from '../config/diagnostics.ts';
import { loadConfig } from '../config/open.ts';
import { reportDiagnostics } from '../config/report.ts';
import { configOptions, type Shell } from './shell.ts';

export type ValidateFormat = 'text' | 'json' | 'github';

/** Checks configs and opens nothing: exit code 2 when one of them has an error. */
export async function validate(
  shell: Shell,
  files: readonly string[],
  format: ValidateFormat,
): Promise<number> {
  let valid = true;
  for (const file of files.length > 0 ? files : [shell.config]) {
    const { diagnostics, ok, good } = await check(shell, file);
    valid &&= ok;
    if (format !== 'text' || diagnostics.length > 0) {
      const color = format === 'text' && shell.look.colors.isColorSupported;
      const report = reportDiagnostics(diagnostics, { format, color, directory: shell.directory });
      const write = format === 'text' ? shell.tell : shell.print;
      if (report !== '') write(`${report}\n`);
    }
    if (format === 'text' && good !== undefined) shell.print(`${good}\n`);
  }
  return valid ? 0 : 2;
}

interface Checked {
  readonly ok: boolean;
  readonly diagnostics: readonly Diagnostic[];
  /** The good news, where there is some. */
  readonly good?: string;
}

async function check(shell: Shell, file: string | undefined): Promise<Checked> {
  try {
    const config = await loadConfig({ ...configOptions(shell), file });
    const mark = shell.look.unicode ? '✓' : 'ok';
    const { sources, sinks, pipelines } = config;
    const good = `${mark} ${config.file} is valid: ${sources.size} sources, ${sinks.size} sinks, ${pipelines.size} pipelines`;
    return { ok: true, diagnostics: config.warnings, good };
  } catch (error) {
    if (error instanceof ConfigError) return { ok: false, diagnostics: error.diagnostics };
    throw error;
  }
}
