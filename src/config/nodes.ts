import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { ErrorCode } from '../model/codes.ts';
import type { Diagnostic, Span } from './diagnostics.ts';
import { type ConfigPath, sayPath } from './document.ts';
import type { Expander } from './environment.ts';
import { lintScalar } from './lints.ts';
import { type SourceText, spanOf } from './place.ts';
import { didYouMean } from './suggest.ts';
import type { BrokenTree, Entry, MapTree, ScalarTree, Tree } from './tree.ts';
import { findUnquoted, quote } from './unquoted.ts';

/** What aliases may add to a file, in nodes: room for any honest use, and the end of every alias bomb. */
const maxCopies = 50_000;

/** More than anyone reads in one go. */
const maxDiagnostics = 500;

const plainTag = /^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$/;

/**
 * Turns the nodes of a YAML document into a tree: aliases and `<<` resolved, `${…}` expanded. What is wrong is
 * collected in `diagnostics`, so that one pass finds every mistake.
 */
export class NodeReader {
  readonly diagnostics: Diagnostic[] = [];
  readonly #source: SourceText;
  readonly #expander: Expander;
  /** Undefined while the anchor's own node is being read. */
  readonly #anchors = new Map<string, Tree | undefined>();
  #copies = 0;
  #flowDepth = 0;

  constructor(source: SourceText, expander: Expander) {
    this.#source = source;
    this.#expander = expander;
  }

  read(document: Document): Tree {
    return this.#read(document.contents, [], this.#span(0, 0));
  }

