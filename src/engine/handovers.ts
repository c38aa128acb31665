/** The records of a parent stream, as they are handed over to the stream that is read for them. */

import { createHash } from 'node:crypto';
import type { ParentConfig } from '../config/config.ts';
import { SyncError } from '../model/errors.ts';
import { printJson } from '../model/json.ts';
import type { SourceRecord, Value } from '../model/types.ts';
import { type Filling, type Placeholder, placeholdersIn } from '../plugin/placeholders.ts';
import { parsePath, readPath } from '../transform/path.ts';

/** What the stream is read for at a time: one record of its parent, or as many as `batch` says. */
export interface Handover {
  readonly records: readonly SourceRecord[];
  /** What stands for them in the options. */
  fill(placeholder: Placeholder): Filling | undefined;
  /** How far the walk was before them, and is after them. */
  readonly before: Mark;
  readonly after: Mark;
  /** Where in what is read for them an interrupted read goes on. */
  readonly from?: Value;
}

/** A place in the walk: so many records are through, and a hash of all their values. */
export interface Mark {
  readonly done: number;
  readonly digest: string;
}

/**
 * Where an interrupted walk goes on: after a mark; or, where the last `size` of its records are under way, at a
 * position of the source in what is read for them.
 */
export type WalkPosition = Mark & { readonly size?: number; readonly at?: Value };

interface Walked {
  /** The names of the streams, for people. */
  readonly stream: string;
  readonly parent: ParentConfig;
  readonly options: { readonly [name: string]: unknown };
}

const beginning: Mark = { done: 0, digest: '' };

/**
 * Hands over the records in their order, after those that are through. Throws `source/position_lost` where these are no
 * longer the first there are: skipping as many would leave a hole. Throws `source/parent_value` for a record that lacks
 * what is to be handed over, unless such are left out.
 */
export async function* handOver(
  records: AsyncIterable<SourceRecord>,
  walked: Walked,
  position: WalkPosition = beginning,
): AsyncGenerator<Handover> {
  const { size = 0, at, done: wanted } = position;
  const valuesOf = readerOf(walked);
  let mark = beginning;
  let before = beginning;
  let first = size > 0;
  let group: { readonly record: SourceRecord; readonly values: Values }[] = [];
  const handed = (): Handover => {
    const handover = toHandover(group, walked.parent, before, mark);
    const whole = first ? { ...handover, from: at } : handover;
    group = [];
    first = false;
    return whole;
  };
  for await (const record of records) {
    const values = valuesOf(record);
    if (values === undefined) continue;
    if (group.length === 0) before = mark;
    mark = { done: mark.done + 1, digest: digestOf(mark, values) };
    if (mark.done === wanted && mark.digest !== position.digest) throw otherParents(walked);
    if (mark.done <= wanted - size) continue;
    group.push({ record, values });
    if (group.length === (first ? size : walked.parent.batch)) yield handed();
  }
  if (mark.done < wanted) throw otherParents(walked);
  if (group.length > 0) yield handed();
}

/** By the path of a placeholder, and whether it stands for several. */
type Values = ReadonlyMap<string, Value>;

function readerOf(walked: Walked): (record: SourceRecord) => Values | undefined {
  const { parent, options } = walked;
  const readers = new Map<string, (record: SourceRecord) => Value | undefined>();
  for (const { placeholder } of placeholdersIn(options)) {
    if (placeholder.kind !== 'parent' || placeholder.stream !== parent.stream) continue;
    const { as } = parent;
    const shaped = placeholder.several && as !== undefined;
    readers.set(nameOf(placeholder), shaped ? shapedBy(as) : pathReader(placeholder.path));
  }
  return (record) => {
    const values = new Map<string, Value>();
    for (const [name, read] of readers) {
      const value = read(record) ?? null;
      if (value === null && parent.on_missing === 'exclude') return undefined;
      if (value === null) throw missingValue(walked, name, record);
      values.set(name, value);
    }
    return values;
  };
}

function pathReader(path: string): (record: SourceRecord) => Value | undefined {
  const parsed = parsePath(path);
  const run = { id: '', started_at: '' };
  return (record) => readPath(parsed, { item: record, record, run });
}

/** Undefined where a value is missing. */
function shapedBy(as: string): (record: SourceRecord) => Value | undefined {
  const pieces = as.split(/\{([^{}]+)\}/).map((piece, index) => {
    return index % 2 === 0 ? () => piece : pathReader(piece);
  });
  return (record) => {
    const values = pieces.map((read) => read(record) ?? null);
    return values.includes(null)
      ? undefined
      : values.map((value) => (typeof value === 'string' ? value : printJson(value))).join('');
  };
}

function toHandover(
  group: readonly { readonly record: SourceRecord; readonly values: Values }[],
  parent: ParentConfig,
  before: Mark,
  after: Mark,
): Handover {
  const fill = (placeholder: Placeholder): Filling | undefined => {
    if (placeholder.kind !== 'parent' || placeholder.stream !== parent.stream) return undefined;
    const joined = group.map(({ values }) => values.get(nameOf(placeholder)) ?? null);
    return placeholder.several ? { joined } : { value: joined[0] ?? null };
  };
  return { records: group.map(({ record }) => record), fill, before, after };
}

function nameOf({ path, several, stream }: Extract<Placeholder, { kind: 'parent' }>): string {
  return `{${stream}${several ? '[]' : ''}.${path}}`;
}

function digestOf({ digest }: Mark, values: Values): string {
  const text = `${digest} ${printJson([...values.values()])}`;
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function otherParents({ stream, parent }: Walked): SyncError {
  return new SyncError(
    'source/position_lost',
    `the records of "${parent.stream}" are not those that "${stream}" was read for before it was interrupted`,
  );
}

function missingValue({ stream, parent }: Walked, name: string, record: SourceRecord): SyncError {
  const shown = printJson(record);
  const short = shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
  return new SyncError(
    'source/parent_value',
    `"${stream}" is read with ${name}, and a record of "${parent.stream}" has no such value: ${short}`,
    { hint: 'Correct the path; or leave such records out with `parents: { on_missing: exclude }`.' },
  );
}
