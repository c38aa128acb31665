import type { Document, YAMLParseError } from 'yaml';
import type { Diagnostic } from './diagnostics.ts';
import { sayPath } from './document.ts';
import { lineAt, placeAt, type SourceText, spanOf } from './place.ts';
import { flowAt, pathAt, quotedAt } from './syntax-tree.ts';
import { findUnquoted, isInFlow, quote } from './unquoted.ts';

/** What the parser stumbled over, and where. */
interface Mistake {
  readonly error: YAMLParseError;
  readonly offset: number;
  readonly document: Document;
  readonly source: SourceText;
}

/** What a person did, from one offset to another. */
interface Told {
  readonly start: number;
  readonly end: number;
  readonly message: string;
  readonly help: string;
}

/** The usual mistakes, the surest signs first. */
const readings = [
  tab,
  openQuote,
  colonInValue,
  openBracket,
  wrongIndent,
  noColon,
  wrongList,
  noComma,
  wrongEscape,
];

/** Says what a person did, where the parser says what it expected. */
export function explainMistake(error: YAMLParseError, document: Document, source: SourceText): Diagnostic {
  const [offset] = error.pos;
  const mistake = { error, offset, document, source };
  const unquoted = findUnquotedMistake(mistake);
  if (unquoted !== undefined) return unquoted;
  for (const read of readings) {
    const told = read(mistake);
    if (told !== undefined) return toDiagnostic(told, mistake);
  }
  return toDiagnostic(anything(mistake), mistake);
}

function toDiagnostic({ start, end, message, help }: Told, { document, source }: Mistake): Diagnostic {
  const path = sayPath(pathAt(document, start));
  return { severity: 'error', code: 'config/syntax', path, message, help, span: spanOf(source, start, end) };
}

function findUnquotedMistake({ error, offset, document, source }: Mistake): Diagnostic | undefined {
  // These speak of what lies around a value, not of the value.
  const aroundIt = /sufficiently indented|same column|implicit|closing|TAB_AS_INDENT/i;
  if (aroundIt.test(`${error.message} ${error.code}`)) return undefined;
  const found = findUnquoted(source, offset, '', isInFlow(source.text, offset));
  return found && { ...found, path: sayPath(pathAt(document, found.span?.start ?? offset)) };
}

function tab({ error, offset, source }: Mistake): Told | undefined {
  if (error.code !== 'TAB_AS_INDENT' && error.code !== 'BAD_INDENT') return undefined;
  const line = lineAt(source.text, offset);
  const [indent] = /^ *\t/.exec(source.text.slice(line.start, line.end)) ?? [];
  if (indent === undefined) return undefined;
  const end = line.start + indent.length;
  const message = 'this line is indented with a tab, which YAML forbids';
  return { start: end - 1, end, message, help: 'Use spaces, two for each level.' };
}

function openQuote({ error, offset, document, source }: Mistake): Told | undefined {
  const [start, end] = quotedAt(document, offset)?.range ?? [];
  if (start === undefined || end === undefined) return undefined;
  const mark = source.text[start] ?? '"';
  const help = `For a ${mark} inside it, write ${mark === '"' ? '\\"' : "''"}`;
  const line = lineAt(source.text, start);
  if (/^Missing closing/.test(error.message) || (end > line.end && error.code === 'UNEXPECTED_TOKEN')) {
    const message = 'this quote is never closed';
    return {
      start,
      end: Math.min(end, line.end),
      message,
      help: `Close it with ${mark} on the same line. ${help}`,
    };
  }
  if (error.code !== 'UNEXPECTED_TOKEN') return undefined;
  return { start, end: line.end, message: `the text ends at the second ${mark}, and more follows`, help };
}

