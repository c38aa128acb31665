import { Lexer } from 'yaml';
import type { Diagnostic } from './diagnostics.ts';
import { lineAt, type SourceText, spanOf } from './place.ts';

/**
 * The mistake everybody makes: a value that means something in YAML and has no quotes, such as `*.csv`, `@daily` or
 * `{ token: ${TOKEN} }`. Finds the value around `offset` and says how to quote it; undefined when it looks harmless.
 * `inFlow` tells that it lies in a flow collection.
 */
export function findUnquoted(
  source: SourceText,
  offset: number,
  path: string,
  inFlow: boolean,
): Diagnostic | undefined {
  const { text } = source;
  const start = valueStart(text, offset);
  const end = valueEnd(text, start, inFlow);
  const value = text.slice(start, end);
  const reason = meaningOf(value);
  if (reason === undefined) return undefined;
  const [, key] = /([^\s,{[]+):\s*$/.exec(text.slice(lineAt(text, start).start, start)) ?? [];
  return {
    severity: 'error',
    code: 'config/unquoted',
    path,
    message: `${value} ${reason}`,
    help: `Put it in quotes: ${key === undefined ? '' : `${key}: `}${quote(value)}`,
    span: spanOf(source, start, end),
  };
}

/** Text in the quotes that need the least escaping. */
export function quote(text: string): string {
  return /["\\]/.test(text) ? `'${text.replaceAll("'", "''")}'` : `"${text}"`;
}

function meaningOf(value: string): string | undefined {
  const first = value[0] ?? '';
  if (first === '*') return 'begins with `*`, which in YAML stands for an alias';
  if (first === '&') return 'begins with `&`, which in YAML makes an anchor';
  if (first === '!') return 'begins with `!`, which in YAML makes a tag';
  if (first === '@' || first === '%') return `begins with \`${first}\`, which YAML reserves`;
  if (first === '`') return 'begins with a backtick, which YAML reserves';
  if (/^["']/.test(value)) return undefined;
  if (/^[{[].*[}\]]$/.test(value) || !/[{}[\]]/.test(value)) return undefined;
  const marks = /[{}]/.test(value) ? 'braces' : 'brackets';
  return `has ${marks}, which YAML takes for its own here`;
}

/** Walks back from an offset to where its value begins: after `key: `, `, `, `- ` or an opening bracket. */
function valueStart(text: string, offset: number): number {
  const line = lineAt(text, offset);
  let depth = 0;
  let at = offset - 1;
  for (; at >= line.start; at -= 1) {
    const character = text[at] ?? '';
    if ('}]'.includes(character)) depth += 1;
    else if ('{['.includes(character)) {
      if (depth > 0) depth -= 1;
      else if (at === line.start || /[\s,:[{]/.test(text[at - 1] ?? '')) break;
    } else if (depth === 0 && isSeparator(text, at, line.start)) break;
  }
  at += 1;
  while (/[ \t]/.test(text[at] ?? '')) at += 1;
  return at;
}

function isSeparator(text: string, at: number, lineStart: number): boolean {
  if (!/\s/.test(text[at + 1] ?? '\n')) return false;
  if (text[at] === '-') return text.slice(lineStart, at).trim() === '';
  return text[at] === ':' || text[at] === ',';
}

/** Where the value that begins at `start` ends: at a comment, the end of the line, or what closes a flow collection. */
function valueEnd(text: string, start: number, inFlow: boolean): number {
  const line = lineAt(text, start);
  let depth = 0;
  let at = start;
  for (; at < line.end; at += 1) {
    const character = text[at] ?? '';
    if (character === '#' && /\s/.test(text[at - 1] ?? '')) break;
    if (inFlow && depth === 0 && ',}]'.includes(character)) break;
    if ('{['.includes(character)) depth += 1;
    if ('}]'.includes(character)) depth -= 1;
  }
  return start + text.slice(start, at).trimEnd().length;
}

/** Control characters of the lexer's own: they stand for no text in the file. */
const announcesText = '\x1f';
const announcements = ['\x02', '\x18', announcesText];

/** Whether an offset lies in a flow collection, `{…}` or `[…]`, however broken the text behind it is. */
export function isInFlow(text: string, offset: number): boolean {
  let depth = 0;
  let at = 0;
  let isText = false;
  for (const lexeme of new Lexer().lex(text)) {
    if (at >= offset) break;
    if (!isText && (lexeme === '{' || lexeme === '[')) depth += 1;
    if (!isText && (lexeme === '}' || lexeme === ']')) depth -= 1;
    isText = lexeme === announcesText;
    if (!announcements.includes(lexeme)) at += lexeme.length;
  }
  return depth > 0;
}
