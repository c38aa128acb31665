import path from 'node:path';
import { createColors } from 'picocolors';
import { plural } from '../model/plural.ts';
import { workflowCommand } from '../model/workflow-command.ts';
import type { Diagnostic, Span } from './diagnostics.ts';
import { codeFrame } from './frame.ts';
import { placeAt } from './place.ts';

export interface ReportOptions {
  readonly format: 'text' | 'json' | 'github';
  /** Whether text may have escape codes. */
  readonly color: boolean;
  /** Whether text may be drawn with more than ASCII. */
  readonly unicode: boolean;
  /** Files are named relative to this folder. */
  readonly directory: string;
}

/** Everything that was found, ready to be printed: lines that end in a newline. Text is empty when nothing was found. */
export function reportDiagnostics(diagnostics: readonly Diagnostic[], options: ReportOptions): string {
  switch (options.format) {
    case 'text':
      return reportText(diagnostics, options);
    case 'json':
      return reportJson(diagnostics, options.directory);
    case 'github':
      return diagnostics.map((diagnostic) => `${annotation(diagnostic, options.directory)}\n`).join('');
  }
}

function reportText(diagnostics: readonly Diagnostic[], options: ReportOptions): string {
  if (diagnostics.length === 0) return '';
  const blocks = diagnostics.map((diagnostic) => `${block(diagnostic, options)}\n\n`);
  return `${blocks.join('')}${summary(diagnostics, options)}\n`;
}

function block(diagnostic: Diagnostic, options: ReportOptions): string {
  const colors = createColors(options.color);
  const { severity, code, path: where, message, help, span, other } = diagnostic;
  const paint = severity === 'error' ? colors.red : colors.yellow;
  const place = where === '' ? '' : ` ${colors.bold(where)}`;
  const lines = [`${colors.bold(paint(severity))}${place}: ${message}  ${colors.dim(`[${code}]`)}`];
  if (span !== undefined) lines.push(...showPlace(span, '', options, paint));
  if (other !== undefined) lines.push(...showPlace(other.span, `${other.message} `, options, paint));
  if (help !== undefined) lines.push(`   ${colors.cyan('help:')} ${help.replaceAll('\n', '\n     ')}`);
  return lines.join('\n');
}

function showPlace(
  span: Span,
  words: string,
  { color, unicode, directory }: ReportOptions,
  mark: (text: string) => string,
): string[] {
  const colors = createColors(color);
  const { line, column } = placeAt(span, span.start);
  const where = colors.cyan(`${relative(span.file, directory)}:${line}:${column}`);
  const arrow = `  ${words}${unicode ? '→' : '->'} ${where}`;
  return span.text === '' ? [arrow] : [arrow, codeFrame(span, { dim: colors.dim, mark, unicode })];
}

function summary(diagnostics: readonly Diagnostic[], { color, unicode, directory }: ReportOptions): string {
  const colors = createColors(color);
  const dot = unicode ? '·' : '-';
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const warnings = diagnostics.length - errors.length;
  const counts = [plural(errors.length, 'error'), plural(warnings, 'warning')]
    .filter((words) => !words.startsWith('0 '))
    .join(', ');
  const files = new Set(
    diagnostics.flatMap(({ span }) => (span === undefined ? [] : [relative(span.file, directory)])),
  );
  const place =
    files.size === 0 ? '' : ` in ${files.size > 2 ? plural(files.size, 'file') : [...files].join(' and ')}`;
  const more = `more: syncline explain ${(errors[0] ?? diagnostics[0])?.code}`;
  if (errors.length === 0) return `${colors.yellow('!')} ${counts}${place} ${dot} ${more}`;
  return `${colors.red(unicode ? '✗' : 'x')} ${counts}${place} ${dot} nothing was run ${dot} ${more}`;
}

function reportJson(diagnostics: readonly Diagnostic[], directory: string): string {
  const ok = diagnostics.every(({ severity }) => severity !== 'error');
  const errors = diagnostics.map(({ severity, code, path: where, message, help, span }) => ({
    severity,
    code,
    path: where,
    message,
    help: help ?? null,
    ...jsonPlace(span, directory),
  }));
  return `${JSON.stringify({ ok, errors }, undefined, 2)}\n`;
}

/** Where a span begins and ends; the end is exclusive. */
function jsonPlace(span: Span | undefined, directory: string) {
  if (span === undefined) return { file: null, line: null, column: null, endLine: null, endColumn: null };
  const start = placeAt(span, span.start);
  const end = placeAt(span, span.end);
  const file = relative(span.file, directory);
  return { file, line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
}

/** A workflow command of GitHub Actions, shown beside the line in a pull request. */
function annotation(
  { severity, code, path: where, message, help, span }: Diagnostic,
  directory: string,
): string {
  const start = span && placeAt(span, span.start);
  const file = span && relative(span.file, directory);
  const text = `${where === '' ? '' : `${where}: `}${message}${help === undefined ? '' : `\nhelp: ${help}`}`;
  return workflowCommand(severity, { file, line: start?.line, col: start?.column, title: code }, text);
}

function relative(file: string, directory: string): string {
  return path.relative(directory, file).split(path.sep).join('/');
}
