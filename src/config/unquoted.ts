import { Lexer } from 'yaml';
import type { Diagnostic } from './diagnostics.ts';
import { lineAt, type SourceText, spanOf } from './place.ts';

/**
 * The mistake everybody makes: a value that means something in YAML and has no quotes, such as `*.csv`, `@daily` or
 * `{ token: ${TOKEN} }`. Finds the value around `offset` and says how to quote it; undefined when it looks harmless.
 */
export function findUnquoted(source: SourceText, offset: number, path: string): Diagnostic | undefined {
  const { text } = source;
  const start = valueStart(text, offset);
  const end = valueEnd(text, start);
  const value = text.slice(start, end);
  const reason = meaningOf(value);
  if (reason === undefined) return undefined;
  const [, key] = /([^\s,{[]+):\s*$/.exec(text.slice(lineAt(text, start).start, start)) ?? [];
  return {
    severity: 'error',
    code: 'config/unquoted',
    path,
    message: `${value} ${reason}`,
    help: `put it in quotes: ${key === undefined ? '' : `${key}: `}${quote(value)}`,
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
  if ('@`%'.includes(first) && first !== '') return `begins with \`${first}\`, which YAML reserves`;
  if (/^["']/.test(value)) return undefined;
  if (/^[{[].*[}\]]$/.test(value) || !/[{}[\]]/.test(value)) return undefined;
  return 'has brackets, which YAML takes for its own here';
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
function valueEnd(text: string, start: number): number {
  const line = lineAt(text, start);
  const inFlow = flowDepth(text, start) > 0;
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

/** How many flow collections (`{…}`, `[…]`) are open at an offset. */
function flowDepth(text: string, offset: number): number {
  let depth = 0;
  let at = 0;
  let isText = false;
  for (const lexeme of new Lexer().lex(text)) {
    if (at >= offset) break;
    // The lexer announces a plain or quoted text by a control character of its own.
    if (!isText && (lexeme === '{' || lexeme === '[')) depth += 1;
    if (!isText && (lexeme === '}' || lexeme === ']')) depth -= 1;
    isText = lexeme === '\x1f';
    if (!/^[\x02\x18\x1f]$/.test(lexeme)) at += lexeme.length;
  }
  return depth;
}
