import { dirname, join, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/diagnostics.ts';
import { tokenFile } from '../daemon/token.ts';
import { SyncError } from '../model/errors.ts';
import { plural } from '../model/plural.ts';
import { printable } from '../tui/printable.ts';
import { diskSpace, privateFile, writableFolder } from './doctor/files.ts';
import { bad, type Finding, good, warning } from './doctor/finding.ts';
import { machineFindings } from './doctor/machine.ts';
import { stateFindings } from './doctor/state.ts';
import { columns, openConfig, printList, type Shell } from './shell.ts';

/** Where a config keeps its own, as far as that is known. */
interface Places {
  readonly directory: string;
  readonly state: string;
  readonly logs: string;
}

/**
 * Looks at all that Syncline rests on, and changes nothing; it works also where the config is wrong or missing. Exit
 * code 1 when something keeps Syncline from working.
 */
export async function doctor(shell: Shell): Promise<number> {
  const { findings, places } = await configFindings(shell);
  const found = [
    ...(await machineFindings(shell)),
    ...findings,
    await writableFolder('folder of the state', dirname(places.state)),
    ...(await privateFile('file of the state', places.state)),
    await diskSpace(dirname(places.state)),
    ...(await stateFindings(places.state)),
    await writableFolder('folder of the logs', places.logs),
    ...(await privateFile('token of the API', tokenFile(places.directory))),
  ].map((finding) => redacted(finding, shell));
  printList(shell, found, () => text(found, shell));
  return found.some(({ status }) => status === 'bad') ? 1 : 0;
}

/** Without a config that can be read, all lies where it lies by default. */
async function configFindings(shell: Shell): Promise<{ findings: Finding[]; places: Places }> {
  try {
    const config = await openConfig(shell);
    return {
      findings: [judged(config)],
      places: { directory: config.directory, state: config.state, logs: config.logs.dir },
    };
  } catch (error) {
    const directory = directoryOf(shell, error);
    const own = (name: string) => join(directory, '.syncline', name);
    return {
      findings: [wrong(error)],
      places: { directory, state: own('state.db'), logs: own('logs') },
    };
  }
}

function judged({ file, warnings, pipelines }: Config): Finding {
  const found = `${file} is valid: ${plural(pipelines.size, 'pipeline')}`;
  if (warnings.length === 0) return good('config', found);
  return warning('config', `${found}, ${plural(warnings.length, 'warning')}`, 'syncline validate');
}

function wrong(error: unknown): Finding {
  if (error instanceof ConfigError) {
    const errors = error.diagnostics.filter(({ severity }) => severity === 'error');
    const [first] = errors;
    const path = first?.path ? `${first.path}: ` : '';
    const more = errors.length > 1 ? ` and ${errors.length - 1} more` : '';
    const missing = first?.code === 'config/not_found';
    return bad(
      'config',
      `${path}${first?.message ?? ''}  [${first?.code ?? ''}]${more}`,
      missing ? 'Go to the folder that has one, or name it with --config FILE.' : 'syncline validate',
    );
  }
  if (!(error instanceof SyncError)) throw error;
  return bad('config', `${error.message}  [${error.code}]`, error.hint);
}

/** The folder of a config that cannot be used. */
function directoryOf({ config, directory }: Shell, error: unknown): string {
  if (config !== undefined) return dirname(resolve(directory, config));
  const spans = error instanceof ConfigError ? error.diagnostics.flatMap(({ span }) => span ?? []) : [];
  const [first] = spans;
  return first === undefined ? directory : dirname(first.file);
}

/** A list of JSON documents redacts nothing by itself. */
function redacted({ found, next, ...finding }: Finding, { redact }: Shell): Finding {
  return { ...finding, found: redact(found), next: next && redact(next) };
}

function text(findings: readonly Finding[], { look }: Shell): string {
  const marks = look.unicode
    ? { good: '✓', warning: '!', bad: '✗' }
    : { good: 'ok', warning: ' !', bad: ' x' };
  const lines = columns(
    findings.map(({ status, subject, found }) => [
      marks[status],
      subject,
      printable(found).replaceAll('\n', ' '),
    ]),
  ).split('\n');
  return findings
    .map(({ next }, line) => `${lines[line]}\n${next === undefined ? '' : `    ${printable(next)}\n`}`)
    .join('');
}
