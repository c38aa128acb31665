import { type Document, isAlias, isMap, isPair, isScalar, isSeq, type Alias, type Pair, type Scalar, type YAMLMap } from 'yaml';
import type { ErrorCode } from '../model/codes.ts';
import type { Diagnostic } from './diagnostics.ts';
import { type ConfigPath, sayPath } from './document.ts';
import type { Expander } from './environment.ts';
import { lintScalar } from './lints.ts';
import { placeAt, type SourceText, spanOf } from './place.ts';
import { didYouMean } from './suggest.ts';
import type { Entry, MapTree, ScalarTree, Tree } from './tree.ts';
import { findUnquoted, quote } from './unquoted.ts';

/** What aliases may add to a file, in nodes: room for any honest use, and the end of every alias bomb. */
const maxCopies = 50_000;

const plainTags = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((tag) => `tag:yaml.org,2002:${tag}`));

/**
 * Turns the nodes of a YAML document into a tree: aliases and `<<` resolved, `${…}` expanded. What is wrong is
 * collected in `diagnostics`, and a null stands in its place, so that one pass finds every mistake.
 */
export class NodeReader {
  readonly diagnostics: Diagnostic[] = [];
  readonly #source: SourceText;
  readonly #expander: Expander;
  /** Undefined while the anchor's own node is being read. */
  readonly #anchors = new Map<string, Tree | undefined>();
  readonly #sizes = new Map<Tree, number>();
  #copies = 0;

  constructor(source: SourceText, expander: Expander) {
    this.#source = source;
    this.#expander = expander;
  }

  read(document: Document): Tree {
    return this.#read(document.contents, []);
  }

  #read(node: unknown, path: ConfigPath): Tree {
    if (isAlias(node)) return this.#alias(node, path);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return this.#null(0, 0);
    const [start, end] = node.range ?? [0, 0];
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, undefined);
    if (node.tag !== undefined && !plainTags.has(node.tag)) return this.#tag(node.tag, start, path);
    const tree = isScalar(node) ? this.#scalar(node, path) : this.#collection(node, start, end, path);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, tree);
    return tree;
  }
