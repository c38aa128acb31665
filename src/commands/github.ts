/** What GitHub Actions shows of a run: annotations, a summary of the job, and the outputs of the step. */

import { randomUUID } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { count } from '../model/plural.ts';
import { shortestSecret } from '../model/redact.ts';
import { addCounts, noCounts, type PipelineResult, type RunResult } from '../model/result.ts';
import type { Secrets } from '../model/secrets.ts';
import { workflowCommand } from '../model/workflow-command.ts';
import type { Shell } from './shell.ts';

export function inGithubActions({ environment }: Pick<Shell, 'environment'>): boolean {
  return environment.GITHUB_ACTIONS === 'true';
}

/** Has GitHub take these out of all that is printed, by us and by later steps. It goes by lines. */
export function maskSecrets(secrets: Secrets): void {
  // They are read from a pipe. In a file, where nobody acts upon them, they would be the secrets in clear.
  if (fstatSync(process.stderr.fd).isFile()) return;
  const lines = [...secrets].flatMap((secret) => [secret, ...secret.split(/[\r\n]+/)]);
  for (const line of new Set(lines.filter(({ length }) => length >= shortestSecret)))
    process.stderr.write(`${workflowCommand('add-mask', {}, line)}\n`);
}

/** Tells how a run ended. What cannot be written is a warning, and changes nothing. */
export async function reportToGithub(shell: Shell, result: RunResult): Promise<void> {
  for (const [name, pipeline] of Object.entries(result.pipelines)) {
    const line = annotation(name, pipeline, result.runId);
    if (line !== undefined) shell.tell(`${line}\n`);
  }
  await append(shell, 'GITHUB_STEP_SUMMARY', shell.redact(summaryOf(result)));
  await append(shell, 'GITHUB_OUTPUT', outputsOf(result));
}

function annotation(
  name: string,
  { status, error, rejected }: PipelineResult,
  run: string,
): string | undefined {
  const title = `${name}: ${status}`;
  const lines = error && [error.message, ...(error.hint === undefined ? [] : [error.hint])];
  const text = lines?.join('\n');
  if (status === 'failed' || status === 'rate_limited' || status === 'interrupted')
    return workflowCommand('error', { title }, text ?? title);
  const rejects = `${count(rejected)} rejected: syncline rejects show ${run}`;
  if (status === 'partial') return workflowCommand('warning', { title }, rejects);
  const stopped = status === 'cancelled' || status === 'busy';
  return stopped ? workflowCommand('warning', { title }, text ?? title) : undefined;
}

const counted = ['read', 'inserted', 'updated', 'deleted', 'rejected'] as const;

function summaryOf({ runId, status, pipelines }: RunResult): string {
  const rows = Object.entries(pipelines).map(([name, result]) => {
    const numbers = counted.map((kind) => count(result[kind]));
    const seconds = `${(result.durationMs / 1000).toFixed(1)} s`;
    const note = result.error?.message ?? result.reason ?? '';
    return [name, result.status, ...numbers, seconds, note].map(plainMarkdown);
  });
  const head = ['pipeline', 'status', ...counted, 'time', 'note'];
  const rule = head.map((_, column) => (column > 1 && column < head.length - 1 ? '---:' : '---'));
  const table = [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
  return `### Syncline: ${plainMarkdown(status)}\n\n${table}\nRun ${runId}\n\n`;
}

/** Text that is no markup, in one line. */
function plainMarkdown(text: string): string {
  return text.replace(/[\\`*_[\]<>|~&#!@]/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/\s+/g, ' ');
}

function outputsOf({ runId, status, exitCode, pipelines }: RunResult): string {
  const sum = Object.values(pipelines).reduce(addCounts, noCounts);
  const numbers = counted.map((kind) => [kind, sum[kind]] as const);
  const outputs = [['run_id', runId], ['status', status], ['exit_code', exitCode], ...numbers] as const;
  return outputs
    .map(([name, value]) => {
      // By chance alone, so that no value can end itself and begin another output.
      const end = randomUUID();
      return `${name}<<${end}\n${value}\n${end}\n`;
    })
    .join('');
}

async function append(shell: Shell, variable: string, text: string): Promise<void> {
  const file = shell.environment[variable];
  try {
    if (!file) throw new Error('the variable is not set');
    await appendFile(file, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    shell.tell(`${workflowCommand('warning', {}, `${variable} could not be written: ${reason}`)}\n`);
  }
}
