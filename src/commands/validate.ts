import { ConfigError, type Diagnostic } from '../config/diagnostics.ts';
import { loadConfig } from '../config/open.ts';
import type { ReportOptions } from '../config/report.ts';
import { plural } from '../model/plural.ts';
import { report } from './diagnostics.ts';
import { configOptions, type Shell } from './shell.ts';

type ValidateFormat = ReportOptions['format'];

/** Checks configs and opens nothing: exit code 2 when one of them has an error. */
export async function validate(
  shell: Shell,
  files: readonly string[],
  format: ValidateFormat,
): Promise<number> {
  const checked: Checked[] = [];
  for (const file of files.length > 0 ? files : [shell.config]) {
    const one = await check(shell, file);
    checked.push(one);
    if (format !== 'text') continue;
    shell.tell(report(shell, one.diagnostics));
    if (one.good !== undefined) shell.print(`${one.good}\n`);
  }
  // One document for all of them.
  if (format !== 'text')
    shell.print(
      report(
        shell,
        checked.flatMap(({ diagnostics }) => diagnostics),
        format,
      ),
    );
  return checked.every(({ ok }) => ok) ? 0 : 2;
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
    const counts = [
      plural(sources.size, 'source'),
      plural(sinks.size, 'sink'),
      plural(pipelines.size, 'pipeline'),
    ];
    const good = `${mark} ${config.file} is valid: ${counts.join(', ')}`;
    return { ok: true, diagnostics: config.warnings, good };
  } catch (error) {
    if (error instanceof ConfigError) return { ok: false, diagnostics: error.diagnostics };
    throw error;
  }
}
