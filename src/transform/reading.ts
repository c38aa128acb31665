/** Which records of a stream count in a run, and from where the next one reads. Pure: the caller reads and commits. */

import type { Checkpoint, Cursor, CursorRange, Position } from '../model/checkpoint.ts';
import { SyncError } from '../model/errors.ts';
import { printJson } from '../model/json.ts';
import type { SourceRecord, Value } from '../model/types.ts';
import { type CursorValue, compareCursors, notSorted, restoreCursor, toCursor, wrongType } from './cursor.ts';
import { createFutureTest, firstLike } from './cursor-bound.ts';
import type { Incremental } from './incremental.ts';
import { type Path, parsePath, readPath } from './path.ts';
import { ReadingBounds } from './reading-bounds.ts';
import { Seen } from './seen.ts';
import { tokenReading } from './token-reading.ts';
import { wholeReading } from './whole-reading.ts';
import { notTimes, Windows } from './windows.ts';

export interface ReadingOptions {
  readonly incremental?: Incremental;
  /** The stream is read by sync tokens. */
  readonly tokens?: boolean;
  /** All of it is read, and compared with what was read before: an interrupted one goes on, unless `full`. */
  readonly resync?: boolean;
  /** What was committed last; for a window, that of the window alone. */
  readonly checkpoint?: Checkpoint;
  /** The start of the run: ISO 8601, UTC. */
  readonly now: string;
  /** Under `append` and `sum`: what was taken must not be taken again. */
  readonly exact: boolean;
  /** The stream's key: fields of the record. */
  readonly key: readonly string[];
  /** What tells records apart under `exact`: the key where there is one, or always the whole record. Default: key. */
  readonly seen_by?: 'key' | 'hash';
  /** Only [from, to), whatever was read before; values of the field, or offsets such as `-7d`. */
  readonly window?: { readonly from?: string; readonly to?: string };
  /** From the beginning, or `initial`, whatever was read before. */
  readonly full: boolean;
  hash(record: SourceRecord): string;
}

/** One read of a stream. Its checkpoints are past all records taken so far, and no further. */
export interface Reading {
  /** What rows are committed with that come before the first checkpoint of `take`. */
  readonly start: Checkpoint;
  /** What to ask the source for, in the window at hand. */
  readonly range: CursorRange | undefined;
  readonly position: Value | undefined;
  /** From when to when records are read now, in milliseconds, where the cursor field holds times: the end is exclusive. */
  readonly window: { readonly start?: number; readonly end?: number };
  /** The sync token to ask with: what changed since is read. */
  readonly token?: string;
  /**
   * The records of a batch that count, the checkpoint to commit with them, and how many were passed over. Batches are
   * given in order, each once. Throws `source/not_sorted`, `source/cursor_missing`, `source/cursor_type`,
   * `source/too_many_ties`.
   */
  take(batch: {
    readonly records: readonly SourceRecord[];
    readonly position?: Value;
    readonly token?: string;
  }): {
    readonly records: readonly SourceRecord[];
    readonly checkpoint: Checkpoint;
    readonly passed: number;
  };
  /** Moves on to the next window, when all of this one was taken: the checkpoint of it; undefined where it was the last. */
  advance(): Checkpoint | undefined;
  /** The checkpoint of the completed read. */
  complete(): { readonly checkpoint: Checkpoint; readonly warnings: readonly string[] };
}

/** Begins where the checkpoint says. Throws `source/cursor_type` where its cursor does not fit the options. */
export function openReading(options: ReadingOptions): Reading {
  const { incremental, tokens } = options;
  if (tokens) return tokenReading(options);
  return incremental === undefined ? wholeReading(options) : new CursorReading(options, incremental);
}

class CursorReading implements Reading {
  readonly start: Checkpoint;
  position: Value | undefined;
  readonly #options: ReadingOptions;
  readonly #incremental: Incremental;
  readonly #path: Path;
  readonly #keyPaths: readonly Path[];
  readonly #bounds: ReadingBounds;
  readonly #range: CursorRange;
  readonly #windows: Windows | undefined;
  readonly #isFuture: (value: CursorValue) => boolean;
  /** Records taken in runs before that are still to come again. */
  readonly #due: Seen;
  /** All records taken whose value is at least the highest: they will come again. */
  readonly #taken: Seen;
  /** The same, as far as they came since the last checkpoint: few of them stay the highest for long. */
  #fresh: { readonly value: CursorValue; readonly record: SourceRecord }[] = [];
  /** Of all values taken, in runs before too; but none from the future. */
  #highest: CursorValue | undefined;
  /** Of the record before. */
  #last: CursorValue | undefined;
  /** A value of the field: all others are of its kind. */
  #known: CursorValue | undefined;
  #future: CursorValue | undefined;
  #tookAny = false;

