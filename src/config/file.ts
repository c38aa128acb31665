import type { ErrorCode } from '../model/codes.ts';
import type { Diagnostic, Span } from './diagnostics.ts';
import type { Expander } from './environment.ts';
import { NodeReader } from './nodes.ts';
import { lineAt, type SourceText, spanOf } from './place.ts';
import { readTextFile, type TextFile } from './text-file.ts';
import type { MapTree, Tree } from './tree.ts';
import { parseYaml } from './yaml.ts';

/** One file of the config. */
export interface ConfigFile {
  readonly file: string;
  /** Undefined when the file cannot be used, or holds nothing. */
  readonly tree?: MapTree;
  /** No diagnostics and no tree: there is nothing in the file but comments. */
  readonly diagnostics: readonly Diagnostic[];
}

export function readConfigFile(file: string, expander: Expander): ConfigFile {
  const read = readTextFile(file);
  if ('problem' in read) return { file, diagnostics: [cannotRead(file, read)] };
  const source = { file, text: read.text };
  const parsed = parseYaml(source);
  if ('mistake' in parsed) return { file, diagnostics: [parsed.mistake] };
  if (parsed.document === undefined || parsed.document.contents === null) return { file, diagnostics: [] };
  const reader = new NodeReader(source, expander);
  const tree = reader.read(parsed.document);
  if (tree.kind === 'map') return { file, tree, diagnostics: reader.diagnostics };
  if (tree.kind === 'broken') return { file, diagnostics: reader.diagnostics };
  if (tree.kind === 'scalar' && tree.span.start === tree.span.end) return { file, diagnostics: [] };
  return { file, diagnostics: [...reader.diagnostics, notAMap(tree, source)] };
}

const unread = {
  missing: ['config/not_found', 'Check the name, and the folder it is relative to.'],
  unreadable: ['config/unreadable', 'Name a YAML or JSON file that you may read.'],
  too_large: [
    'config/too_large',
    'Is it the right file? The parts of a large config can go under `include`.',
  ],
  not_text: ['config/not_text', 'Save it in the encoding UTF-8.'],
} as const;

function cannotRead(file: string, { problem, reason }: Extract<TextFile, { problem: string }>): Diagnostic {
  const [code, help] = unread[problem];
  return say(code, `${file} cannot be read: ${reason}`, help);
}

function notAMap(tree: Tree, source: SourceText): Diagnostic {
  const { start } = tree.span;
  const span = spanOf(source, start, Math.min(tree.span.end, lineAt(source.text, start).end));
  const found = tree.kind === 'list' ? 'a list' : 'a single value';
  const key = /^([\w-]+):(\S.*)$/.exec(source.text.slice(span.start, span.end));
  const help =
    key === null
      ? 'It begins with `version: 1`, then `sources:`, `sinks:` and `pipelines:`.'
      : `A colon needs a space after it: ${key[1]}: ${key[2]}`;
  return say(
    'config/not_a_map',
    `the config is ${found}, and should be a map of keys and values`,
    help,
    span,
  );
}

function say(code: ErrorCode, message: string, help: string, span?: Span): Diagnostic {
  return { severity: 'error', code, path: '', message, help, span };
}
