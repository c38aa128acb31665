import { Composer, type CST, type Document, Lexer, Parser } from 'yaml';
import type { ErrorCode } from '../model/codes.ts';
import type { Diagnostic } from './diagnostics.ts';
import { explainMistake } from './mistakes.ts';
import { type SourceText, spanOf } from './place.ts';

/** Deeper nesting is an accident or an attack; the composer recurses, so this is checked before it runs. */
const maxDepth = 200;

export type ParsedYaml = { readonly document: Document | undefined } | { readonly mistake: Diagnostic };

/**
 * Parses the text of a config file. A file with nothing in it has no document. Of all that the parser has to say about
 * a broken file only the first message counts: the others follow from it.
 */
export function parseYaml(source: SourceText): ParsedYaml {
  const tokens: CST.Token[] = [];
  const parser = new Parser();
  const lexer = new Lexer();
  for (const lexeme of lexer.lex(source.text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > maxDepth) return { mistake: tooDeep(source, parser.offset) };
  }
  for (const token of parser.end()) tokens.push(token);

  // Duplicate keys are found by our own walk, which can name both places; the composer's check is quadratic.
  const composer = new Composer({
    schema: 'core',
    intAsBigInt: true,
    uniqueKeys: false,
    prettyErrors: false,
  });
  const documents = [...composer.compose(tokens, true, source.text.length)];
  const [document, second] = documents;
  const [error] = documents.flatMap((each) => each.errors);
  if (document !== undefined && error !== undefined) {
    return { mistake: explainMistake(error, document, source) };
  }
  if (second !== undefined) return { mistake: secondDocument(source, second) };
  const version = document?.directives?.yaml;
  if (version?.explicit && version.version !== '1.2') return { mistake: otherVersion(source) };
  return { document };
}

function tooDeep(source: SourceText, offset: number): Diagnostic {
  const message = `the config is nested more than ${maxDepth} levels deep here`;
  return mistake('config/too_deep', source, offset, message, 'look for a bracket that is never closed');
}

function secondDocument(source: SourceText, second: Document): Diagnostic {
  const marker = source.text.lastIndexOf('---', second.range?.[0] ?? 0);
  const help = 'Remove this line, or move what follows into a file of its own and name it under `include`.';
  return mistake(
    'config/multiple_documents',
    source,
    Math.max(marker, 0),
    'a second YAML document begins here',
    help,
    3,
  );
}

function otherVersion(source: SourceText): Diagnostic {
  const start = source.text.indexOf('%YAML');
  const message = 'the config is read as YAML 1.2, and this line asks for another version';
  return mistake('config/syntax', source, start, message, 'remove this line', '%YAML 1.1'.length);
}

function mistake(
  code: ErrorCode,
  source: SourceText,
  start: number,
  message: string,
  help: string,
  length = 1,
): Diagnostic {
  return { severity: 'error', code, path: '', message, help, span: spanOf(source, start, start + length) };
}
