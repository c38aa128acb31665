import { Decimal } from '../model/decimal.ts';
import { SyncError } from '../model/errors.ts';
import type { Partition, Value } from '../model/types.ts';

/** What a path begins at: the row at hand, the record it came from, or a constant of the run. */
type Root = 'item' | 'record' | 'parent' | 'partition' | 'run_id' | 'now';

/**
 * A place in a record: `names.0.displayName`. A bare path reads the row at hand (the element under `each`, else the
 * record); `$` is that whole, `$record` the record, `$parent` the record of the parent stream it was read for,
 * `$partition.NAME` a value of the partition that is read; `$run.id` and `$now` (the start of the run) belong to the run.
 * Names are read as written, spaces too; one that holds a dot, a bracket or a quote, or begins with `$`, is quoted as
 * JSON text in brackets: `["a.b"].c`, `a["b.c"]`.
 */
export interface Path {
  readonly root: Root;
  readonly names: readonly string[];
}

/** What a path is read from. */
export interface PathScope {
  readonly item: Value;
  readonly record: Value;
  /** Undefined where there is none. */
  readonly parent?: Value;
  readonly run: { readonly id: string; readonly started_at: string };
  readonly partition?: Partition;
}

const quoted = /\["(?:[^"\\]|\\.)*"\]/y;
const bare = /[^.[\]"]+/y;

/** Throws a SyncError `config/path` for text that is no path. */
export function parsePath(text: string): Path {
  if (text === '$') return { root: 'item', names: [] };
  if (text === '$now') return { root: 'now', names: [] };
  if (text === '$run.id') return { root: 'run_id', names: [] };
  if (!text.startsWith('$')) return { root: 'item', names: parseNames(text, 0) };
  for (const root of ['record', 'parent'] as const) {
    if (text === `$${root}`) return { root, names: [] };
    if (text.startsWith(`$${root}.`)) return { root, names: parseNames(text, `$${root}.`.length) };
    if (text.startsWith(`$${root}[`)) return { root, names: parseNames(text, `$${root}`.length) };
  }
  if (text.startsWith('$partition.')) return { root: 'partition', names: [text.slice('$partition.'.length)] };
  throw badRoot(text);
}

/** The top-level field of the record that a path reads, where no `each` is; undefined when it reads none, or it whole. */
export function topLevelField(text: string): string | undefined {
  const { root, names } = parsePath(text);
  return root === 'partition' || root === 'parent' ? undefined : names[0];
}

/** What lies at a path; undefined where there is nothing. */
export function readPath(path: Path, scope: PathScope): Value | undefined {
  if (path.root === 'run_id') return scope.run.id;
  if (path.root === 'now') return scope.run.started_at;
  if (path.root === 'partition') return scope.partition?.[path.names[0] ?? ''];
  let value: Value | undefined = scope[path.root];
  for (const name of path.names) value = readName(value, name);
  return value;
}

/** A field of an object or, by digits, an element of an array. Own properties only: a name may well be `constructor`. */
export function readName(value: Value | undefined, name: string): Value | undefined {
  if (typeof value !== 'object' || value === null || value instanceof Decimal) return undefined;
  if (Array.isArray(value) && !/^[0-9]+$/.test(name)) return undefined;
  return Object.hasOwn(value, name) ? (value as { readonly [name: string]: Value })[name] : undefined;
}

function parseNames(text: string, start: number): string[] {
  const names: string[] = [];
  for (let at = start; ; ) {
    const name = match(quoted, text, at) ?? match(bare, text, at);
    if (name === undefined) throw badName(text, at);
    names.push(name.startsWith('["') ? unquote(text, name) : name);
    at += name.length;
    if (at === text.length) return names;
    if (text[at] === '.') at += 1;
    else if (!text.startsWith('["', at)) throw badName(text, at);
  }
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function unquote(text: string, name: string): string {
  try {
    return JSON.parse(name.slice(1, -1)) as string;
  } catch (cause) {
    throw new SyncError('config/path', `${JSON.stringify(text)} is not a path: ${name} is not JSON text`, {
      cause,
    });
  }
}

function badName(text: string, at: number): SyncError {
  const found =
    at >= text.length ? 'it ends where a name is expected' : `a name is expected at "${text.slice(at)}"`;
  const index = /\[([0-9]+)\]/.exec(text);
  const hint = index
    ? `An element of an array is read with its number between dots: ${text.replace(/\[([0-9]+)\]/g, '.$1')}`
    : 'A path looks like address.city or tags.0; a name with a dot in it is quoted: ["a.b"].';
  return new SyncError('config/path', `${JSON.stringify(text)} is not a path: ${found}`, { hint });
}

function badRoot(text: string): SyncError {
  const root = /^\$[^.[]*/.exec(text)?.[0] ?? text;
  const rest = text.slice(root.length + 1);
  const hint =
    root === '$' && rest !== ''
      ? `A field of the row at hand is read by its name alone: ${rest}`
      : `A path may begin with $, $record, $parent, $partition.NAME, $run.id or $now; a field of that name is quoted: ["${root}"].`;
  return new SyncError('config/path', `${JSON.stringify(text)} is not a path: it begins with ${root}`, {
    hint,
  });
}
