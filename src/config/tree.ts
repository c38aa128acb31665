import type { Span } from './diagnostics.ts';
import { type ConfigPath, toPointer } from './document.ts';

/** A part of the config that still knows where it is written. Aliases share the tree of their anchor. */
export type Tree = ScalarTree | ListTree | MapTree | BrokenTree;

interface Part {
  readonly span: Span;
  /** How many nodes it is, with itself. */
  readonly size: number;
}

export interface ScalarTree extends Part {
  readonly kind: 'scalar';
  readonly value: string | number | bigint | boolean | null;
  /** True when the whole text came from one `${…}`. */
  readonly fromEnvironment: boolean;
}

interface ListTree extends Part {
  readonly kind: 'list';
  readonly items: readonly Tree[];
}

export interface MapTree extends Part {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
}

/** Stands where something is wrong that was already told. */
export interface BrokenTree extends Part {
  readonly kind: 'broken';
}

export interface Entry {
  readonly key: Span;
  readonly value: Tree;
}

/** The span of the node at a path, or of its nearest ancestor: a whole ancestor is long, so its key is shown. */
export function spanAt(tree: Tree, path: ConfigPath, what: 'key' | 'value'): Span {
  let node = tree;
  let key: Span | undefined;
  for (const step of path) {
    const child = childOf(node, step);
    if (child === undefined) return key ?? node.span;
    node = child.value;
    key = child.key;
  }
  const empty = node.span.start === node.span.end;
  return key !== undefined && (what === 'key' || empty) ? key : node.span;
}

function childOf(tree: Tree, step: string | number): { key?: Span; value: Tree } | undefined {
  if (tree.kind === 'map') return tree.entries.get(String(step));
  const item = tree.kind === 'list' ? tree.items[Number(step)] : undefined;
  return item === undefined ? undefined : { value: item };
}

/** The plain value of a tree. `fromEnvironment` collects the pointers of scalars that came whole from one `${…}`. */
export function toValue(tree: Tree, fromEnvironment: Set<string>, path: ConfigPath = []): unknown {
  switch (tree.kind) {
    case 'scalar':
      if (tree.fromEnvironment) fromEnvironment.add(toPointer(path));
      return tree.value;
    case 'broken':
      return null;
    case 'list':
      return tree.items.map((item, index) => toValue(item, fromEnvironment, [...path, index]));
    case 'map': {
      // Without a prototype a key named `__proto__` is a key like any other.
      const value: Record<string, unknown> = Object.create(null);
      for (const [name, entry] of tree.entries) {
        value[name] = toValue(entry.value, fromEnvironment, [...path, name]);
      }
      return value;
    }
  }
}