  constructor(options: ReadingOptions, incremental: Incremental) {
    const { cursor_field: field, order } = incremental;
    this.#options = options;
    this.#incremental = incremental;
    this.#path = parsePath(field);
    this.#keyPaths = options.key.map(parsePath);
    this.#isFuture = createFutureTest(options.now);
    this.start = options.full ? {} : (options.checkpoint ?? {});
    const { cursor } = this.start;
    // In order, the cursor says it all, and rows that were added among those of its value are not passed over.
    const interrupted = order === 'none' ? this.start.position : undefined;
    this.position = interrupted?.source;
    const highest = interrupted?.highest ?? cursor;
    this.#highest = highest && restoreCursor(highest, field);
    this.#taken = new Seen(field, highest?.seen, this.#highest);
    this.#bounds = new ReadingBounds(options, incremental, cursor, interrupted?.from);
    this.#known = this.#highest ?? this.#bounds.lower;
    const from = interrupted ? interrupted.from : cursor;
    this.#due = new Seen(field, from?.seen, from && restoreCursor(from, field));
    this.#range = { field, order, key: options.key, ...this.#bounds.range() };
    this.#windows = this.#cut(interrupted);
  }

  get range(): CursorRange {
    return this.#windows?.narrow(this.#range) ?? this.#range;
  }

