import { type Document, isCollection, isMap, isNode, isScalar, isSeq, type Node, visit } from 'yaml';
import type { ConfigPath } from './document.ts';

/** The quoted text that an offset lies in or right behind. */
export function quotedAt(document: Document, offset: number): Node | undefined {
  const quoted = lastNode(document, offset, (node) => isScalar(node) && /^QUOTE_/.test(node.type ?? ''));
  return (quoted?.range?.[1] ?? -1) >= offset ? quoted : undefined;
}

/** The innermost flow collection that begins before an offset. */
export function flowAt(document: Document, offset: number): Node | undefined {
  return lastNode(document, offset, (node) => isCollection(node) && node.flow === true);
}

function lastNode(document: Document, offset: number, test: (node: Node) => boolean): Node | undefined {
  let last: Node | undefined;
  visit(document, {
    Node: (_key, node) => {
      if ((node.range?.[0] ?? Number.POSITIVE_INFINITY) <= offset && test(node)) last = node;
    },
  });
  return last;
}

/** The path of what is written at an offset, as far as a broken document has one. */
export function pathAt(document: Document, offset: number): ConfigPath {
  return pathIn(document.contents, offset);
}

function pathIn(node: unknown, offset: number): ConfigPath {
  if (isMap(node)) {
    const pair = node.items.findLast(({ key }) => isNode(key) && (key.range?.[1] ?? offset + 1) <= offset);
    if (!isScalar(pair?.key) || !surrounds(pair.value, offset)) return [];
    return [pair.key.source ?? String(pair.key.value), ...pathIn(pair.value, offset)];
  }
  if (isSeq(node)) {
    const index = node.items.findLastIndex((item) => surrounds(item, offset));
    return index < 0 ? [] : [index, ...pathIn(node.items[index], offset)];
  }
  return [];
}

function surrounds(node: unknown, offset: number): boolean {
  if (!isNode(node) || !node.range) return true;
  return node.range[0] <= offset && offset <= node.range[1];
}
