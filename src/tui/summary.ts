import { plural } from '../model/plural.ts';
import type { CallCounts, Outcome, PipelineResult, RunResult } from '../model/result.ts';
import type { Look } from './look.ts';
import { count, duration, rate } from './numbers.ts';
import { printable } from './printable.ts';

/** The end of a run, for people: a line per pipeline, and one for all. */
export function summary(result: RunResult, look: Look): string {
  const pipelines = Object.entries(result.pipelines).flatMap(withParts);
  const cells = pipelines.map(([name, pipeline]) => cellsOf(name, pipeline, pipelines));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((line) => (line[column] ?? '').length)),
  );
  const lines = pipelines.flatMap(([, pipeline], index) => {
    const line = (cells[index] ?? []).map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    const noted = [mark(pipeline, look), line.join('  '), note(pipeline, result.runId, look)].filter(Boolean);
    return [noted.join(' ').trimEnd(), ...callLines(pipeline), ...failureLines(pipeline, look)];
  });
  return [...lines, lastLine(result, look)].join('\n');
}

/** A pipeline, and below it what became of its targets and partitions, the failed ones with why. */
function withParts([name, result]: readonly [string, PipelineResult]): [string, PipelineResult][] {
  const parts = Object.entries({ ...result.partitions, ...result.targets });
  const whole = parts.some(([, { error }]) => error) ? { ...result, error: undefined } : result;
  return [[name, whole], ...parts.map(([part, ended]): [string, PipelineResult] => [`  ${part}`, ended])];
}

function cellsOf(name: string, result: PipelineResult, all: readonly [string, PipelineResult][]): string[] {
  const some = (counted: (result: PipelineResult) => number) => all.some(([, other]) => counted(other) > 0);
  const cells = [
    printable(name),
    `${count(result.read)} read`,
    `+ ${count(result.inserted)}`,
    `~ ${count(result.updated)}`,
    `= ${count(result.unchanged)}`,
  ];
  if (some((other) => other.deleted)) cells.push(`- ${count(result.deleted)}`);
  if (some((other) => other.skipped)) cells.push(`${count(result.skipped)} skipped`);
  if (some((other) => other.kept)) cells.push(`${count(result.kept)} kept`);
  if (some((other) => other.defaulted)) cells.push(`${count(result.defaulted)} defaulted`);
  return [
    ...cells,
    `${count(result.rejected)} rejected`,
    duration(result.durationMs),
    rate(result.read, result.durationMs),
  ];
}

function mark({ status }: PipelineResult, { colors, unicode }: Look): string {
  if (status === 'succeeded') return colors.green(unicode ? '✓' : 'ok');
  if (status === 'partial') return colors.yellow(unicode ? '!' : ' !');
  if (status === 'cancelled' || status === 'interrupted') return colors.yellow(unicode ? '■' : ' -');
  if (status === 'rate_limited') return colors.yellow(unicode ? '◷' : ' %');
  if (status === 'busy') return colors.yellow(unicode ? '…' : ' .');
  if (status === 'skipped') return colors.dim(unicode ? '○' : ' o');
  return colors.red(unicode ? '✗' : ' x');
}

function note({ status, reason, resumeAt }: PipelineResult, run: string, { colors, unicode }: Look): string {
  if (status === 'partial') return `  ${unicode ? '→' : '->'} ${colors.bold(`syncline rejects show ${run}`)}`;
  if (status === 'rate_limited') return resumeAt === undefined ? '' : `  run it again after ${resumeAt}`;
  if (status === 'skipped') return reason === undefined ? '' : `  ${printable(reason)}`;
  return status === 'cancelled' ? '  stopped after its last complete batch' : '';
}

function callLines({ calls, stopped }: PipelineResult): string[] {
  return calls === undefined ? [] : [`    ${printable(callsText(calls, stopped))}`];
}

/** `43 pages, 45 requests, 2 tried again, waited 12 s, ended: no next page` */
export function callsText(
  { pages, requests, retries, waitedMs }: CallCounts,
  stopped: string | undefined,
): string {
  return [
    plural(pages, 'page'),
    plural(requests, 'request'),
    ...(retries > 0 ? [`${count(retries)} tried again`] : []),
    ...(waitedMs > 0 ? [`waited ${duration(waitedMs)}`] : []),
    ...(stopped === undefined ? [] : [`ended: ${stopped}`]),
  ].join(', ');
}

function failureLines({ error }: PipelineResult, { colors }: Look): string[] {
  if (error === undefined) return [];
  const text = [`${error.message}  [${error.code}]`, ...(error.hint ? [error.hint] : [])];
  return printable(text.join('\n'))
    .split('\n')
    .map((line, index) => `    ${index === 0 ? colors.red(line) : line}`);
}

function lastLine(result: RunResult, { unicode }: Look): string {
  const statuses = Object.values(result.pipelines).map(({ status }) => status);
  const words = {
    succeeded: 'succeeded',
    partial: 'with rejects',
    failed: 'failed',
    rate_limited: 'rate limited',
    cancelled: 'cancelled',
    interrupted: 'interrupted',
    busy: 'busy',
    skipped: 'skipped',
  } as const satisfies { [status in Outcome]: string };
  const told = (Object.keys(words) as (keyof typeof words)[])
    .map((status) => [statuses.filter((other) => other === status).length, words[status]] as const)
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${number} ${word}`);
  const took = duration(Date.parse(result.finishedAt) - Date.parse(result.startedAt));
  const dot = unicode ? '·' : '-';
  return `${told.join(', ') || 'nothing to run'} in ${took} ${dot} run ${result.runId} ${dot} exit ${result.exitCode}`;
}