  get window(): Reading['window'] {
    const { start, end } = this.#bounds.span();
    return { start: this.#windows?.from ?? start, end: this.#windows?.before ?? end };
  }

  take({ records, position }: Parameters<Reading['take']>[0]): ReturnType<Reading['take']> {
    const counted = records.filter((record) => this.#counts(record));
    if (counted.length > 0) this.#tookAny = true;
    this.#identify();
    return {
      records: counted,
      checkpoint: this.#checkpoint(position),
      passed: records.length - counted.length,
    };
  }

  advance(): Checkpoint | undefined {
    if (!this.#windows?.next()) return undefined;
    this.position = undefined;
    // A source may return more than a window holds: the order is that within each.
    this.#last = undefined;
    return this.#checkpoint(undefined);
  }

  complete(): ReturnType<Reading['complete']> {
    const warnings = this.#future ? [this.#futureWarning(this.#future)] : [];
    if (this.#options.window) return { checkpoint: {}, warnings };
    const cursor = this.#isUntouched() ? this.#options.checkpoint?.cursor : this.#printHighest();
    return { checkpoint: withoutUndefined({ cursor }), warnings };
  }

  #cut(interrupted: Position | undefined): Windows | undefined {
    const { step, cursor_field: field } = this.#incremental;
    const { start, end } = this.#bounds.span();
    if (step === undefined) return undefined;
    if (start === undefined || end === undefined)
      throw notTimes(field, this.#bounds.lower ?? { text: 'no times' });
    const resumed = interrupted?.window === undefined ? undefined : Date.parse(interrupted.window);
    return new Windows({ field, start, end, step, resumed });
  }

  /** Whether a record is to be taken; what the cursor is after it. */
  #counts(record: SourceRecord): boolean {
    const value = this.#valueOf(record);
    if (value === undefined) return this.#countsWithout(record);
    const { cursor_field: field, order } = this.#incremental;
    if (order === 'ascending') {
      if (this.#last && compareCursors(value, this.#last, field) < 0)
        throw notSorted(field, this.#last, value);
      this.#last = value;
    }
    if (!this.#bounds.include(value) || this.#windows?.holds(value) === false) return false;
    this.#advance(value);
    return !this.#options.exact || this.#isNew(record, value);
  }

  #valueOf(record: SourceRecord): CursorValue | undefined {
    const read = this.#read(this.#path, record);
    if (read === null) return undefined;
    const field = this.#incremental.cursor_field;
    const value = toCursor(read, field);
    this.#known ??= value;
    const known = this.#known;
    if (known.kind !== value.kind) {
      const problem = `changed from ${known.kind} to ${value.kind}: ${known.text}, then ${printJson(read)}`;
      const hint =
        'Make the source write one kind. If it changed for good, read everything again with --all.';
      throw wrongType(field, problem, hint);
    }
    return value;
  }

  #read(path: Path, record: SourceRecord): Value {
    const run = { id: '', started_at: this.#options.now };
    return readPath(path, { item: record, record, run }) ?? null;
  }

  #countsWithout(record: SourceRecord): boolean {
    const { on_missing, cursor_field: field } = this.#incremental;
    // Such records are in every window: they are taken in the first.
    if (on_missing === 'exclude' || this.#windows?.from !== undefined) return false;
    // It would come again in every run, and nothing says that it was taken.
    if (on_missing === 'include' && !this.#options.exact) return true;
    const { key } = this.#options;
    const values = this.#keyPaths.map((path) => printJson(this.#read(path, record)));
    const which = key.length > 0 ? ` of the record with the key ${values.join(', ')}` : '';
    const choices = this.#options.exact
      ? '`on_missing: exclude` leaves such records out.'
      : '`on_missing: include` reads such records in every run, `exclude` leaves them out.';
    throw new SyncError('source/cursor_missing', `the cursor field "${field}"${which} is missing or null`, {
      hint: `${choices} Or correct the source.`,
    });
  }

  #advance(value: CursorValue): void {
    const field = this.#incremental.cursor_field;
    if (this.#highest && compareCursors(value, this.#highest, field) <= 0) return;
    if (this.#isFuture(value)) {
      if (!this.#future || compareCursors(value, this.#future, field) > 0) this.#future = value;
      // What was taken is remembered with the cursor, so there must be one.
      if (this.#options.exact) this.#highest ??= this.#bounds.lower ?? firstLike(value, field);
      return;
    }
    this.#highest = value;
    this.#taken.forgetBelow(value);
    this.#fresh = this.#fresh.filter((fresh) => compareCursors(fresh.value, value, field) >= 0);
  }

  #isNew(record: SourceRecord, value: CursorValue): boolean {
    if (this.#due.has(value) && this.#due.remove(value, this.#identityOf(record))) return false;
    const highest = this.#highest;
    if (highest && compareCursors(value, highest, this.#incremental.cursor_field) >= 0)
      this.#fresh.push({ value, record });
    return true;
  }

  #identify(): void {
    for (const { value, record } of this.#fresh) this.#taken.add(value, this.#identityOf(record));
    this.#fresh = [];
  }

  #identityOf(record: SourceRecord): string {
    const { key, seen_by = 'key', hash } = this.#options;
    const byKey = seen_by === 'key' && key.length > 0;
    return byKey ? printJson(this.#keyPaths.map((path) => this.#read(path, record))) : `#${hash(record)}`;
  }

  #checkpoint(position: Value | undefined): Checkpoint {
    if (this.#isUntouched()) return this.#options.checkpoint ?? {};
    if (this.#incremental.order === 'ascending') return withoutUndefined({ cursor: this.#printHighest() });
    const { cursor } = this.start;
    const isBeginning = position === undefined && this.#windows?.from === undefined;
    return withoutUndefined({ cursor, position: isBeginning ? undefined : this.#interrupted(position) });
  }

  #interrupted(source: Value | undefined): Position {
    const { lower } = this.#bounds;
    const from = lower && this.#print(lower, this.#due);
    const start = this.#windows?.from;
    const window = start === undefined ? undefined : new Date(start).toISOString();
    return withoutUndefined({ source, window, from, highest: this.#printHighest() });
  }

  #printHighest(): Cursor | undefined {
    return this.#highest && this.#print(this.#highest, this.#taken);
  }

  #print({ text, kind, order }: CursorValue, seen: Seen): Cursor {
    const again = this.#options.exact ? seen.print({ text, kind, order }) : undefined;
    return withoutUndefined({ text, kind, seen: again });
  }

  /** A full read forgets what was read before only once it has something in its place. */
  #isUntouched(): boolean {
    return this.#options.full && !this.#tookAny;
  }

  #futureWarning({ text }: CursorValue): string {
    const field = this.#incremental.cursor_field;
    return `records have a "${field}" in the future (${text}): the cursor stays at ${this.#highest?.text ?? 'its beginning'}, and every run reads them again`;
  }
}

/** A checkpoint is kept as JSON: what is absent there is absent here. */
function withoutUndefined<Shape extends object>(shape: Shape): Shape {
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as Shape;
}