function colonInValue({ error, offset: start, source }: Mistake): Told | undefined {
  if (error.code !== 'BLOCK_AS_IMPLICIT_KEY') return undefined;
  const value = source.text.slice(start, lineAt(source.text, start).end).trimEnd();
  if (!/:(\s|$)/.test(value) || /^["'{[-]/.test(value)) return undefined;
  const message = 'this value has a colon followed by a space, which in YAML begins another map';
  const help = `If it is text, put it in quotes: ${quote(value)}; if it is a map, begin it on the next line.`;
  return { start, end: start + value.length, message, help };
}

function openBracket({ error, offset, document, source }: Mistake): Told | undefined {
  if (!/flow (map|seq)/i.test(error.message)) return undefined;
  const open = flowAt(document, offset);
  const [start, end] = open?.range ?? [];
  if (start === undefined || end === undefined) return undefined;
  const bracket = source.text[start];
  const close = bracket === '[' ? ']' : '}';
  if (source.text[end - 1] === close) return undefined;
  const help = `Close it with ${close}; what is inside it must be indented more than its key.`;
  return { start, end: start + 1, message: `this ${bracket} is never closed`, help };
}

function wrongIndent(mistake: Mistake): Told | undefined {
  const { error, offset, source } = mistake;
  if (/same column|without - indicator|block sequence may not/.test(error.message)) {
    const line = contentAt(source, Math.max(offset, error.pos[1] - 1));
    const message = `this line begins in column ${line.column}, where nothing above it begins`;
    return { ...line, message, help: 'Indent it like the lines it stands beside.' };
  }
  if (error.code !== 'BLOCK_AS_IMPLICIT_KEY' && error.code !== 'MULTILINE_IMPLICIT_KEY') return undefined;
  const above = contentAt(source, offset);
  const line = contentAt(source, above.end + source.text.slice(above.end).search(/\S|$/));
  if (line.column <= above.column) return withoutColon(source, above.start);
  const message = `this line is indented as if it belonged to line ${above.line}, which already has a value`;
  return { ...line, message, help: 'Indent it like the key it stands beside.' };
}

/** The line around an offset, without its indentation. */
function contentAt(source: SourceText, offset: number) {
  const line = lineAt(source.text, offset);
  const start = line.start + source.text.slice(line.start, line.end).search(/\S|$/);
  return { start, end: line.end, column: start - line.start + 1, line: placeAt(source, start).line };
}

function noColon({ error, offset, source }: Mistake): Told | undefined {
  return /Implicit map keys need/.test(error.message) ? withoutColon(source, offset) : undefined;
}

function withoutColon(source: SourceText, start: number): Told {
  const words = source.text.slice(start, lineAt(source.text, start).end).trimEnd();
  const [, key = words, value = '…'] = /^([^:]+):(.+)$/.exec(words) ?? [];
  const message = `${JSON.stringify(words)} is neither a key nor a value: a key needs a colon and a space after it`;
  return { start, end: start + words.length, message, help: `Write ${key}: ${value}` };
}

function wrongList({ error, offset: start }: Mistake): Told | undefined {
  if (!/block-seq-ind on same line/.test(error.message)) return undefined;
  const message = 'a list cannot begin on the line of its key';
  return { start, end: start + 1, message, help: 'Begin it on the next line, or write it as [a, b].' };
}

function noComma({ error, source }: Mistake): Told | undefined {
  if (error.code !== 'BLOCK_IN_FLOW' && !/quoted-scalar token/.test(error.message)) return undefined;
  const [start, end] = error.pos;
  const message = 'a comma is missing here, or quotes around text that has a colon in it';
  const lineEnd = lineAt(source.text, start).end;
  return { start, end: Math.min(end, lineEnd), message, help: 'Put a comma between the entries.' };
}

function wrongEscape({ error, offset: start }: Mistake): Told | undefined {
  if (error.code !== 'BAD_DQ_ESCAPE') return undefined;
  const message = 'this backslash sequence means nothing inside double quotes';
  return { start, end: start + 2, message, help: 'Write \\\\ for a backslash, or use single quotes.' };
}

function anything({ error }: Mistake): Told {
  const [start, end] = error.pos;
  const message = `this is not YAML: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`;
  return { start, end: Math.max(end, start + 1), message, help: 'If it is text, put it in quotes.' };
}