  /** `nothing` is where a null is said to be when there is no node. */
  #read(node: unknown, path: ConfigPath, nothing: Span): Tree {
    if (isAlias(node)) return this.#alias(node, path);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return nullTree(nothing);
    const [start, end] = node.range ?? [nothing.start, nothing.end];
    const span = this.#span(start, end);
    if (node.tag !== undefined && !plainTag.test(node.tag)) return this.#tag(node.tag, span, path);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, undefined);
    const inFlow = !isScalar(node) && node.flow === true;
    if (inFlow) this.#flowDepth += 1;
    const tree = this.#content(node, span, path);
    if (inFlow) this.#flowDepth -= 1;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, tree);
    return tree;
  }

  #content(node: Scalar | YAMLMap | YAMLSeq, span: Span, path: ConfigPath): Tree {
    if (isScalar(node)) return this.#scalar(node, span, path);
    if (isMap(node)) return this.#map(node, span, path);
    const items = node.items.map((item, index) => this.#read(item, [...path, index], span));
    return { kind: 'list', span, size: sizeOf(items), items };
  }

  #scalar(node: Scalar, span: Span, path: ConfigPath): Tree {
    const { value } = node;
    if (node.type === 'PLAIN' && node.tag === undefined) {
      const lint = lintScalar(node.source ?? '', value);
      const code = lint?.severity === 'error' ? 'config/number' : 'config/ambiguous';
      if (lint !== undefined) this.#say(code, path, span, lint.message, lint.help, lint.severity);
    }
    if (typeof value === 'string') return this.#text(value, span, path);
    return { kind: 'scalar', span, size: 1, value: plainValue(value), fromEnvironment: false };
  }

  #text(text: string, span: Span, path: ConfigPath): Tree {
    const expansion = this.#expander.expand(text);
    let from = span.start;
    for (const { code, text: wanted, message, help } of expansion.unresolved) {
      const found = span.text.indexOf(wanted, from);
      const inside = found >= 0 && found < span.end;
      if (inside) from = found + wanted.length;
      this.#say(code, path, inside ? this.#span(found, from) : span, message, help);
    }
    if (expansion.unresolved.length > 0) return broken(span);
    return { kind: 'scalar', span, size: 1, value: expansion.text, fromEnvironment: expansion.whole };
  }

  #map(node: YAMLMap, span: Span, path: ConfigPath): MapTree {
    const entries = new Map<string, Entry>();
    const inherited: MapTree[] = [];
    for (const pair of node.items) {
      const [start = span.start, end = span.start] = rangeOf(pair.key) ?? [];
      const key = this.#span(start, end);
      if (!isScalar(pair.key)) {
        this.#say('config/key', path, key, 'a key is a plain name', 'Write the name of the key here.');
        continue;
      }
      const name = pair.key.source ?? String(pair.key.value);
      const inside = [...path, name];
      const value = this.#read(pair.value, inside, key);
      if (name === '<<' && pair.key.type === 'PLAIN') inherited.push(...this.#mergeSources(value, inside));
      else if (entries.has(name)) this.#duplicate(name, key, entries.get(name)?.key, path);
      else entries.set(name, { key, value });
    }
    for (const [name, entry] of inherited.flatMap((tree) => [...tree.entries])) {
      if (!entries.has(name)) entries.set(name, entry);
    }
    return { kind: 'map', span, size: sizeOf([...entries.values()].map((entry) => entry.value)), entries };
  }

  #mergeSources(value: Tree, path: ConfigPath): MapTree[] {
    const sources = value.kind === 'list' ? value.items : [value];
    const maps = sources.filter((source) => source.kind === 'map');
    if (sources.some((source) => source.kind === 'scalar' || source.kind === 'list')) {
      const help = 'Write `<<: *name`, where `&name` marks a map.';
      this.#say('config/merge_key', path, value.span, '`<<` takes a map, or a list of maps', help);
    }
    return maps;
  }

  #duplicate(name: string, key: Span, first: Span | undefined, path: ConfigPath): void {
    this.#report({
      severity: 'error',
      code: 'config/duplicate_key',
      path: sayPath([...path, name]),
      message: `${JSON.stringify(name)} is written twice`,
      help: 'Remove one of the two, or give it another name.',
      span: key,
      ...(first !== undefined && { other: { message: 'it is already here', span: first } }),
    });
  }

  #alias(node: Alias, path: ConfigPath): Tree {
    const [start, end] = node.range ?? [0, 0];
    const span = this.#span(start, end);
    const tree = this.#anchors.get(node.source);
    if (tree === undefined) {
      this.#unknownAlias(node, span, path);
      return broken(span);
    }
    const before = this.#copies;
    this.#copies += tree.size;
    if (this.#copies <= maxCopies) return tree;
    if (before <= maxCopies) {
      const message = `aliases make this config more than ${maxCopies} values larger`;
      this.#say('config/alias', path, span, message, 'Use fewer aliases inside what an anchor marks.');
    }
    return broken(span);
  }

  #unknownAlias(node: Alias, span: Span, path: ConfigPath): void {
    if (this.#anchors.has(node.source)) {
      const message = `*${node.source} lies inside what &${node.source} marks, so it would contain itself`;
      this.#say('config/alias', path, span, message, 'Move the alias out of it.');
      return;
    }
    const inFlow = this.#flowDepth > 0;
    const isName = /^[\w-]+$/.test(node.source);
    const unquoted = isName ? undefined : findUnquoted(this.#source, span.start, sayPath(path), inFlow);
    if (unquoted !== undefined) {
      this.#report(unquoted);
      return;
    }
    const near = didYouMean(node.source, this.#anchors.keys());
    const question = near === undefined ? '' : `did you mean *${near}? `;
    const help = `${question}If text is meant, put it in quotes: "*${node.source}"`;
    this.#say('config/alias', path, span, `nothing above this line is marked &${node.source}`, help);
  }

  #tag(tag: string, span: Span, path: ConfigPath): Tree {
    const mark = Math.max(0, span.text.lastIndexOf('!', span.start - 1));
    const start = span.text[mark - 1] === '!' ? mark - 1 : mark;
    const written = /^\S*/.exec(span.text.slice(start))?.[0] ?? tag;
    const end = start + written.length;
    const text = quote(span.text.slice(start, Math.max(span.end, end)));
    const help = `Remove it; if it is text, put the value in quotes: ${text}`;
    this.#say('config/tag', path, this.#span(start, end), `the tag ${written} means nothing here`, help);
    return broken(span);
  }

  #span(start: number, end: number): Span {
    return spanOf(this.#source, start, end);
  }

  #report(diagnostic: Diagnostic): void {
    if (this.diagnostics.length < maxDiagnostics) this.diagnostics.push(diagnostic);
  }

  #say(
    code: ErrorCode,
    path: ConfigPath,
    span: Span,
    message: string,
    help: string,
    severity: Diagnostic['severity'] = 'error',
  ): void {
    this.#report({ severity, code, path: sayPath(path), message, help, span });
  }
}

/** The value of a scalar that is not text: whole numbers are bigint only where a double would round them. */
function plainValue(value: unknown): ScalarTree['value'] {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  return typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

function broken(span: Span): BrokenTree {
  return { kind: 'broken', span, size: 1 };
}

function nullTree(span: Span): ScalarTree {
  return { kind: 'scalar', span, size: 1, value: null, fromEnvironment: false };
}

function sizeOf(children: readonly Tree[]): number {
  return children.reduce((size, child) => size + child.size, 1);
}

function rangeOf(node: unknown): readonly number[] | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)
    ? (node.range ?? undefined)
    : undefined;
}
