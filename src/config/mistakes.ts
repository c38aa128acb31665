import { type Document, isCollection, isMap, isNode, isScalar, isSeq, type Node, visit, type YAMLParseError } from 'yaml';
import type { Diagnostic } from './diagnostics.ts';
import { type ConfigPath, sayPath } from './document.ts';
import { lineAt, placeAt, type SourceText, spanOf } from './place.ts';
import { findUnquoted, quote } from './unquoted.ts';

/** Says what a person did, where the parser says what it expected. */
export function explainMistake(error: YAMLParseError, document: Document, source: SourceText): Diagnostic {
  const [offset] = error.pos;
  const path = sayPath(pathTo(document.contents, offset));
  return (
    tab(error, source, path) ??
    openQuote(error, document, source, path) ??
    colonInValue(error, source, path) ??
    unquoted(error, source, path) ??
    openBracket(error, document, source, path) ??
    wrongIndent(error, source, path) ??
    noColon(error, source, path) ??
    other(error, source, path)
  );
}

type Said = Pick<Diagnostic, 'message' | 'help'>;

function say(source: SourceText, path: string, start: number, end: number, said: Said): Diagnostic {
  return { severity: 'error', code: 'config/syntax', path, ...said, span: spanOf(source, start, end) };
}

function tab(error: YAMLParseError, source: SourceText, path: string): Diagnostic | undefined {
  const { start, end } = lineAt(source.text, error.pos[0]);
  const at = source.text.slice(start, end).search(/(?<=^\s*)\t/);
  if (at < 0) return undefined;
  const message = 'this line is indented with a tab, which YAML forbids';
  return say(source, path, start + at, start + at + 1, { message, help: 'use spaces, two for each level' });
}

function openQuote(
  error: YAMLParseError,
  document: Document,
  source: SourceText,
  path: string,
): Diagnostic | undefined {
  const [offset] = error.pos;
  const quoted = lastNode(document, offset, (node) => isScalar(node) && /^QUOTE_/.test(node.type ?? ''));
  const [start, end] = quoted?.range ?? [];
  if (start === undefined || end === undefined || end < offset) return undefined;
  const mark = source.text[start] ?? '"';
  const line = lineAt(source.text, start);
  const help = `close it with ${mark} on the same line; inside it, write ${mark === '"' ? '\\"' : "''"} for the quote itself`;
  if (/^Missing closing/.test(error.message) || end > line.end) {
    return say(source, path, start, Math.min(end, line.end), { message: 'this quote is never closed', help });
  }
  if (error.code !== 'UNEXPECTED_TOKEN') return undefined;
  const message = `the text ends at the second ${mark}, and more follows`;
  return say(source, path, start, line.end, { message, help });
}

function colonInValue(error: YAMLParseError, source: SourceText, path: string): Diagnostic | undefined {
  if (error.code !== 'BLOCK_AS_IMPLICIT_KEY') return undefined;
  const [start] = error.pos;
  const { end } = lineAt(source.text, start);
  const value = source.text.slice(start, end).trimEnd();
  if (!/:(\s|$)/.test(value) || /^["'{[-]/.test(value)) return undefined;
  const message = 'this value has a colon followed by a space, which in YAML begins another map';
  const help = `if it is text, put it in quotes: ${quote(value)}; if it is a map, begin it on the next line`;
  return say(source, path, start, start + value.length, { message, help });
}

function unquoted(error: YAMLParseError, source: SourceText, path: string): Diagnostic | undefined {
  if (/sufficiently indented|same column|Implicit/.test(error.message)) return undefined;
  return findUnquoted(source, error.pos[0], path);
}

function openBracket(
  error: YAMLParseError,
  document: Document,
  source: SourceText,
  path: string,
): Diagnostic | undefined {
  if (!/flow|Flow|expected/.test(error.message)) return undefined;
  const [offset] = error.pos;
  const open = lastNode(document, offset, (node) => isCollection(node) && node.flow === true);
  const start = open?.range?.[0];
  if (open === undefined || start === undefined) return undefined;
  const close = isSeq(open) ? ']' : '}';
  if (source.text[(open.range?.[1] ?? 0) - 1] === close) return undefined;
  const help = `close it with ${close}; lines inside it must be indented more than the key it belongs to`;
  return say(source, path, start, start + 1, { message: `this ${source.text[start]} is never closed`, help });
}

function wrongIndent(error: YAMLParseError, source: SourceText, path: string): Diagnostic | undefined {
  const { text } = source;
  if (error.code === 'BLOCK_AS_IMPLICIT_KEY' || error.code === 'MULTILINE_IMPLICIT_KEY') {
    const line = lineAt(text, error.pos[0]);
    const next = lineAt(text, Math.min(line.end + 1, text.length));
    const start = next.start + text.slice(next.start, next.end).search(/\S|$/);
    const above = placeAt(source, error.pos[0]).line;
    const message = `this line is indented as if it belonged to line ${above}, which already has a value`;
    return say(source, path, start, next.end, { message, help: 'indent it like the key it stands beside' });
  }
  if (!/same column|Sequence item without/.test(error.message)) return undefined;
  const line = lineAt(text, Math.max(error.pos[0], error.pos[1] - 1));
  const start = line.start + text.slice(line.start, line.end).search(/\S|$/);
  const column = start - line.start + 1;
  const message = `this line begins in column ${column}, where nothing above it begins`;
  return say(source, path, start, line.end, { message, help: 'indent it like the lines it stands beside' });
}

function noColon(error: YAMLParseError, source: SourceText, path: string): Diagnostic | undefined {
  if (!/Implicit map keys need/.test(error.message)) return undefined;
  const [start] = error.pos;
  const { end } = lineAt(source.text, start);
  const word = source.text.slice(start, end).trimEnd();
  const message = `${JSON.stringify(word)} is neither a key nor a value: a key needs a colon and a space after it`;
  const help = `write ${word.replace(/^([^:]+).*$/, '$1')}: …`;
  return say(source, path, start, start + word.length, { message, help });
}

function other(error: YAMLParseError, source: SourceText, path: string): Diagnostic {
  const [start, end] = error.pos;
  return say(source, path, start, Math.max(end, start + 1), {
    message: `this is not YAML: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`,
    help: 'if it is text, put it in quotes',
  });
}

/** The innermost node that begins at or before an offset and passes the test. */
function lastNode(document: Document, offset: number, test: (node: Node) => boolean): Node | undefined {
  let last: Node | undefined;
  visit(document, {
    Node: (_key, node) => {
      if ((node.range?.[0] ?? Number.POSITIVE_INFINITY) <= offset && test(node)) last = node;
    },
  });
  return last;
}

/** The path of the innermost node around an offset, as far as a broken document has one. */
function pathTo(node: unknown, offset: number): ConfigPath {
  if (isMap(node)) {
    const pair = node.items.findLast(({ key }) => isNode(key) && (key.range?.[0] ?? 0) <= offset);
    if (!isScalar(pair?.key) || !surrounds(node, offset)) return [];
    return [pair.key.source ?? String(pair.key.value), ...pathTo(pair.value, offset)];
  }
  if (isSeq(node)) {
    const index = node.items.findLastIndex((item) => isNode(item) && (item.range?.[0] ?? 0) <= offset);
    return index < 0 ? [] : [index, ...pathTo(node.items[index], offset)];
  }
  return [];
}

function surrounds(node: Node, offset: number): boolean {
  return (node.range?.[0] ?? 0) <= offset && offset <= (node.range?.[2] ?? Number.POSITIVE_INFINITY);
}
